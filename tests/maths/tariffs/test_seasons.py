"""The ordinary weeks of a tariff by season, and the days that are unlike them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
import pytest

from tests.support.tariff_bodies import entry, flat, hours
from wattyard.kernel.clock_changes import HOUR_US
from wattyard.platform.decoding import convert
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.samples import Sample, sample
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.wire.rules import judged_rules
from wattyard.tariffs.wire.tariffs import TariffBody, contract_draft

NOW = datetime(2026, 2, 10, 12, tzinfo=UTC)
DAY = ("All", hours(("07:00", "23:00", 0.3), ("23:00", "07:00", 0.2)))


def sampled(schedule: Sequence[object], zone: str = "Europe/Berlin", **fields: object) -> Sample:
    region = CalendarRegion(zone, "DE", "BE")
    body = convert(
        {
            "location_id": "loc_" + "0" * 32,
            "direction": "IMPORT",
            "type": "COMMODITY",
            "contract_start_date": "2026-01-01",
            "contract_end_date": None,
            "schedule": schedule,
            **fields,
        },
        TariffBody,
    )
    tariff = judged_rules(contract_draft(body).rules, region)
    return sample(tariff, region, markets=Markets({}, NOW))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/Santiago"])
def test_a_tariff_without_seasons_has_one_and_no_special_days(zone: str) -> None:
    found = sampled([entry(DAY)], zone)

    (season,) = found.seasons
    assert season.months == tuple(range(1, 13))
    assert len(set(season.week)) == 1
    pattern = season.week[0]
    assert pattern is not None
    assert [(start // HOUR_US, price) for start, price in pattern] == [
        (0, 0.2),
        (7, 0.3),
        (23, 0.2),
    ]
    assert found.special_days == ()


def test_months_alike_are_one_season_and_weekends_have_their_days() -> None:
    summer = ["May", "Jun", "Jul", "Aug"]
    winter = ["Jan", "Feb", "Mar", "Apr", "Sep", "Oct", "Nov", "Dec"]
    found = sampled(
        [
            entry(("Weekdays", hours(("00:00", "00:00", 0.3))),
                  ("Weekends", hours(("00:00", "00:00", 0.1))), months=summer),
            entry(("All", hours(("00:00", "00:00", 0.4))), months=winter),
        ]
    )  # fmt: skip

    prices = {season.months: [day[0][1] for day in season.week if day] for season in found.seasons}
    assert prices == {
        (5, 6, 7, 8): [0.3] * 5 + [0.1] * 2,
        (1, 2, 3, 4, 9, 10, 11, 12): [0.4] * 7,
    }


def test_days_unlike_the_ordinary_ones_are_special_and_clock_changes_are_not() -> None:
    found = sampled([entry(DAY), entry(("All", hours(("00:00", "00:00", 0.1))), dates=["12-24"])])

    assert [day.day for day in found.special_days] == [date(2026, 12, 24)]
    (special,) = found.special_days
    assert special.per_kwh.tolist() == [0.1]
    assert (special.edges_us[-1] - special.edges_us[0]) // HOUR_US == 24
    assert len(found.seasons) == 1


def test_weekdays_that_a_short_term_does_not_have_are_left_out() -> None:
    found = sampled(flat(0.25), contract_start_date="2026-02-10", contract_end_date="2026-02-13")

    (season,) = found.seasons
    assert season.months == (2,)
    assert [day is not None for day in season.week] == [False, True, True, True] + [False] * 3


def test_prices_that_follow_a_market_have_no_seasons_though_they_are_forecast() -> None:
    market = [{"surcharge_fixed": 0.02}]
    found = sampled(
        [entry(("All", [{"valid_from": "00:00", "valid_to": "00:00", "rate": market}]))],
        market_rates=True,
        market_source_id="mrs_" + "0" * 32,
    )

    assert (found.seasons, found.special_days) == ((), ())
    assert np.isnan(found.week[0].per_kwh).all()
