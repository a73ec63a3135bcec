"""A list page has at most 8 MiB: fewer objects, at least one, and more of them behind."""

import json

import pytest

from wattyard.platform.http.lists import PAGE_BYTES, list_answer


def documents(*mebibytes: float) -> list[bytes]:
    return [
        json.dumps({"n": n, "x": "x" * int(m * 2**20)}).encode() for n, m in enumerate(mebibytes)
    ]


def page(items: list[bytes], *, has_more: bool, backwards: bool) -> tuple[list[int], bool]:
    body = list_answer("/x", items, has_more=has_more, backwards=backwards)
    assert len(items) == 1 or len(body) < PAGE_BYTES + 1000
    answer = json.loads(body)
    return [one["n"] for one in answer["data"]], answer["has_more"]


@pytest.mark.parametrize("has_more", [True, False])
def test_small_documents_are_all_there(has_more: bool) -> None:
    for backwards in (True, False):
        answer = page(documents(1, 1, 1), has_more=has_more, backwards=backwards)
        assert answer == ([0, 1, 2], has_more)


def test_of_large_ones_the_first_are_kept_and_going_back_the_nearest() -> None:
    large = documents(3, 3, 3, 1)
    assert page(large, has_more=False, backwards=False) == ([0, 1], True)
    assert page(large, has_more=False, backwards=True) == ([1, 2, 3], True)


def test_there_is_at_least_one() -> None:
    for backwards in (True, False):
        assert page(documents(9), has_more=False, backwards=backwards) == ([0], False)


def test_what_has_no_room_is_not_even_written() -> None:
    written = []

    def writing():
        for one in documents(5, 5, 5, 5):
            written.append(one)
            yield one

    list_answer("/x", writing(), has_more=False)
    assert len(written) == 2
