"""Octopus unit rates: flat ones, day and night, prices that differ by day, and bad lists."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.engine import engine_prices
from wattyard.kernel.refusals import Malformed
from wattyard.tariffs.adapters.imports import ContractDates
from wattyard.tariffs.adapters.octopus import tariffs_from_octopus
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.refusals import UnsupportedComponent

LONDON = CalendarRegion("Europe/London", "GB", "ENG")
HALF_HOUR = timedelta(minutes=30)


def rate(start: datetime | None, end: datetime | None, pence: float, **more: Any) -> dict[str, Any]:
    return {
        "value_exc_vat": round(pence / 1.05, 4),
        "value_inc_vat": pence,
        "valid_from": start.isoformat() if start else None,
        "valid_to": end.isoformat() if end else None,
        "payment_method": None,
        **more,
    }


def imported(results: list[dict[str, Any]], *, allow_partial: bool = False) -> list[dict[str, Any]]:
    made = tariffs_from_octopus(
        {"count": len(results), "next": None, "previous": None, "results": results},
        LONDON,
        contract=ContractDates(),
        allow_partial=allow_partial,
    )
    return list(made.bodies)


def price_at(body: dict[str, Any], at: datetime) -> float:
    (own,) = engine_prices(
        body,
        zone="Europe/London",
        country="GB",
        state="ENG",
        start=at,
        end=at + timedelta(minutes=1),
        market=[],
        market_unit="KWH",
        now=at,
        counter_kwh=0,
    )
    return own.value


def test_one_open_rate_becomes_one_flat_tariff_in_pounds_with_its_vat() -> None:
    (body,) = imported([rate(datetime(2025, 4, 1, tzinfo=UTC) - 2 * HALF_HOUR, None, 24.50)])

    assert body["contract_start_date"] == "2025-03-31T23:00:00Z"
    assert body["contract_end_date"] == "2100-01-01"
    assert (body["vat"], body["vat_included"]) == (0.05, True)
    assert price_at(body, datetime(2025, 6, 1, tzinfo=UTC)) == 0.245


def test_rates_that_change_at_midnight_become_one_tariff_each() -> None:
    april, july = datetime(2025, 3, 31, 23, tzinfo=UTC), datetime(2025, 6, 30, 23, tzinfo=UTC)

    first, second = imported([rate(july, None, 26.0), rate(april, july, 24.0)])

    assert first["contract_end_date"] == second["contract_start_date"] == "2025-06-30T23:00:00Z"


def cheap_nights(first: datetime, days: int) -> list[dict[str, Any]]:
    """Cheap from 00:30 to 05:30 UTC, as such products publish it."""
    results = []
    for n in range(days):
        night = first + timedelta(days=n, minutes=30)
        results.append(rate(night, night + timedelta(hours=5), 8.5))
        results.append(rate(night + timedelta(hours=5), night + timedelta(days=1), 30.0))
    return results


def test_day_and_night_become_windows_and_every_published_instant_keeps_its_price() -> None:
    results = cheap_nights(datetime(2025, 3, 25, tzinfo=UTC), 10)

    (body,) = imported(results)

    for own in results:
        start = datetime.fromisoformat(own["valid_from"])
        for at in (start, datetime.fromisoformat(own["valid_to"]) - timedelta(minutes=1)):
            assert price_at(body, at) == own["value_inc_vat"] / 100, at
    assert body["contract_start_date"] == "2025-03-25T00:30:00Z"


def test_half_hourly_prices_become_dated_days() -> None:
    start = datetime(2025, 10, 24, 23, tzinfo=UTC)
    results = [
        rate(start + n * HALF_HOUR, start + (n + 1) * HALF_HOUR, float(n % 40)) for n in range(48)
    ]

    (body,) = imported(results)

    for n in range(48):
        assert price_at(body, start + n * HALF_HOUR) == (n % 40) / 100


def test_two_prices_for_a_repeated_half_hour_are_unsupported() -> None:
    start = datetime(2025, 10, 25, 23, tzinfo=UTC)
    results = [rate(start + n * HALF_HOUR, start + (n + 1) * HALF_HOUR, n + 1.0) for n in range(50)]

    with pytest.raises(UnsupportedComponent, match="which the clock shows twice"):
        imported(results)
    assert imported(results, allow_partial=True)


def test_of_several_ways_to_pay_direct_debit_is_taken_and_said_so() -> None:
    start = datetime(2025, 6, 1, 23, tzinfo=UTC)
    results = [
        rate(start, None, 26.0, payment_method="NON_DIRECT_DEBIT"),
        rate(start, None, 24.0, payment_method="DIRECT_DEBIT"),
    ]
    made = tariffs_from_octopus(results, LONDON, contract=ContractDates(), allow_partial=False)

    assert price_at(made.bodies[0], datetime(2025, 7, 1, tzinfo=UTC)) == 0.24
    assert [warning.param for warning in made.warnings] == ["payment_method"]


def test_a_history_with_two_rates_for_each_of_its_periods_is_read_for_one_way_to_pay() -> None:
    """As a variable product answers it: newest first, both ways to pay in either order."""
    edges = [
        datetime(*day, tzinfo=UTC) for day in ((2023, 3, 31, 23), (2024, 1, 1), (2024, 3, 31, 23))
    ]
    pay = [{"payment_method": "DIRECT_DEBIT"}, {"payment_method": "NON_DIRECT_DEBIT"}]
    results = [
        rate(edges[2], None, 24.0, **pay[0]),
        rate(edges[2], None, 26.0, **pay[1]),
        rate(edges[1], edges[2], 30.0, **pay[1]),
        rate(edges[1], edges[2], 28.0, **pay[0]),
        rate(edges[0], edges[1], 20.0),
    ]

    bodies = imported(results)

    found = [body["schedule"][0]["days_and_hours"][0]["hours"][0]["rate"] for body in bodies]
    assert found == [[{"value": 0.2}], [{"value": 0.28}], [{"value": 0.24}]]
    assert [body["contract_end_date"] for body in bodies] == [
        "2024-01-01T00:00:00Z",
        "2024-03-31T23:00:00Z",
        "2100-01-01",
    ]


@pytest.mark.parametrize(
    "results",
    [
        [],
        [{"valid_from": None}],
        [rate(None, None, 1.0), rate(None, None, 2.0)],
        [
            rate(datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 6, 2, tzinfo=UTC), 1.0),
            rate(datetime(2025, 6, 3, tzinfo=UTC), None, 1.0),
        ],
        [rate(datetime(2025, 6, 1, tzinfo=UTC), None, 1.0)],
    ],
)
def test_lists_with_gaps_or_overlaps_are_malformed(results: list[dict[str, Any]]) -> None:
    with pytest.raises(Malformed):
        imported(results)
