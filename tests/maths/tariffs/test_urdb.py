"""URDB rates: real ones give the recorded bills of NREL PySAM; unsupported parts are named."""

import csv
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.foreign_documents import urdb
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import Malformed
from wattyard.sites.domain.netting import Netting
from wattyard.tariffs.adapters.imports import ContractDates
from wattyard.tariffs.adapters.urdb import tariffs_from_urdb
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.charges import StandingCharge
from wattyard.tariffs.domain.demand import DemandCharge, PricePerKw, counted
from wattyard.tariffs.domain.expand import expand
from wattyard.tariffs.domain.refusals import UnsupportedComponent
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Tariff
from wattyard.tariffs.domain.tiers import Consumed, CountedEnergy, split
from wattyard.tariffs.wire.rules import tariff_from_json

HOUR_US = 3_600_000_000
STEADY = CalendarRegion("Etc/GMT+8", "US")
"""The recorded bills know no clock changes."""
YEAR = ContractDates("2018-01-01", "2019-01-01")


def imported(document: dict[str, Any]) -> Tariff:
    made = tariffs_from_urdb(document, contract=YEAR, allow_partial=False)
    (body,) = made.bodies
    body.pop("display_name")
    return tariff_from_json(body, STEADY)


class Year:
    """A year of hourly loads under a tariff."""

    def __init__(self, tariff: Tariff, load_kw: np.ndarray) -> None:
        self.tariff = tariff
        self.load_kw = load_kw
        zone = STEADY.zone
        span = Span(datetime(2018, 1, 1, tzinfo=zone), datetime(2019, 1, 1, tzinfo=zone))
        self.starts = microseconds(span.start) + np.arange(8760) * HOUR_US
        days = (np.datetime64("2018-01-01") + np.arange(365)).astype("datetime64[M]")
        self.month = np.repeat(days.astype(np.int64) % 12, 24)
        rates = tariff.rates
        series = expand(
            tariff, STEADY, span, markets=Markets({}, span.start), tiers=rates.all_tiers
        )
        place = np.searchsorted(series.edges_us, self.starts, side="right") - 1
        metered = CountedEnergy(load_kw, series.window[place], self.month)
        energy = split(rates.to_kwh, tariff.tiering.scope, metered, Consumed())
        prices = np.nan_to_num(series.per_kwh[:, place].T)
        self.energy_cost = (energy * prices).sum(axis=1)

    def monthly_energy(self) -> list[float]:
        return [self.energy_cost[self.month == month].sum() for month in range(12)]

    def monthly_demand(self, *, everywhere: bool) -> list[float]:
        total = np.zeros(12)
        for charge in self.tariff.charges:
            if isinstance(charge, DemandCharge) and (charge.filter is None) == everywhere:
                marks = counted(charge.filter, STEADY, self.starts)
                for month in range(12):
                    peak = self.load_kw[marks & (self.month == month)].max(initial=0.0)
                    assert isinstance(charge.price, PricePerKw)
                    total[month] += charge.price.amount_per_kw * peak
        return list(total)

    def monthly_fixed(self) -> float:
        return sum(
            charge.amount
            for charge in self.tariff.charges
            if isinstance(charge, StandingCharge) and charge.kind == "MONTHLY"
        )


def load_of(path: Path) -> np.ndarray:
    with gzip.open(path, "rt") as lines:
        return np.array([float(row[0]) for row in csv.reader(lines)])


@pytest.mark.parametrize("case_number", [0, 1])
def test_the_recorded_bills_come_out_to_the_cent(shared_data: Path, case_number: int) -> None:
    case = json.loads((shared_data / "urdb_bills_pysam.json").read_text())["cases"][case_number]
    document = json.loads((shared_data / case["inputs"]["tariff"]).read_text())

    year = Year(imported(document), load_of(shared_data / case["inputs"]["load"]))

    expected = case["expected"]
    assert year.monthly_energy() == pytest.approx(expected["monthly_energy"], abs=0.01)
    assert year.monthly_demand(everywhere=False) == pytest.approx(
        expected["monthly_demand_tou"], abs=0.01
    )
    assert year.monthly_demand(everywhere=True) == pytest.approx(
        expected["monthly_demand_flat"], abs=0.01
    )
    assert [year.monthly_fixed()] * 12 == pytest.approx(expected["monthly_fixed"], abs=0.01)


