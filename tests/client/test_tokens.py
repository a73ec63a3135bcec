"""Calls at the same time need one token, and share how asking for it ended."""

import asyncio
import threading
from collections.abc import ItemsView
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.client.recorded import TOKEN, Reply, recorded, refusal
from tests.client.test_calls import SITE, client
from wattyard_client import AsyncWattyard, Wattyard, codes

CALLS = 8


class Counted(dict[str, str]):
    """Headers that a call reads just before it looks for a token."""

    def __init__(self, are_read: threading.Barrier) -> None:
        super().__init__({"x-a": "1"})
        self._are_read = are_read

    def items(self) -> ItemsView[str, str]:
        if threading.current_thread() is not threading.main_thread():
            self._are_read.wait(20)
        return super().items()


def test_threads_that_begin_together_fetch_one_token() -> None:
    together = threading.Barrier(CALLS)
    replies = [Reply(200, SITE)] * CALLS
    with client(*replies) as (yard, server), ThreadPoolExecutor(CALLS) as threads:
        options = {"headers": Counted(together)}
        calls = [
            threads.submit(yard.sites.retrieve, "ste_1", options=options) for _ in range(CALLS)
        ]
        assert {call.result().id for call in calls} == {"ste_1"}

    assert len(server.tokens) == 1


def test_threads_are_all_told_that_no_token_was_given_and_the_next_call_asks_again() -> None:
    together = threading.Barrier(CALLS)
    with client(Reply(200, SITE)) as (yard, server), ThreadPoolExecutor(CALLS) as threads:
        server.token_replies = [refusal(401, "credentials_invalid")] * CALLS
        options = {"headers": Counted(together)}
        calls = [
            threads.submit(yard.sites.retrieve, "ste_1", options=options) for _ in range(CALLS)
        ]
        assert all(isinstance(call.exception(), codes.CredentialsInvalid) for call in calls)
        server.token_replies = []
        assert yard.sites.retrieve("ste_1").id == "ste_1"


def test_a_call_that_is_interrupted_does_not_keep_others_from_their_token() -> None:
    interruptions = [KeyboardInterrupt()]

    def answered(request: httpx2.Request) -> httpx2.Response:
        if interruptions:
            raise interruptions.pop()
        return httpx2.Response(200, json=TOKEN if request.url.path == "/auth/tokens" else SITE)

    with Wattyard(
        "http://yard.example",
        "acc_1",
        "sk_1",
        http=httpx2.Client(transport=httpx2.MockTransport(answered)),
    ) as yard:
        with pytest.raises(KeyboardInterrupt):
            yard.sites.retrieve("ste_1")
        assert yard.sites.retrieve("ste_1").id == "ste_1"


async def test_tasks_that_begin_together_fetch_one_token() -> None:
    with recorded(*[Reply(200, SITE)] * CALLS) as server:
        async with AsyncWattyard(server.url, "acc_1", "sk_1") as yard:
            other = yard.with_options(timeout=20)
            both = [one.sites.retrieve("ste_1") for one in (yard, other) * (CALLS // 2)]
            await asyncio.gather(*both)

    assert len(server.tokens) == 1


async def test_tasks_share_that_no_token_was_given() -> None:
    with recorded(Reply(200, SITE)) as server:
        server.token_replies = [refusal(401, "credentials_invalid")]
        async with AsyncWattyard(server.url, "acc_1", "sk_1") as yard:
            calls = [yard.sites.retrieve("ste_1") for _ in range(CALLS)]
            ends = await asyncio.gather(*calls, return_exceptions=True)
            asked = len(server.tokens)
            await yard.sites.retrieve("ste_1")

    assert [type(end) for end in ends] == [codes.CredentialsInvalid] * CALLS
    assert (asked, len(server.tokens)) == (1, 2)


async def test_a_task_that_is_cancelled_leaves_its_token_to_the_others() -> None:
    loop, is_asked, free = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def before() -> None:
        loop.call_soon_threadsafe(is_asked.set)
        free.wait(20)

    with recorded(Reply(200, SITE)) as server:
        server.token_replies = [Reply(200, TOKEN, before=before)]
        async with AsyncWattyard(server.url, "acc_1", "sk_1") as yard:
            first = asyncio.create_task(yard.sites.retrieve("ste_1"))
            await is_asked.wait()
            second = asyncio.create_task(yard.sites.retrieve("ste_1"))
            first.cancel()
            free.set()
            assert (await second).id == "ste_1"

    assert first.cancelled()
    assert len(server.tokens) == 1
