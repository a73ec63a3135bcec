"""Parts of Australian energy plans that are refused by name, and what is no plan."""

from typing import Any

import pytest

from tests.support.cdr_plans import (
    END,
    PERIOD,
    SOLAR,
    TIME_OF_USE,
    WEEK,
    demand,
    feed_in,
    imported,
    plan,
    stepped,
    use,
    varying,
    with_period,
)
from wattyard.kernel.refusals import Malformed
from wattyard.tariffs.domain.refusals import UnsupportedComponent

OLD_WEEK = {"weekdays": True, "saturday": True, "sunday": True}


@pytest.mark.parametrize(
    ("document", "named"),
    [
        (plan(TIME_OF_USE, discounts=[{"displayName": "x"}]), "electricityContract.discounts"),
        (plan(TIME_OF_USE, fees=[{"type": "EXIT"}]), "electricityContract.fees"),
        (plan(TIME_OF_USE, incentives=[{"category": "OTHER"}]), "electricityContract.incentives"),
        (plan(TIME_OF_USE, greenPowerCharges=[{}]), "electricityContract.greenPowerCharges"),
        (plan(TIME_OF_USE, controlledLoad=[{}]), "electricityContract.controlledLoad"),
        (
            plan(TIME_OF_USE, timeOfUseFeedInTariff=[{}]),
            "electricityContract.timeOfUseFeedInTariff",
        ),
        (plan(TIME_OF_USE, pricingModel="QUOTA"), "electricityContract.pricingModel"),
        (
            with_period(
                timeOfUseRates=[
                    {
                        "rates": [{"unitPrice": "0.4"}],
                        "timeOfUse": [{"days": {**OLD_WEEK, "publicHolidays": True}}],
                    }
                ]
            ),
            f"{PERIOD}.timeOfUseRates[0].timeOfUse[0].days.publicHolidays",
        ),
        (
            plan(
                {**TIME_OF_USE, "endDate": "06-30", "timeZone": "AEST"},
                {**TIME_OF_USE, "startDate": "07-01"},
            ),
            "electricityContract.timeZone",
        ),
        (
            with_period(
                timeOfUseRates=[
                    use("0.4", ([*WEEK, *END], "07:00+10:00", "22:59+10:00")),
                    use("0.2", ([*WEEK, *END], "23:00", "06:59")),
                ]
            ),
            "electricityContract.timeZone",
        ),
        (
            with_period(
                dailySupplyCharge=None,
                dailySupplyChargeType="BAND",
                bandedDailySupplyCharges=[{"unitPrice": "1.1", "measureUnit": "DAYS"}],
            ),
            f"{PERIOD}.bandedDailySupplyCharges",
        ),
        (with_period(demandCharges=[demand(measureUnit="KVA")]), f"{PERIOD}.demandCharges[0]"),
        (with_period(demandCharges=[demand(measureUnit=None)]), f"{PERIOD}.demandCharges[0]"),
        (
            with_period(demandCharges=[demand(chargePeriod="TARIFF_PERIOD")]),
            f"{PERIOD}.demandCharges[0]",
        ),
        (with_period(demandCharges=[demand(minDemand="1.5")]), f"{PERIOD}.demandCharges[0]"),
        (
            with_period(demandCharges=[demand(days=[*WEEK, "PUBLIC_HOLIDAYS"])]),
            f"{PERIOD}.demandCharges[0]",
        ),
        (with_period(demandCharges=[demand(step="1")]), f"{PERIOD}.demandCharges[0].step"),
        (
            plan({"singleRate": stepped(150, None, period="P1M", generalUnitPrice="0.3")}),
            f"{PERIOD}.singleRate.generalUnitPrice",
        ),
        (plan({"singleRate": stepped(10, None)}), f"{PERIOD}.singleRate"),
        (plan({"singleRate": stepped(300, None, period="P3M")}), f"{PERIOD}.singleRate"),
        (
            plan({"singleRate": {"rates": [{"unitPrice": "0.3", "measureUnit": "KVA"}]}}),
            f"{PERIOD}.singleRate",
        ),
        (
            plan(
                {**TIME_OF_USE, "endDate": "06-30"},
                {**TIME_OF_USE, "startDate": "07-01", "dailySupplyCharge": "1.20"},
            ),
            "electricityContract.tariffPeriod",
        ),
        (with_period(singleRate=stepped(None)), f"{PERIOD}.singleRate"),
        (plan(TIME_OF_USE, solarFeedInTariff=[feed_in(), feed_in()]), f"{SOLAR}[1]"),
        (plan(TIME_OF_USE, solarFeedInTariff=[feed_in(endDate="2024-12-31")]), f"{SOLAR}[0]"),
        (plan(TIME_OF_USE, solarFeedInTariff=[feed_in(singleTariff=None)]), f"{SOLAR}[0]"),
        (
            plan(
                TIME_OF_USE,
                solarFeedInTariff=[
                    feed_in(singleTariff={"rates": stepped(0, None)["rates"], "period": "P1D"})
                ],
            ),
            f"{SOLAR}[0]",
        ),
        (
            plan(
                TIME_OF_USE,
                solarFeedInTariff=[varying(("0.1", "10:00", "15:59"), ("0.2", "15:00", "09:59"))],
            ),
            f"{SOLAR}[0]",
        ),
        (
            plan(
                TIME_OF_USE,
                solarFeedInTariff=[varying(("0.04", "00:00", "23:59"), volume=6.85)],
            ),
            f"{SOLAR}[0]",
        ),
        (
            plan(
                TIME_OF_USE,
                solarFeedInTariff=[varying(("0.04", "00:00", "23:59"), measureUnit="DAYS")],
            ),
            f"{SOLAR}[0]",
        ),
        (
            {**plan(TIME_OF_USE)["data"], "meteringCharges": [{"displayName": "Meter"}]},
            "meteringCharges",
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
    [
        {},
        {"data": {"gasContract": {}}},
        plan(),
        plan({"singleRate": {"rates": []}}),
        plan({}),
        plan({"rateBlockUType": "demandCharges", "demandCharges": [demand()]}),
        with_period(timeOfUseRates=[use("0.4", (["WEEKDAYS"], "00:00", "23:59"))]),
        with_period(timeOfUseRates=[use("0.4", (WEEK, "07.00", "2259"))]),
        with_period(timeOfUseRates=[use("0.4", (WEEK, "0700", "2260"))]),
        with_period(timeOfUseRates=[use("0.4", (WEEK, "07:00", "20::59"))]),
        with_period(timeOfUseRates=[use("0.4", (WEEK, 70000, 2259))]),
        with_period(timeOfUseRates=[use("0.4", (WEEK, "07:00", "29:59"))]),
        with_period(startDate="2025-07-01"),
        plan(TIME_OF_USE, solarFeedInTariff=[feed_in(startDate="soon")]),
        plan(TIME_OF_USE, solarFeedInTariff=[feed_in(singleTariff={"rates": []})]),
    ],
)
def test_other_documents_are_malformed(document: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        imported(document)


def test_what_is_wrong_in_a_plan_is_told_without_the_members_that_are_passed_over() -> None:
    wrong = {**TIME_OF_USE, "dailySupplyCharge": "a dollar"}
    with pytest.raises(Malformed) as refused:
        imported(plan(wrong))
    assert [fault.param for fault in refused.value.faults] == ["tariffPeriod[0].dailySupplyCharge"]