def rate(**more: Any) -> dict[str, Any]:
    return {
        "label": "made up",
        "energyratestructure": [[{"rate": 0.1, "unit": "kWh"}], [{"rate": 0.2, "adj": 0.01}]],
        "energyweekdayschedule": [[0] * 7 + [1] * 13 + [0] * 4] * 12,
        "energyweekendschedule": [[0] * 24] * 12,
        **more,
    }


def test_hours_of_a_period_become_windows_and_wrap_over_midnight() -> None:
    (body,) = tariffs_from_urdb(rate(), contract=YEAR, allow_partial=False).bodies

    (entry,) = body["schedule"]
    weekdays, weekends = entry["days_and_hours"]
    assert [(own["valid_from"], own["valid_to"]) for own in weekdays["hours"]] == [
        ("20:00:00", "07:00:00"),
        ("07:00:00", "20:00:00"),
    ]
    assert [own["rate"] for own in weekdays["hours"]] == [[{"value": 0.1}], [{"value": 0.21}]]
    assert weekends["hours"][0]["valid_from"] == weekends["hours"][0]["valid_to"] == "00:00:00"


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ({"mincharge": 12.0, "minchargeunits": "$/year"}, "mincharge"),
        ({"mincharge": 12.0, "minmonthlycharge": 9.0}, "mincharge"),
        ({"annualmincharge": 120.0}, "annualmincharge"),
        ({"coincidentratestructure": [[{"rate": 3}]]}, "coincidentratestructure"),
        ({"fixedchargefirstmeter": 3.0, "fixedchargeunits": "$/kVA"}, "fixedchargeunits"),
        (
            {"flatdemandstructure": [[{"rate": 1}]], "flatDemandUnits": "kVA"},
            "flatdemandstructure[0]",
        ),
        (
            {
                "energyratestructure": [
                    [{"rate": 0.1, "max": 5, "unit": "kWh/kVA"}, {"rate": 1, "unit": "kWh/kVA"}],
                    [{"rate": 0.2}],
                ]
            },
            "energyratestructure[0]",
        ),
        (
            {"energyratestructure": [[{"rate": 0.1, "sell": 0.05}], [{"rate": 1}]]},
            "energyratestructure[0][0].sell",
        ),
        (
            {"energyratestructure": [[{"rate": 0.1, "lookback": 5}], [{"rate": 1}]]},
            "energyratestructure.lookback",
        ),
    ],
)
def test_what_the_grammar_cannot_say_is_refused_by_name_and_left_out_on_request(
    part: dict[str, Any], named: str
) -> None:
    with pytest.raises(UnsupportedComponent) as refused:
        tariffs_from_urdb(rate(**part), contract=YEAR, allow_partial=False)
    assert named in [fault.param for fault in refused.value.faults]

    made = tariffs_from_urdb(rate(**part), contract=YEAR, allow_partial=True)
    (body,) = made.bodies
    body.pop("display_name")
    assert tariff_from_json(body, STEADY)
    assert named in [warning.param for warning in made.warnings]


def test_net_metering_is_noted_and_not_refused() -> None:
    made = tariffs_from_urdb(rate(dgrules="Net Metering"), contract=YEAR, allow_partial=False)

    assert [(warning.code, warning.param) for warning in made.warnings] == [
        ("not_priced", "dgrules")
    ]


def test_twelve_zeros_nulls_and_labels_charge_nothing_and_are_not_refused() -> None:
    nothing = rate(
        demandratchetpercentage=[0] * 12,
        fueladjustmentsmonthly=[0.0] * 12,
        lookbackmonths=[False] * 12,
        mincharge=0,
        minchargeunits="$/month",
        energytoulabels=["Off-peak", "Peak"],
        flatdemandstructure=None,
        fixedmonthlycharge=None,
    )

    assert tariffs_from_urdb(nothing, contract=YEAR, allow_partial=False).warnings == ()


