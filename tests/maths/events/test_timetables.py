"""The timetable of attempts, and the fair shares of endpoints."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from wattyard.events.domain import Event
from wattyard.events.domain.deliveries import PAUSES, ClaimedDelivery, Reply, outcome
from wattyard.events.domain.endpoints import KeptSecrets
from wattyard.events.jobs.lanes import OPEN_AT_MOST, PLACES, PROVEN_SHARE, Lanes

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NOBODY = UUID(int=0)
CLAIMED = ClaimedDelivery(
    account=1,
    account_id=NOBODY,
    live_mode=False,
    id=NOBODY,
    endpoint_id=NOBODY,
    url="https://example.com",
    secrets=KeptSecrets(plain=b""),
    proven=True,
    attempts=0,
    position=1,
    event=Event(NOBODY, "site.update", "ste_1", b"{}", NOW),
)


@given(st.integers(0, 5), st.floats(0, 1), st.integers(100, 599))
def test_every_attempt_has_one_of_three_ends(attempts: int, chance: float, status: int) -> None:
    ended = outcome(replace(CLAIMED, attempts=attempts), Reply(status), NOW, chance)

    if 200 <= status < 300:
        assert ended.status == "SUCCEEDED"
    elif status == 410 or attempts == 5:
        assert ended.status == "FAILED"
    else:
        assert ended.status == "PENDING"
        pause = ended.due - NOW
        slack = timedelta(microseconds=1)
        assert PAUSES[attempts] * 0.9 - slack <= pause <= PAUSES[attempts] * 1.1 + slack


def test_the_timetable_is_the_contracts() -> None:
    hours = [pause.total_seconds() / 3600 for pause in PAUSES]

    assert hours == [30 / 3600, 1, 6, 12, 24]


ENDPOINTS = [UUID(int=number) for number in range(1, 8)]


@given(st.lists(st.tuples(st.sampled_from(ENDPOINTS), st.sampled_from("tsef")), max_size=300))
def test_the_books_of_places_balance(steps: list[tuple[UUID, str]]) -> None:
    """t: take one; s: one becomes slow; e, f: one ends well or badly."""
    lanes = Lanes()
    held: dict[UUID, list[bool]] = {endpoint: [] for endpoint in ENDPOINTS}
    for endpoint, step in steps:
        mine = held[endpoint]
        if step == "t":
            lanes.took(endpoint, proven=endpoint.int % 2 == 0)
            mine.append(False)
        elif step == "s" and False in mine:
            lanes.slowed(endpoint, 1)
            mine.remove(False)
            mine.append(True)
        elif step in "ef" and mine:
            lanes.judged(endpoint, succeeded=step == "e")
            lanes.ended(endpoint, slow=mine.pop())
    assert lanes.held == sum(map(len, held.values()))
    shown = dict(lanes.allowances())
    assert set(shown) == {endpoint for endpoint, mine in held.items() if mine}
    assert all(share == 0 for endpoint, share in shown.items() if any(held[endpoint]))
    for endpoint, mine in held.items():
        for slow in mine:
            lanes.ended(endpoint, slow=slow)
    assert (lanes.held, lanes.allowances(), lanes.unproven_share) == (0, [], 1)


def test_receivers_that_hang_leave_their_places_to_others() -> None:
    lanes = Lanes()
    hanging = [UUID(int=number) for number in range(2000)]
    for endpoint in hanging[:64]:
        lanes.took(endpoint, proven=False)
        lanes.took(endpoint, proven=False)
    assert lanes.unproven_share == 0
    healthy = UUID(int=5000)
    lanes.took(healthy, proven=True)
    assert dict(lanes.allowances())[healthy] == PROVEN_SHARE - 1
    for endpoint in hanging[:64]:
        lanes.slowed(endpoint, 2)
    assert lanes.unproven_share > 0
    assert lanes.free > 0
    counts = Counter(share for _, share in lanes.allowances())
    assert counts == {0: 64, PROVEN_SHARE - 1: 1}


def test_no_more_is_held_than_there_is_room_for() -> None:
    lanes = Lanes()
    for number in range(PLACES):
        lanes.took(UUID(int=number), proven=True)
    assert lanes.free == 0
    for number in range(PLACES):
        lanes.slowed(UUID(int=number), 1)
    assert 0 < lanes.free <= OPEN_AT_MOST - PLACES
