"""Costs worked out by hand (the sums stand in comments)."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from tests.support.cost_engine import (
    BERLIN,
    HOUR,
    Metered,
    berlin,
    elements_of,
    hourly,
    lines,
    readings_of,
    total,
)
from tests.support.tariff_bodies import MARKET_SOURCE, body, entry, flat, hours
from wattyard.costs.domain.answer import Costs, stacked, summed
from wattyard.costs.domain.costs import costs
from wattyard.costs.domain.question import CostQuestion
from wattyard.kernel import civil
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.refusals import NoPriceData, NoTariffConnected
from wattyard.tariffs.domain.sources import Markets, MarketSeries

CAR = UUID(int=77)
JANUARY = Span(datetime(2024, 12, 31, 23, tzinfo=UTC), datetime(2025, 1, 31, 23, tzinfo=UTC))
NIGHT_AND_DAY = [entry(("All", hours(("23:00", "07:00", 0.1), ("07:00", "23:00", 0.3))))]
DAILY = {"kind": "DAILY", "amount": 0.5, "name": "standing charge"}


def asked(
    bodies: list[dict[str, Any]],
    readings: list[Metered],
    span: Span = JANUARY,
    region: CalendarRegion = BERLIN,
    **question: Any,
) -> Costs:
    values = {"direction": "IMPORT", "span": span, "aggregation": "DAY"} | question
    return costs(
        elements_of(bodies, region),
        region,
        CostQuestion(**values),
        readings_of(readings),
        markets=Markets({}, span.start),
    )


@pytest.mark.parametrize(
    ("day", "length_hours", "night_hours"),
    [(date(2025, 3, 30), 23, 7), (date(2025, 10, 26), 25, 9), (date(2025, 5, 4), 24, 8)],
)
def test_days_of_clock_changes_have_an_hour_less_or_more_of_the_night(
    day: date, length_hours: int, night_hours: int
) -> None:
    # 1 kWh an hour: the night has 8 of them, 7 or 9 when the clock changes; the day has 16.
    span = civil.day(day, BERLIN.zone)

    answer = asked(
        [body(NIGHT_AND_DAY, charges=[DAILY])], hourly(span.start, *[1.0] * length_hours), span
    )

    (item,) = answer.data
    assert (item.start, item.end) == (span.start, span.end)
    assert item.energy_kwh == length_hours
    assert item.cost == pytest.approx(night_hours * 0.1 + 16 * 0.3 + 0.5)


def test_the_repeated_hour_is_two_groups_and_its_charge_is_shared_by_25() -> None:
    span = civil.day(date(2025, 10, 26), BERLIN.zone)

    answer = asked([body(flat(0.2), charges=[DAILY])], [], span, aggregation="HOUR")

    assert [item.cost for item in answer.data] == [0.02] * 25


def test_half_an_hour_of_clock_change_cuts_an_hour_and_a_demand_window() -> None:
    # At 02:00 in Lord Howe's summer time the clock goes back to 01:30: the hour from 01:00 is
    # 60 minutes and then 30 more. 1 kWh in these 30 minutes alone is 2 kW.
    region = CalendarRegion("Australia/Lord_Howe")
    span = civil.day(date(2025, 4, 6), region.zone)
    again = datetime(2025, 4, 5, 15, tzinfo=UTC)
    charge = {"kind": "DEMAND", "amount_per_kw": 1, "window_minutes": 60}

    answer = asked(
        [body(flat(0), charges=[charge])],
        [Metered(again, again + HOUR / 2, 1.0)],
        span,
        region,
        aggregation="HOUR",
    )

    (hour,) = answer.data
    assert (hour.start, hour.end) == (again, again + HOUR / 2)
    (item,) = answer.total
    (line,) = (line for line in item.lines if line.kind == "DEMAND")
    assert [(share.peak_kw, share.days) for share in line.demand] == [(2.0, 1.0)]
    assert total(answer) == pytest.approx(2.0 / 30, abs=1e-6)


def test_a_place_pays_energy_charges_and_vat_by_the_line() -> None:
    # Supplier: 2 x 0.2 + 31 x 0.5; fees: 2 x 0.1 net and 3 kW x 4 net, 20 % VAT on 12.2: 2.44.
    supplier = body(flat(0.2), charges=[DAILY])
    demand = {"kind": "DEMAND", "amount_per_kw": 4, "window_minutes": 15, "name": "peak"}
    fees = body(flat(0.1), type="NON_COMMODITY", vat=0.2, vat_included=False, charges=[demand])
    peak = berlin(2025, 1, 8, 12)
    readings = [
        Metered(peak, peak + HOUR / 4, 0.75),
        *hourly(berlin(2025, 1, 9, 12), 1.25),
    ]

    answer = asked([supplier, fees], readings)

    assert lines(answer) == [
        ("ENERGY", 0, 2.0, 0.2, 0.4),
        ("ENERGY", 1, 2.0, 0.1, 0.2),
        ("STANDING", 0, 31.0, 0.5, 15.5),
        ("DEMAND", 1, 3.0, 4.0, 12.0),
        ("VAT", 1, 12.2, 0.2, 2.44),
    ]
    assert total(answer) == 30.54
    days = list(answer.data)
    assert len(days) == 31
    assert days[7].cost == pytest.approx(0.75 * 0.2 + 0.5 + 0.75 * 0.1 * 1.2)
    assert not any(line.kind == "DEMAND" for day in days for line in day.lines)
    (month,) = asked([supplier, fees], readings, aggregation="MONTH").data
    assert month.cost == 30.54


def test_caps_and_floors_limit_the_price_before_vat() -> None:
    # 1 kWh at most 0.25, + 20 %: 0.3; 1 kWh at least 0.15, + 20 %: 0.18.
    limits = {"cap_per_kwh": 0.25, "floor_per_kwh": 0.15, "vat": 0.2, "vat_included": False}
    readings = [*hourly(berlin(2025, 1, 9, 5), 1.0), *hourly(berlin(2025, 1, 9, 12), 1.0)]

    answer = asked([body(NIGHT_AND_DAY, **limits)], readings, aggregation="NONE")

    assert [item.cost for item in answer.data] == [0.18, 0.3]
    assert [item.reading for item in answer.data] == [0, 1]
    assert list(answer.data.only(np.array([1]))) == list(answer.data)[1:]


def test_a_negative_price_pays_the_consumer_and_is_no_minus_zero() -> None:
    readings = hourly(berlin(2025, 1, 9, 5), 2.0, 0.0)

    answer = asked([body(flat(-0.1))], readings, aggregation="NONE")

    assert [item.cost for item in answer.data] == [-0.2, 0.0]
    assert [str(item.cost) for item in answer.data] == ["-0.2", "0.0"]


def test_the_next_contract_takes_over_in_the_middle_of_a_reading() -> None:
    # 2 kWh around 2025-01-10T00:00: one at 0.2, one at 0.4; a standing charge for 9 and 22 days.
    first = body(flat(0.2), contract_end_date="2025-01-10", charges=[DAILY])
    second = body(
        flat(0.4), contract_start_date="2025-01-10", charges=[{"kind": "DAILY", "amount": 1}]
    )
    start = berlin(2025, 1, 9, 23)

    answer = asked([second, first], [Metered(start, start + 2 * HOUR, 2.0)])

    assert lines(answer) == [
        ("ENERGY", 1, 1.0, 0.2, 0.2),
        ("ENERGY", 0, 1.0, 0.4, 0.4),
        ("STANDING", 1, 9.0, 0.5, 4.5),
        ("STANDING", 0, 22.0, 1.0, 22.0),
    ]


def test_after_its_end_a_contract_goes_on_less_certain_and_without_charges() -> None:
    ended = body(flat(0.2), contract_end_date="2025-01-03", charges=[DAILY])

    answer = asked([ended], hourly(berlin(2025, 1, 20, 5), 1.0))

    (item,) = answer.total
    assert item.cost == pytest.approx(0.2 + 2 * 0.5)
    assert item.confidence == 0.8


def test_a_devices_own_contract_stands_in_and_a_device_pays_no_charges() -> None:
    region = body(flat(0.3), charges=[DAILY])
    own = body(flat(0.1), devices=["dev_" + CAR.hex], contract_start_date="2025-01-10")
    readings = [*hourly(berlin(2025, 1, 9, 12), 1.0), *hourly(berlin(2025, 1, 12, 12), 1.0)]

    assert total(asked([region, own], readings, device=CAR)) == pytest.approx(0.4)
    assert total(asked([region, own], readings, device=UUID(int=5))) == pytest.approx(0.6)
    assert total(asked([region, own], readings)) == pytest.approx(0.6 + 15.5)
    assert total(asked([region, own], readings, with_charges=False)) == pytest.approx(0.6)


def test_own_generation_without_a_tariff_is_free_and_exports_need_one() -> None:
    readings = hourly(berlin(2025, 1, 9, 12), 1.5)
    tariffs = [body(flat(0.3))]

    (item,) = asked(tariffs, readings, direction="LOCAL").total

    assert (item.energy_kwh, item.cost, item.confidence, item.lines) == (1.5, 0.0, 1.0, ())
    with pytest.raises(NoTariffConnected):
        asked(tariffs, readings, direction="EXPORT")


def test_energy_before_the_contract_is_refused_and_an_empty_reading_is_not() -> None:
    late = [body(flat(0.3), contract_start_date="2025-01-10")]

    with pytest.raises(NoPriceData, match="2025-01-09T11:00:00Z"):
        asked(late, hourly(berlin(2025, 1, 9, 11), 0.0, 1.0, 1.0))
    assert total(asked(late, hourly(berlin(2025, 1, 9, 11), 0.0))) == 0.0
    assert len(asked(late, []).data) == 0


def market(*prices: float) -> Markets:
    starts = microseconds(berlin(2025, 1, 9, 12)) + np.arange(len(prices)) * 3_600_000_000
    series = MarketSeries("m", "X", "KWH", starts, starts + 3_600_000_000, np.array(prices))
    return Markets({MARKET_SOURCE: series}, JANUARY.start)


def test_energy_that_no_market_has_priced_is_refused_with_its_first_instant() -> None:
    followed = body(
        flat([{"surcharge_fixed": 0.05}]), market_rates=True, market_source_id=MARKET_SOURCE
    )
    elements = elements_of([followed], BERLIN)
    question = CostQuestion("IMPORT", JANUARY)
    noon = berlin(2025, 1, 9, 12)

    priced = costs(
        elements, BERLIN, question, readings_of(hourly(noon, 1, 2)), markets=market(0.1, 0.2)
    )
    assert total(priced) == pytest.approx(0.15 + 2 * 0.25)

    with pytest.raises(NoPriceData, match="2025-01-09T10:00:00Z"):
        costs(
            elements,
            BERLIN,
            question,
            readings_of(hourly(noon - HOUR, 1, 1)),
            markets=market(0.1, 0.2),
        )


def test_a_year_after_a_gap_leaves_empty_groups_out() -> None:
    answer = asked([body(flat(0.2))], hourly(berlin(2025, 1, 9, 12), 1.0), aggregation="WEEK")

    (week,) = answer.data
    assert (week.start, week.end) == (berlin(2025, 1, 6), berlin(2025, 1, 13))


def test_confidence_is_weighed_by_energy_and_1_only_where_all_is_certain() -> None:
    # (2 x 1 + 1 x 0.5) / 3 = 0.8333; (999 + 0.5) / 1000 = 0.9995 is not 1.
    noon = berlin(2025, 1, 9, 12)
    for certain_kwh, expected in ((2.0, 0.83), (999.0, 0.99)):
        readings = [
            Metered(noon, noon + HOUR, certain_kwh),
            Metered(noon + HOUR, noon + 2 * HOUR, 1.0, confidence=0.5),
        ]
        (item,) = asked([body(flat(0.2))], readings).total
        assert item.confidence == expected


def test_answers_without_an_item_are_put_together_to_none() -> None:
    nothing = asked([body(flat(0.2))], []).data

    assert list(summed(stacked([nothing, nothing]), [])) == []


def test_two_equal_charges_are_both_counted_where_answers_are_put_together() -> None:
    twice = [{"kind": "DAILY", "amount": 0.5}] * 2
    readings = hourly(berlin(2025, 1, 9, 5), 1.0)

    answer = asked([body(flat(0.2), charges=twice)], readings)

    (item,) = summed(stacked([answer.total, answer.total]), [0, 0])
    assert item.cost == pytest.approx(2 * total(answer))
