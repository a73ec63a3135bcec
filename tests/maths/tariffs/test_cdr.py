"""Energy plans of the Australian Consumer Data Right."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.engine import engine_prices
from wattyard.kernel.refusals import Malformed
from wattyard.tariffs.adapters.cdr import tariffs_from_cdr
from wattyard.tariffs.adapters.imports import Contract, Imported
from wattyard.tariffs.domain.calendar import Place
from wattyard.tariffs.domain.refusals import UnsupportedComponent
from wattyard.tariffs.wire.rules import tariff_from_json

SYDNEY = ZoneInfo("Australia/Sydney")
PLACE = Place("Australia/Sydney", "AU", "NSW")
WEEK = ["MON", "TUE", "WED", "THU", "FRI"]
END = ["SAT", "SUN"]


def plan(*periods: dict[str, Any], **contract: Any) -> dict[str, Any]:
    return {
        "data": {
            "planId": "MADE-UP",
            "displayName": "Made up",
            "fuelType": "ELECTRICITY",
            "effectiveFrom": "2025-01-01T00:00:00Z",
            "electricityContract": {"pricingModel": "X", "tariffPeriod": list(periods), **contract},
        }
    }


def use(price: str, *times: tuple[list[str], str, str], **more: Any) -> dict[str, Any]:
    return {
        "type": "PEAK",
        "displayName": "named",
        "rates": [{"unitPrice": price, "measureUnit": "KWH"}],
        "timeOfUse": [{"days": d, "startTime": s, "endTime": e} for d, s, e in times],
        **more,
    }


TIME_OF_USE = {
    "startDate": "01-01",
    "endDate": "12-31",
    "dailySupplyCharge": "1.10",
    "rateBlockUType": "timeOfUseRates",
    "timeOfUseRates": [
        use("0.40", (WEEK, "15:00", "20:59")),
        use("0.20", (WEEK, "21:00", "15:00"), (END, "00:00", "23:59")),
    ],
}


def imported(document: dict[str, Any], *, allow_partial: bool = False) -> Imported:
    made = tariffs_from_cdr(document, contract=Contract(), allow_partial=allow_partial)
    for body in made.bodies:
        body.pop("display_name")
        tariff_from_json(body, PLACE)
    return made


def price_at(body: dict[str, Any], *when: int) -> float:
    at = datetime(*when, tzinfo=SYDNEY)
    (own,) = engine_prices(
        body,
        zone="Australia/Sydney",
        country="AU",
        state="NSW",
        start=at,
        end=at + timedelta(minutes=1),
        market=[],
        market_unit="KWH",
        now=at,
        counter_kwh=0,
    )
    return own.value


def test_time_of_use_rates_become_windows_with_gst_added() -> None:
    (body,) = imported(plan(TIME_OF_USE)).bodies

    assert price_at(body, 2025, 6, 2, 20, 59) == pytest.approx(0.44)
    assert price_at(body, 2025, 6, 2, 21, 0) == pytest.approx(0.22)
    assert price_at(body, 2025, 6, 1, 16, 0) == pytest.approx(0.22)
    assert body["contract_start_date"] == "2025-01-01"
    assert body["charges"] == [{"kind": "DAILY", "amount": 1.1, "name": "daily supply charge"}]


def test_steps_become_tiers_counted_over_their_period() -> None:
    stepped = {
        "rateBlockUType": "singleRate",
        "singleRate": {
            "period": "P1D",
            "rates": [
                {"unitPrice": "0.30", "volume": 10},
                {"unitPrice": "0.25", "volume": 5},
                {"unitPrice": "0.20"},
            ],
        },
    }
    (body,) = imported(plan(stepped)).bodies

    rate = body["schedule"][0]["days_and_hours"][0]["hours"][0]["rate"]
    assert [tier.get("to_kwh") for tier in rate] == [10, 15, None]
    assert body["tier_reset"] == "DAY"


def test_seasons_and_public_holidays_are_kept() -> None:
    summer = {
        **TIME_OF_USE,
        "startDate": "11-01",
        "endDate": "03-31",
        "timeOfUseRates": [
            use("0.50", (WEEK, "00:00", "24:00")),
            use("0.10", ([*END, "PUBLIC_HOLIDAYS"], "00:00", "00:00")),
        ],
    }
    winter = {**TIME_OF_USE, "startDate": "04-01", "endDate": "10-31"}
    (body,) = imported(plan(summer, winter)).bodies

    assert price_at(body, 2025, 12, 24, 12, 0) == pytest.approx(0.55)
    assert price_at(body, 2025, 12, 25, 12, 0) == pytest.approx(0.11)
    assert price_at(body, 2025, 4, 1, 12, 0) == pytest.approx(0.22)


def test_a_season_within_months_is_kept_by_its_dates() -> None:
    flat = {"rateBlockUType": "singleRate", "dailySupplyCharge": "1"}
    first = {**flat, "startDate": "12-16", "endDate": "02-28", "singleRate": _single("0.3")}
    rest = {**flat, "startDate": "03-01", "endDate": "12-15", "singleRate": _single("0.2")}

    (body,) = imported(plan(first, rest)).bodies

    assert price_at(body, 2028, 2, 29, 12, 0) == pytest.approx(0.33)
    assert price_at(body, 2028, 12, 15, 12, 0) == pytest.approx(0.22)


def _single(price: str) -> dict[str, Any]:
    return {"rates": [{"unitPrice": price}]}


def test_a_feed_in_becomes_an_export_tariff_without_gst() -> None:
    feed_in = {
        "displayName": "Solar",
        "scheme": "OTHER",
        "tariffUType": "singleTariff",
        "singleTariff": {"rates": [{"unitPrice": "0.05"}]},
    }
    _, body = imported(plan(TIME_OF_USE, solarFeedInTariff=[feed_in])).bodies

    assert body["direction"] == "EXPORT"
    assert price_at(body, 2025, 6, 1, 12, 0) == 0.05


def test_a_monthly_demand_charge_is_kept_with_its_hours() -> None:
    demand = {
        "displayName": "Peak demand",
        "amount": "9.90",
        "measureUnit": "KW",
        "days": WEEK,
        "startTime": "15:00",
        "endTime": "21:00",
        "measurementPeriod": "MONTH",
        "chargePeriod": "MONTH",
    }
    (body,) = imported(plan({**TIME_OF_USE, "demandCharges": [demand]})).bodies

    charge = body["charges"][1]
    assert (charge["kind"], charge["amount_per_kw"], charge["window_minutes"]) == (
        "DEMAND",
        9.9,
        30,
    )
    assert charge["schedule"][0]["days_and_hours"][0]["days"] == ["Mon", "Tue", "Wed", "Thu", "Fri"]


@pytest.mark.parametrize(
    ("document", "named"),
    [
        (plan(TIME_OF_USE, discounts=[{"displayName": "x"}]), "electricityContract.discounts"),
        (plan(TIME_OF_USE, fees=[{"type": "EXIT"}]), "electricityContract.fees"),
        (plan(TIME_OF_USE, controlledLoad=[{}]), "electricityContract.controlledLoad"),
        (plan(TIME_OF_USE, timeZone="AEST"), "electricityContract.timeZone"),
        (
            plan(
                {
                    **TIME_OF_USE,
                    "demandCharges": [
                        {
                            "amount": "1",
                            "measureUnit": "KVA",
                            "startTime": "00:00",
                            "endTime": "00:00",
                        }
                    ],
                }
            ),
            "electricityContract.tariffPeriod[0].demandCharges[0]",
        ),
    ],
)
def test_what_the_grammar_cannot_say_is_refused_by_name_and_left_out_on_request(
    document: dict[str, Any], named: str
) -> None:
    with pytest.raises(UnsupportedComponent) as refused:
        imported(document)

    assert [fault.param for fault in refused.value.faults] == [named]
    assert [own.param for own in imported(document, allow_partial=True).warnings] == [named]


@pytest.mark.parametrize(
    "document",
    [{}, {"data": {"gasContract": {}}}, plan(), plan({"singleRate": {"rates": []}}), plan({})],
)
def test_other_documents_are_malformed(document: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        imported(document)
