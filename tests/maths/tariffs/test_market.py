"""Market prices: surcharges, units, intervals, and forecasts where nothing is published."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.engine import Interval, engine_prices
from tests.support.tariff_bodies import MARKET_SOURCE, ZONES, bodies, body, entry, flat, hours
from wattyard.tariffs.domain.refusals import NoPriceData
from wattyard.tariffs.domain.sources import MarketSeries

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
Published = list[tuple[datetime, datetime, Decimal]]
MARKET = {"market_rates": True, "market_source_id": MARKET_SOURCE}


def prices(
    tariff: dict[str, Any],
    start: datetime,
    end: datetime,
    market: Published,
    *,
    now: datetime,
    unit: Literal["KWH", "MWH"] = "KWH",
    region: tuple[str, str | None, str | None] = ("Europe/Berlin", "DE", "BY"),
) -> list[Interval]:
    return engine_prices(
        tariff,
        zone=region[0],
        country=region[1],
        state=region[2],
        start=start,
        end=end,
        market=market,
        market_unit=unit,
        now=now,
        counter_kwh=0,
    )


def published(start: datetime, values: list[Any], step: timedelta = HOUR) -> Published:
    return [
        (start + n * step, start + (n + 1) * step, Decimal(str(value)))
        for n, value in enumerate(values)
    ]


NOON = datetime(2025, 1, 8, 12, tzinfo=UTC)


def test_the_fixed_surcharge_is_added_before_the_percentage_and_megawatt_hours_are_converted() -> (
    None
):
    rate = {"surcharge_fixed": 0.02, "surcharge_percentage": 0.1}
    series = prices(
        body(flat([rate]), **MARKET),
        NOON,
        NOON + 2 * HOUR,
        published(NOON, [100, -50]),
        now=NOON,
        unit="MWH",
    )

    assert [own.value for own in series] == pytest.approx([0.132, -0.033])
    assert [own.confidence for own in series] == [1, 1]


def test_cap_and_floor_come_before_vat_that_is_added() -> None:
    limits = {"cap_per_kwh": 0.3, "floor_per_kwh": 0.0, "vat": 0.2, "vat_included": False}
    series = prices(
        body(flat([{}]), **MARKET, **limits),
        NOON,
        NOON + 3 * HOUR,
        published(NOON, [0.5, -0.1, 0.1]),
        now=NOON,
    )

    assert [own.value for own in series] == pytest.approx([0.36, 0.0, 0.12])


def test_a_formula_reads_the_unit_that_is_published() -> None:
    rate = {"value": "$m / 1000 + $fee", "variables": {"m": "EPEX", "fee": 0.05}}
    series = prices(
        body(flat([rate])),
        NOON,
        NOON + HOUR,
        published(NOON, [80]),
        now=NOON,
        unit="MWH",
    )

    assert series[0].value == pytest.approx(0.13)


def test_market_intervals_are_kept_and_clipped_to_the_request_and_to_windows_that_follow() -> None:
    schedule = [entry(("All", hours(("00:00", "14:00", 0.2), ("14:00", "00:00", [{}]))))]
    start = NOON + timedelta(minutes=20)
    series = prices(
        body(schedule, **MARKET),
        start,
        start + 2 * HOUR,
        published(NOON, [0.1, 0.1, 0.1]),
        now=NOON,
    )

    assert [(own.start - NOON, own.end - NOON) for own in series] == [
        (timedelta(minutes=20), HOUR),
        (HOUR, 2 * HOUR),
        (2 * HOUR, timedelta(minutes=140)),
    ]


def test_windows_with_a_price_of_their_own_need_no_market() -> None:
    schedule = [entry(("All", hours(("00:00", "14:00", 0.2), ("14:00", "00:00", [{}]))))]

    series = prices(body(schedule, **MARKET), NOON, NOON + HOUR, [], now=NOON)

    assert [(own.value, own.confidence) for own in series] == [(0.2, 1)]


def test_the_first_instant_without_a_price_is_named() -> None:
    schedule = [entry(("All", hours(("00:00", "14:00", 0.2), ("14:00", "00:00", [{}]))))]

    with pytest.raises(NoPriceData, match="2025-01-08T13:00:00Z"):
        prices(body(schedule, **MARKET), NOON, NOON + 9 * HOUR, [], now=NOON)


def test_tomorrow_is_the_mean_of_the_last_four_days_of_its_kind() -> None:
    """Wednesday to Tuesday are published; the next Wednesday looks at working days only."""
    midnight = datetime(2025, 1, 14, 23, tzinfo=UTC)  # Berlin's Wednesday 15 January 2025
    market = published(midnight - 7 * 24 * HOUR, [n // 24 for n in range(7 * 24)])

    series = prices(
        body(flat([{}]), **MARKET), midnight, midnight + 4 * 24 * HOUR, market, now=midnight
    )

    assert {own.value for own in series[:72]} == {(1 + 2 + 5 + 6) / 4}
    assert {own.confidence for own in series[:72]} == {0.5}
    assert {own.value for own in series[72:]} == {(3 + 4) / 2}  # Saturday: the two days there are
    assert len(series) == 4 * 24


def test_a_day_that_skipped_an_hour_says_nothing_of_it_in_the_middle_of_an_interval() -> None:
    """On Sunday 30 March 2025 Berlin's clock went from 02:00 to 03:00; a price held all day."""
    saturday = datetime(2025, 3, 28, 23, tzinfo=UTC)
    sunday = saturday + 24 * HOUR
    market = [*published(saturday, [1], 24 * HOUR), *published(sunday, [2], 23 * HOUR)]
    start = datetime(2025, 4, 4, 22, tzinfo=UTC)  # the next Saturday

    series = prices(
        body(flat([{}]), **MARKET), start, start + 4 * HOUR, market, now=sunday + 23 * HOUR
    )

    assert [((own.start - start) / HOUR, own.value, own.confidence) for own in series] == [
        (0, 1.5, 0.5),
        (2, 1.0, 0.3),
        (3, 1.5, 0.5),
    ]


