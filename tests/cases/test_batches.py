"""Work that is asked for while the same kind is under way is done together after it."""

import asyncio
from collections.abc import Sequence

import pytest

from wattyard.kernel.refusals import Refusal, TooMany, Unavailable
from wattyard.platform.work import Batches


class Squares:
    """Squares numbers, one batch at a time once it is let go on; -1 is nobody's to square."""

    def __init__(
        self, *, at_most: int = 100, fault: Exception | None = None, wait_seconds: float = 10
    ) -> None:
        self.batches: list[tuple[str, list[int]]] = []
        self.may_go_on = asyncio.Event()
        self._fault = fault or ValueError("-1 cannot be squared")
        self._batches = Batches(self._square, at_most=at_most, wait_seconds=wait_seconds)

    async def _square(self, key: str, numbers: Sequence[int]) -> list[int]:
        self.batches.append((key, list(numbers)))
        await self.may_go_on.wait()
        if -1 in numbers:
            raise self._fault
        return [number * number for number in numbers]

    async def ask(self, *numbers: int, key: str = "a") -> "list[asyncio.Task[int]]":
        tasks = [asyncio.create_task(self._batches.done(key, number)) for number in numbers]
        for _ in range(3):
            await asyncio.sleep(0)
        return tasks


async def test_what_comes_meanwhile_is_done_together() -> None:
    squares = Squares()
    tasks = await squares.ask(1, 2, 3)
    tasks += await squares.ask(4)
    squares.may_go_on.set()

    assert await asyncio.gather(*tasks) == [1, 4, 9, 16]
    assert [numbers for _, numbers in squares.batches] == [[1, 2, 3], [4]]


async def test_a_batch_has_so_many_at_most() -> None:
    squares = Squares(at_most=2)
    tasks = await squares.ask(1, 2, 3, 4, 5)
    squares.may_go_on.set()

    assert await asyncio.gather(*tasks) == [1, 4, 9, 16, 25]
    assert [len(numbers) for _, numbers in squares.batches] == [2, 2, 1]


async def test_another_key_does_not_wait() -> None:
    squares = Squares()
    tasks = [*await squares.ask(1, key="a"), *await squares.ask(2, key="b")]

    assert squares.batches == [("a", [1]), ("b", [2])]
    squares.may_go_on.set()
    assert await asyncio.gather(*tasks) == [1, 4]


async def test_of_a_batch_that_fails_only_the_culprit_hears(
    capfd: pytest.CaptureFixture[str],
) -> None:
    squares = Squares()
    squares.may_go_on.set()
    first, culprit, last = await squares.ask(2, -1, 3)

    assert (await first, await last) == (4, 9)
    with pytest.raises(ValueError, match="-1"):
        await culprit
    log = "".join(capfd.readouterr())
    assert "batch failed" in log
    assert "-1 cannot be squared" in log


@pytest.mark.parametrize(
    "refusal", [Unavailable("it is away"), TooMany("wait", retry_after_seconds=1)]
)
async def test_a_batch_that_is_refused_is_not_tried_again(refusal: Refusal) -> None:
    squares = Squares(fault=refusal)
    squares.may_go_on.set()
    for task in await squares.ask(2, -1, 3):
        with pytest.raises(type(refusal)):
            await task

    assert len(squares.batches) == 1
    (again,) = await squares.ask(5)
    assert await again == 25


async def test_whoever_waits_for_too_long_is_refused_and_whoever_left_is_not_done() -> None:
    squares = Squares(wait_seconds=0.05)
    (first,) = await squares.ask(1)
    late, leaver = await squares.ask(2, 3)
    await asyncio.sleep(0.1)
    (fresh, gone) = await squares.ask(4, 5)
    leaver.cancel()
    gone.cancel()
    squares.may_go_on.set()

    assert (await first, await fresh) == (1, 16)
    with pytest.raises(TooMany):
        await late
    assert [numbers for _, numbers in squares.batches] == [[1], [4]]


async def test_whoever_leaves_takes_nobody_along() -> None:
    squares = Squares()
    leaver, other = await squares.ask(1, 2)
    leaver.cancel()
    squares.may_go_on.set()

    assert await other == 4
    with pytest.raises(asyncio.CancelledError):
        await leaver