def test_a_monthly_ratchet_of_demand_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedComponent, match="demandratchetpercentage"):
        tariffs_from_urdb(
            rate(demandratchetpercentage=[0.35] * 12), contract=YEAR, allow_partial=False
        )


@pytest.mark.parametrize(
    "hour",
    [pytest.param(0, id="UTC"), pytest.param(6, id="Mountain"), pytest.param(7, id="Pacific")],
)
def test_dates_are_days_whichever_midnight_they_are_written_with_and_the_last_is_one(
    hour: int,
) -> None:
    first, last = datetime(2025, 5, 1, hour, tzinfo=UTC), datetime(2026, 10, 31, hour, tzinfo=UTC)
    document = rate(startdate=int(first.timestamp()), enddate=int(last.timestamp()))

    (body,) = tariffs_from_urdb(document, contract=ContractDates(), allow_partial=False).bodies

    assert (body["contract_start_date"], body["contract_end_date"]) == ("2025-05-01", "2026-11-01")


# Shapes that only some rates have.


def rate_of(**more: Any) -> dict[str, Any]:
    """The one body of a made-up rate of two periods."""
    (body,) = tariffs_from_urdb(urdb(**more), contract=YEAR, allow_partial=False).bodies
    return body


def tiers_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    first: list[dict[str, Any]] = body["schedule"][0]["days_and_hours"][0]["hours"][0]["rate"]
    return first


@pytest.mark.parametrize(
    ("unit", "field"),
    [
        ("kWh", "to_kwh"),
        (None, "to_kwh"),
        ("kWh daily", "to_kwh_per_day"),
        ("kWh/kW", "to_kwh_per_kw"),
    ],
)
def test_a_limit_is_of_the_month_of_its_days_or_of_its_peak(unit: str | None, field: str) -> None:
    steps = [{"rate": 0.1, "max": 10, "unit": unit}, {"rate": 0.2, "unit": unit}]
    if unit is None:
        steps = [{"rate": 0.1, "max": 10}, {"rate": 0.2}]

    body = rate_of(energyratestructure=[steps, [{"rate": 0.3}]])

    assert (body["tier_reset"], body["tier_scope"]) == ("MONTH", "SHARED")
    assert tiers_of(body) == [{"value": 0.1, field: 10}, {"value": 0.2}]


def test_limits_of_an_unknown_unit_are_refused_by_the_period_they_are_in() -> None:
    steps = [{"rate": 0.1, "max": 10, "unit": "kWh/kW daily"}, {"rate": 0.2}]
    rate = urdb(energyratestructure=[steps, [{"rate": 0.3}]])

    with pytest.raises(UnsupportedComponent) as refused:
        tariffs_from_urdb(rate, contract=YEAR, allow_partial=False)
    assert [fault.param for fault in refused.value.faults] == ["energyratestructure[0]"]
    (body,) = tariffs_from_urdb(rate, contract=YEAR, allow_partial=True).bodies
    assert tiers_of(body) == [{"value": 0.1}]


@pytest.mark.parametrize(
    ("part", "charge"),
    [
        ({"mincharge": 12}, {"amount": 12, "per": "MONTH"}),
        ({"mincharge": 0.4, "minchargeunits": "$/day"}, {"amount": 0.4, "per": "DAY"}),
        ({"minmonthlycharge": 10.0}, {"amount": 10, "per": "MONTH"}),
        ({"minmonthlycharge": 0.0}, None),
    ],
)
def test_the_least_that_a_bill_asks_for_is_kept(part: dict[str, Any], charge: Any) -> None:
    assert rate_of(**part).get("minimum_charge") == charge