def test_fewer_than_two_days_of_the_kind_lower_the_confidence() -> None:
    monday = datetime(2025, 1, 12, 23, tzinfo=UTC)
    market = published(monday, [0.1] * 24)

    series = prices(
        body(flat([{}]), **MARKET), monday + 24 * HOUR, monday + 6 * 24 * HOUR, market, now=monday
    )

    assert {own.confidence for own in series} == {0.3}
    assert [own.value for own in series] == pytest.approx([0.1] * len(series))


def test_the_same_prices_are_like_days_of_friday_and_not_of_saturday() -> None:
    """Published over the midnights after Tuesday and Wednesday: both are asked at Friday's end,
    and stand in for weekends after it."""
    wednesday = datetime(2025, 1, 14, 23, tzinfo=UTC)
    market = [
        *published(wednesday - HOUR / 2, [0.1]),
        *published(wednesday + 24 * HOUR - HOUR / 2, [0.3]),
    ]
    saturday = wednesday + 3 * 24 * HOUR

    series = prices(
        body(flat([{}]), **MARKET),
        saturday - QUARTER,
        saturday + QUARTER,
        market,
        now=saturday - 12 * HOUR,
    )

    assert [(own.start, own.confidence) for own in series] == [
        (saturday - QUARTER, 0.5),
        (saturday, 0.3),
    ]
    assert [own.value for own in series] == pytest.approx([0.2, 0.2])


def test_nothing_published_in_the_last_14_days_is_no_ground_for_a_price() -> None:
    market = published(NOON - 16 * 24 * HOUR, [0.1] * 24)

    with pytest.raises(NoPriceData):
        prices(body(flat([{}]), **MARKET), NOON, NOON + HOUR, market, now=NOON)


def test_a_year_of_forecast_follows_from_the_last_days_before_now() -> None:
    market = published(NOON - 10 * 24 * HOUR, [0.1] * 10 * 24)

    series = prices(body(flat([{}]), **MARKET), NOON, NOON + 365 * 24 * HOUR, market, now=NOON)

    assert {own.confidence for own in series} == {0.5}
    assert [own.value for own in series] == pytest.approx([0.1] * len(series))


def expected_at(
    at: datetime, market: Published, now: datetime, region: tuple[str, Any, Any]
) -> tuple[float, float] | None:
    """Look one instant up, walking back day by day, as the contract says it."""
    zone = ZoneInfo(region[0])
    found = _published_at(at, market)
    if found is not None:
        return found, 1.0
    clock = at.astimezone(zone)
    day, kind = clock.date(), _rests(clock.date(), region)
    earliest = min(day, now.astimezone(zone).date()) - timedelta(days=14)
    alike: list[float] = []
    others: list[float] = []
    back = day - timedelta(days=1)
    while back >= earliest:
        price = _at_clock(back, clock.time(), market, zone)
        if price is not None:
            others.append(price)
            if _rests(back, region) == kind:
                alike.append(price)
        back -= timedelta(days=1)
    chosen = (alike or others)[:4]
    if not chosen:
        return None
    return sum(chosen) / len(chosen), 0.5 if len(alike) >= 2 else 0.3


def _published_at(at: datetime, market: Published) -> float | None:
    return next((float(price) for start, end, price in market if start <= at < end), None)


def _at_clock(day: date, clock: time, market: Published, zone: ZoneInfo) -> float | None:
    local = datetime.combine(day, clock.replace(fold=0, tzinfo=None), tzinfo=zone)
    at = local.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        return None
    return _published_at(at, market)


