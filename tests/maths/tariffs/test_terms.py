"""Before a contract there is no tariff; after it the last rules go on, ever less certain."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.support.engine import engine_prices
from tests.support.tariff_bodies import body, entry, flat, hours
from wattyard.kernel.clock_changes import instant
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.refusals import NoPriceData, NoTariffConnected, TariffTermOverlap
from wattyard.tariffs.domain.sources import MarketSource
from wattyard.tariffs.domain.tariff import Element, Tariff, check_overlap, confidence_edges
from wattyard.tariffs.wire.rules import tariff_from_json

BERLIN = ZoneInfo("Europe/Berlin")
DEVICE = "dev_" + "1" * 32


def prices(start: datetime, end: datetime, **more: object) -> list[tuple[datetime, float]]:
    series = engine_prices(
        body(flat(0.3), **more),
        zone="Europe/Berlin",
        country="DE",
        state=None,
        start=start,
        end=end,
        market=[],
        market_unit="KWH",
        now=start,
        counter_kwh=0,
    )
    return [(own.start, own.confidence) for own in series]


def test_confidence_falls_by_steps_of_ninety_local_days_and_each_is_an_edge() -> None:
    end = datetime(2025, 8, 1, tzinfo=BERLIN)

    seen = prices(
        end - timedelta(days=1),
        datetime(2027, 1, 1, tzinfo=BERLIN),
        contract_end_date="2025-08-01",
    )

    assert seen == [
        (datetime(2025, 7, 31, tzinfo=BERLIN), 1.0),
        (datetime(2025, 8, 1, tzinfo=BERLIN), 0.8),
        (datetime(2025, 10, 30, tzinfo=BERLIN), 0.6),
        (datetime(2026, 1, 28, tzinfo=BERLIN), 0.4),
        (datetime(2026, 4, 28, tzinfo=BERLIN), 0.2),
    ]


def test_before_the_contract_there_is_no_tariff() -> None:
    with pytest.raises(NoTariffConnected, match="2023-12-31T00:00:00Z"):
        prices(datetime(2023, 12, 31, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC))


def test_a_contract_date_is_the_local_midnight() -> None:
    start = datetime(2024, 1, 1, tzinfo=BERLIN)

    assert prices(start, start + timedelta(hours=1)) == [(start, 1.0)]


def test_after_the_end_a_day_that_no_entry_matches_has_no_price() -> None:
    tariff = body(
        [entry(("All", hours(("00:00", "00:00", 0.3))), months=["Jan", "Feb"])],
        contract_start_date="2025-01-01",
        contract_end_date="2025-03-01",
    )
    with pytest.raises(NoPriceData, match="2025-03-01T00:00:00Z"):
        engine_prices(
            tariff,
            zone="Europe/London",
            country="GB",
            state=None,
            start=datetime(2025, 2, 27, tzinfo=UTC),
            end=datetime(2025, 3, 4, tzinfo=UTC),
            market=[],
            market_unit="KWH",
            now=datetime(2025, 2, 27, tzinfo=UTC),
            counter_kwh=0,
        )


def tariff(start: str, end: str, **more: object) -> Tariff:
    rules = body(flat(0.3), contract_start_date=start, contract_end_date=end, **more)
    return tariff_from_json(rules, CalendarRegion("Europe/Berlin", "DE"))


def test_terms_of_the_same_kind_may_touch_but_not_meet() -> None:
    old = Element(UUID(int=7), tariff("2025-01-01", "2026-01-01"))

    check_overlap(tariff("2026-01-01", "2027-01-01"), [old])
    with pytest.raises(TariffTermOverlap, match="trf_0000000000000000000000000000000"):
        check_overlap(tariff("2025-12-31", "2027-01-01"), [old])


def test_other_directions_types_and_devices_do_not_meet() -> None:
    old = Element(UUID(int=7), tariff("2025-01-01", "2026-01-01"))
    of_device = tariff("2025-01-01", "2026-01-01", devices=[DEVICE])

    check_overlap(tariff("2025-01-01", "2026-01-01", direction="EXPORT"), [old])
    check_overlap(tariff("2025-01-01", "2026-01-01", type="NON_COMMODITY"), [old])
    check_overlap(of_device, [old])
    with pytest.raises(TariffTermOverlap):
        check_overlap(of_device, [Element(UUID(int=8), of_device)])


def publishing(at: time | None) -> MarketSource:
    return MarketSource(
        code="DAY",
        currency_code="EUR",
        unit="MWH",
        timezone="Europe/Berlin",
        publishes_at=at,
        id=UUID(int=1),
        shared=False,
        time_created=datetime(2025, 1, 1, tzinfo=UTC),
    )


def test_a_market_publishes_at_its_wall_clock_time_today_or_tomorrow() -> None:
    at_one = publishing(time(13))

    before = at_one.published_after(datetime(2025, 3, 29, 11, 59, tzinfo=UTC))
    after = at_one.published_after(datetime(2025, 3, 29, 12, 0, tzinfo=UTC))

    assert before == datetime(2025, 3, 29, 12, tzinfo=UTC)
    assert after == datetime(2025, 3, 30, 11, tzinfo=UTC)
    assert publishing(None).published_after(datetime(2025, 3, 29, tzinfo=UTC)) is None


def test_a_publication_in_an_hour_that_is_skipped_is_at_the_clock_change() -> None:
    published = publishing(time(2, 30)).published_after(datetime(2025, 3, 29, 12, tzinfo=UTC))

    assert published == datetime(2025, 3, 30, 1, tzinfo=UTC)


def test_a_contract_that_ends_on_a_day_without_midnight_is_followed_by_whole_days() -> None:
    santiago = CalendarRegion("America/Santiago", "CL")
    end = datetime(2023, 9, 3, 4, tzinfo=UTC)  # the day starts at 01:00
    edges = confidence_edges(Span(end - timedelta(days=30), end), santiago)

    later = [instant(int(edge)).astimezone(santiago.zone) for edge in edges[1:]]
    assert [(one.hour, one.minute) for one in later] == [(0, 0)] * 3
    assert str(later[1].date()) == "2024-03-01"