def test_demand_in_tiers_is_kept() -> None:
    tiers = [{"rate": 1, "adj": 0.5, "max": 10}, {"rate": 2}]

    (charge,) = (
        one
        for one in rate_of(
            flatdemandstructure=[tiers], flatdemandmonths=[0] * 12, flatdemandunit="kW"
        )["charges"]
        if one["kind"] == "DEMAND"
    )

    assert charge["tiers"] == [{"amount_per_kw": 1.5, "to_kw": 10}, {"amount_per_kw": 2}]
    assert "amount_per_kw" not in charge


def test_a_tier_of_demand_without_an_end_before_another_is_refused() -> None:
    with pytest.raises(Malformed) as refused:
        rate_of(flatdemandstructure=[[{"rate": 1}, {"rate": 2}]], flatdemandmonths=[0] * 12)

    assert refused.value.first.param == "flatdemandstructure[0][0]"


@pytest.mark.parametrize(
    "written", ["2017-01-01 00:00:00", "2017-01-01", 1483228800, 1483228800.0, "1483228800"]
)
def test_dates_are_read_in_every_way_that_rates_are_published(written: object) -> None:
    rate = urdb(startdate=written, enddate="2017-12-31 00:00:00")

    (body,) = tariffs_from_urdb(rate, contract=ContractDates(), allow_partial=False).bodies

    assert body["contract_start_date"] == "2017-01-01"
    assert body["contract_end_date"] == "2018-01-01"


def test_the_last_day_of_the_calendar_is_no_end() -> None:
    rate = urdb(enddate="9999-12-31")

    (body,) = tariffs_from_urdb(rate, contract=ContractDates(), allow_partial=False).bodies

    assert body["contract_end_date"] == "2100-01-01"


def test_a_date_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(Malformed) as refused:
        tariffs_from_urdb(urdb(startdate="soon"), contract=YEAR, allow_partial=False)

    assert refused.value.first.param == "startdate"


def test_whole_numbers_may_have_a_fraction_of_zero() -> None:
    day = [0.0] * 16 + [1.0] * 8

    body = rate_of(energyweekdayschedule=[day] * 12, energyweekendschedule=[[0.0] * 24] * 12)

    assert (
        body["schedule"]
        == rate_of(
            energyweekdayschedule=[[0] * 16 + [1] * 8] * 12, energyweekendschedule=[[0] * 24] * 12
        )["schedule"]
    )


def test_periods_that_are_no_whole_numbers_are_refused() -> None:
    with pytest.raises(Malformed):
        rate_of(energyweekdayschedule=[[0.5] * 24] * 12)


@pytest.mark.parametrize(
    ("rules", "netting"),
    [
        ({"dgrules": "Net Metering"}, Netting("MONTH", "CARRY")),
        ({"dgrules": "Net Billing Hourly"}, Netting("HOUR")),
        ({"dgrules": "Net Billing Instantaneous"}, None),
        ({"dgrules": "Buy All Sell All"}, None),
        ({"usenetmetering": True}, Netting("MONTH", "CARRY")),
        ({"usenetmetering": False}, None),
        ({"dgrules": "Buy All Sell All", "usenetmetering": ""}, None),
        ({}, None),
    ],
)
def test_what_exports_are_credited_becomes_netting_where_the_rate_says_so(
    rules: dict[str, Any], netting: Netting | None
) -> None:
    made = tariffs_from_urdb(urdb(**rules), contract=YEAR, allow_partial=False)

    assert made.netting == netting
    told = [name for name, value in rules.items() if value]
    assert [fault.param for fault in made.warnings] == told


@pytest.mark.parametrize("said", ["FALSE", "No", "0", 0.0, False])
def test_net_metering_that_is_denied_nets_nothing(said: object) -> None:
    made = tariffs_from_urdb(urdb(usenetmetering=said), contract=YEAR, allow_partial=False)

    assert (made.netting, made.warnings) == (None, ())


def test_dgrules_decide_beside_the_older_member() -> None:
    rate = urdb(dgrules="Buy All Sell All", usenetmetering=True)

    assert tariffs_from_urdb(rate, contract=YEAR, allow_partial=False).netting is None