def _rests(day: date, region: tuple[str, Any, Any]) -> bool:
    if not region[1]:
        return day.weekday() >= 5
    known = holidays.country_holidays(region[1], subdiv=region[2], years=day.year)
    return bool(known.is_weekend(day)) or day in known


MIDDLES = [
    datetime(2025, 3, 30, tzinfo=UTC),
    datetime(2025, 10, 26, tzinfo=UTC),
    datetime(2025, 3, 10, tzinfo=UTC),
    datetime(2025, 4, 6, tzinfo=UTC),
    datetime(2025, 9, 7, tzinfo=UTC),
    datetime(2025, 10, 31, tzinfo=UTC),
    datetime(2025, 12, 30, tzinfo=UTC),
]


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(MIDDLES), st.data())
def test_every_quarter_hour_has_the_forecast_that_the_contract_describes(
    region: tuple[str, Any, Any], middle: datetime, data: st.DataObject
) -> None:
    step = data.draw(st.sampled_from([HOUR, 2 * QUARTER, QUARTER]))
    first = middle - data.draw(st.integers(0, 20)) * 24 * HOUR
    count = data.draw(st.integers(1, 10)) * int(24 * HOUR / step)
    seed = data.draw(st.integers(0, 10**6))
    market = published(first, [(n * 7919 + seed) % 1000 / 1000 for n in range(count)], step)
    market = [own for n, own in enumerate(market) if (n * 31 + seed) % 17 or seed % 3]
    start = middle + data.draw(st.integers(-96, 192)) * QUARTER
    end = start + data.draw(st.integers(1, 192)) * QUARTER
    now = middle + data.draw(st.integers(-48, 48)) * HOUR
    tariff = body(flat([{}]), **MARKET)
    instants = [start + n * QUARTER for n in range(int((end - start) / QUARTER))]
    expected = [expected_at(at, market, now, region) for at in instants]

    if None in expected:
        with pytest.raises(NoPriceData) as refused:
            prices(tariff, start, end, market, now=now, region=region)
        first_missing = instants[expected.index(None)]
        assert f"{first_missing:%Y-%m-%dT%H:%M:%SZ}" in refused.value.first.message
        return
    series = prices(tariff, start, end, market, now=now, region=region)
    for at, wanted in zip(instants, expected, strict=True):
        own = next(own for own in series if own.start <= at < own.end)
        assert wanted is not None
        assert own.value == pytest.approx(wanted[0], abs=1e-12), at
        assert own.confidence == wanted[1], at


@settings(deadline=None)
@given(bodies(), st.sampled_from(ZONES), st.sampled_from(MIDDLES), st.data())
def test_a_request_cut_in_two_gives_the_same_intervals_forecasts_included(
    tariff: dict[str, Any], region: tuple[str, Any, Any], middle: datetime, data: st.DataObject
) -> None:
    market = published(middle - 15 * 24 * HOUR, [(n * 37) % 90 for n in range(15 * 24)])
    del market[40:60], market[100:101]
    minutes = data.draw(st.integers(2, 12 * 1440))
    start = middle - timedelta(minutes=data.draw(st.integers(0, 8 * 1440)))
    end = start + timedelta(minutes=minutes)
    cut = start + timedelta(minutes=data.draw(st.integers(1, minutes - 1)))

    def of(one: datetime, other: datetime) -> list[Interval]:
        return prices(tariff, one, other, market, now=middle, region=region, unit="MWH")

    whole, halves = of(start, end), of(start, cut) + of(cut, end)

    edges = sorted({own.start for own in whole} | {cut})
    assert [own.start for own in halves] == edges
    for own in halves:
        same = next(other for other in whole if other.start <= own.start < other.end)
        assert (own.value, own.confidence) == (same.value, same.confidence)


@pytest.mark.parametrize(
    ("starts_us", "ends_us", "prices_of"),
    [
        ([0, 10], [10, 20], [1.0]),
        ([0, 10], [10], [1.0, 2.0]),
        ([10, 0], [20, 10], [1.0, 2.0]),
        ([0, 5], [10, 15], [1.0, 2.0]),
        ([0, 10], [10, 10], [1.0, 2.0]),
        ([0, 10], [10, 20], [1.0, float("nan")]),
    ],
    ids=["a price short", "an end short", "backwards", "overlapping", "empty", "no number"],
)
def test_a_series_that_is_not_one_price_for_each_interval_in_order_is_refused(
    starts_us: list[int], ends_us: list[int], prices_of: list[float]
) -> None:
    with pytest.raises(ValueError, match="market"):
        MarketSeries(
            source_id=MARKET_SOURCE,
            code="X",
            unit="KWH",
            starts_us=np.array(starts_us, dtype=np.int64),
            ends_us=np.array(ends_us, dtype=np.int64),
            prices=np.array(prices_of),
        )
