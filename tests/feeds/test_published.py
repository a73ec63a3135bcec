"""What every feed hands over: order, gaps and repetitions, whatever the source says."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattyard.kernel.instants import Span
from wattyard.tariffs.feeds.delivery_days import delivery_days, whole_days
from wattyard.tariffs.feeds.failures import FeedUnreadable
from wattyard.tariffs.feeds.money import Money
from wattyard.tariffs.feeds.published import Interval, PublishedPrices, in_order, joined, pieces

HOUR = timedelta(hours=1)
START = datetime(2025, 6, 1, 22, tzinfo=UTC)
DAY = Span(START, START + 24 * HOUR)
EUR = Money("EUR", "MWH")


def hour(n: int) -> Interval:
    return Interval(START + n * HOUR, START + (n + 1) * HOUR, float(n))


@given(st.lists(st.integers(-3, 27)))
def test_hours_and_gaps_fill_the_time_between_the_first_and_the_last(told: list[int]) -> None:
    answer = in_order(map(hour, told), DAY, EUR)

    choice = sorted({n for n in told if 0 <= n < 24})
    assert [own.value for own in answer.intervals] == choice
    assert answer.repeated == len([n for n in told if 0 <= n < 24]) - len(choice)
    covered = [(own.valid_from, own.valid_to) for own in answer.intervals]
    parts = sorted([*covered, *((gap.start, gap.end) for gap in answer.gaps)])
    assert all(one[1] == other[0] for one, other in pairwise(parts))
    assert bool(answer.gaps) == (len(choice) > 1 and choice[-1] - choice[0] >= len(choice))


@given(st.lists(st.integers(0, 23), min_size=1), st.integers(0, 23))
def test_documents_joined_are_one_document(told: list[int], cut: int) -> None:
    parts = [in_order(map(hour, own), DAY, EUR) for own in (told[:cut], told[cut:])]

    assert joined(parts, DAY) == in_order(map(hour, told), DAY, EUR)


@given(st.integers(0, 3), st.integers(0, 3), st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_intervals_that_overlap_are_refused_unless_they_are_the_same(
    start: int, other_start: int, hours: int, other_hours: int, same_price: bool
) -> None:
    one = Interval(START + start * HOUR, START + (start + hours) * HOUR, 1.0)
    at = START + other_start * HOUR
    other = Interval(at, at + other_hours * HOUR, 1.0 if same_price else 2.0)
    overlap = one.valid_from < other.valid_to and other.valid_from < one.valid_to

    if overlap and one != other:
        with pytest.raises(FeedUnreadable, match="two prices"):
            in_order([one, other], DAY, EUR)
    else:
        assert len(in_order([one, other], DAY, EUR).intervals) == (1 if overlap else 2)


def test_documents_per_mwh_and_per_kwh_are_not_joined_unless_one_is_empty() -> None:
    some = in_order([hour(1)], DAY, EUR)
    per_kwh = in_order([hour(2)], DAY, Money("EUR", "KWH"))

    assert joined([in_order([], DAY, EUR), per_kwh], DAY).unit == "KWH"
    with pytest.raises(FeedUnreadable, match="per MWh and per kWh"):
        joined([some, per_kwh], DAY)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_interval_has_a_finite_price(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Interval(START, START + HOUR, value)


def test_published_intervals_do_not_overlap() -> None:
    with pytest.raises(ValueError, match="overlap"):
        PublishedPrices("EUR", "MWH", 60, (hour(1), hour(1)), (), 0)


@given(st.integers(0, 200), st.integers(1, 4000), st.integers(1, 40))
def test_pieces_touch_and_are_cut_at_midnight(start: int, length: int, days: int) -> None:
    span = Span(START + start * HOUR, START + (start + length) * HOUR)

    parts = list(pieces(span, timedelta(days=days)))

    assert (parts[0].start, parts[-1].end) == (span.start, span.end)
    assert all(one.end == other.start for one, other in pairwise(parts))
    assert all(own.duration <= timedelta(days=days) for own in parts)
    assert all(own.end.hour == 0 for own in parts[:-1])


@pytest.mark.parametrize(
    ("start", "hours"),
    [("2025-03-29T23:00Z", 23), ("2025-10-25T22:00Z", 25), ("2025-06-01T22:00Z", 24)],
)
def test_delivery_days_have_23_24_or_25_hours(start: str, hours: int) -> None:
    first = datetime.fromisoformat(start)
    day = Span(first, first + hours * HOUR)

    assert len(delivery_days(day)) == 1
    assert whole_days(Span(first + 5 * HOUR, first + 6 * HOUR)) == day
    assert len(delivery_days(Span(day.start, day.end + HOUR))) == 2
