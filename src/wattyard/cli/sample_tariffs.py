"""The sample fleet's tariffs, one of each kind, and a generated day-ahead market.

Of every ten sites one has a fixed price, one a fixed price with a demand charge, one a day and
night tariff, one such a tariff by seasons, two the market's price with a surcharge and a grid fee,
two tiers, and two a day and night tariff with a feed-in tariff. A site whose currency is not the
market's has a day and night tariff instead. Some sites have none, and one has a tariff that is
about to end.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from wattyard.cli.sample_fleet import SHOWN_SITE
from wattyard.kernel import civil
from wattyard.tariffs.domain.sources import MarketPrice

Json = dict[str, Any]

MARKET_CODE: Final = "SAMPLE_DAY_AHEAD"
LATE_CODE: Final = "SAMPLE_INTRADAY"
MARKET: Final[Json] = {
    "code": MARKET_CODE,
    "currency_code": "EUR",
    "unit": "MWH",
    "timezone": "Europe/Amsterdam",
    "display_name": "Generated sample market",
    "resolution_minutes": 60,
    "publishes_at": "12:55",
}
LATE_MARKET: Final[Json] = {
    **MARKET,
    "code": LATE_CODE,
    "display_name": "Generated sample market that has stopped publishing",
    "publishes_at": "15:00",
}
_SEED: Final = 20260202
_DAYS_BACK: Final = 62
_PEAK: Final = {"EUR": 0.31, "GBP": 0.27, "USD": 0.22, "SEK": 2.1, "NOK": 1.6, "PLN": 1.1}
_OTHER_PEAK: Final = 0.3
_WITHOUT: Final = 50
"""Each site of so many has no tariff."""
ENDING_SITE: Final = 11
_ENDS_IN: Final = timedelta(days=5)


def market_prices(now: datetime) -> Iterator[MarketPrice]:
    """Generate hourly prices from 62 days ago to tomorrow; an hour always has the same price."""
    zone = civil.zone(MARKET["timezone"])
    first = civil.date_at(now, zone) - timedelta(days=_DAYS_BACK)
    start = civil.start_of_day(first, zone)
    end = civil.start_of_day(civil.date_at(now, zone) + timedelta(days=2), zone)
    hour = timedelta(hours=1)
    for number in range((end - start) // hour):
        at = start + number * hour
        yield MarketPrice(at, at + hour, _eur_per_mwh(at))


def late_prices(now: datetime) -> tuple[list[MarketPrice], list[MarketPrice]]:
    """Generate ten days of hourly prices that end two days ago, and those that correct some.

    Three hours in them are missing.
    """
    zone = civil.zone(MARKET["timezone"])
    today = civil.date_at(now, zone)
    start, end, gap = (
        civil.start_of_day(today - timedelta(days=days), zone) for days in (12, 2, 7)
    )
    hour = timedelta(hours=1)
    first = [
        MarketPrice(at, at + hour, round(_eur_per_mwh(at) * 0.97, 2))
        for at in (start + number * hour for number in range((end - start) // hour))
        if not gap <= at < gap + 3 * hour
    ]
    corrected = [replace(one, value=round(one.value + 1.5, 2)) for one in first[24:48]]
    return first, corrected


def _eur_per_mwh(at: datetime) -> float:
    """Two peaks a day, cheap noons in summer, and wind that differs from day to day."""
    local = at.astimezone(civil.zone(MARKET["timezone"]))
    hour = local.hour
    random_ = random.Random(f"{_SEED} {at.isoformat()}")  # noqa: S311 (sample data, not secrets)
    wind = random.Random(f"{_SEED} {local.date()}").uniform(-30, 30)  # noqa: S311
    summer = 0.5 - 0.5 * math.cos(2 * math.pi * (local.timetuple().tm_yday - 10) / 365)
    peaks = 55 * math.exp(-(((hour - 8) / 2.2) ** 2)) + 80 * math.exp(-(((hour - 19) / 2.6) ** 2))
    noon = (25 + 75 * summer) * math.exp(-(((hour - 13) / 2.8) ** 2))
    return round(75 + peaks - noon + wind + random_.uniform(-6, 6), 2)


def sample_tariffs(
    number: int, location_id: str, currency_code: str, market_id: str, today: date
) -> list[Json]:
    """Generate the bodies of `POST /tariffs` for the sample site with this number (from 1)."""
    if number % _WITHOUT == 0:
        return []
    kind = number % 10
    if kind in (3, 8) and currency_code != MARKET["currency_code"]:
        kind = 2
    peak = _PEAK.get(currency_code, _OTHER_PEAK)
    common = {
        "location_id": location_id,
        "contract_start_date": f"{today.year - 2}-01-01",
        "contract_end_date": f"{today.year + 2}-01-01",
        "metadata": {"sample": "true"},
    }
    if number == ENDING_SITE:
        common["contract_end_date"] = (today + _ENDS_IN).isoformat()
    made = _KINDS[kind](peak, market_id)
    if number == SHOWN_SITE:
        made += [_feed_in(peak)]
    return [{**common, **body} for body in made]


def follow_on(body: Json, today: date, ended: date) -> Json:
    """Make a tariff that was about to end, and has, go on from there for some days more."""
    end = (today + _ENDS_IN).isoformat()
    return {**body, "contract_start_date": ended.isoformat(), "contract_end_date": end}


def _import(name: str, schedule: list[Json], **more: Any) -> Json:  # noqa: ANN401 (JSON values)
    return {
        "direction": "IMPORT",
        "type": "COMMODITY",
        "display_name": name,
        "schedule": schedule,
        **more,
    }


def _all_day(rate: Json | list[Json]) -> list[Json]:
    return [_hours(("00:00", "00:00", rate))]


def _hours(*windows: tuple[str, str, Json | list[Json]], days: str = "All", **more: Any) -> Json:  # noqa: ANN401
    hours = [
        {"valid_from": start, "valid_to": end, "rate": rate if isinstance(rate, list) else [rate]}
        for start, end, rate in windows
    ]
    return {"days_and_hours": [{"days": [days], "hours": hours}], **more}


def _fixed(peak: float, _: str) -> list[Json]:
    standing = {"kind": "DAILY", "amount": round(peak * 1.5, 2), "name": "standing charge"}
    return [_import("Fixed", _all_day({"value": round(peak * 0.8, 4)}), charges=[standing])]


def _day_and_night(peak: float, _: str) -> list[Json]:
    day, night = {"value": peak}, {"value": round(peak * 0.55, 4)}
    weekend = _hours(("00:00", "00:00", night), days="Weekends")
    week = _hours(("07:00", "23:00", day), ("23:00", "07:00", night), days="Weekdays")
    holidays = {**_hours(("00:00", "00:00", night)), "dates": ["Holidays"]}
    return [_import("Day and night", [week, weekend, holidays])]


def _market(peak: float, market_id: str) -> list[Json]:
    follows = {"surcharge_fixed": 0.018, "surcharge_percentage": 0.03}
    grid = _hours(
        ("17:00", "21:00", {"value": 0.11}),
        ("21:00", "06:00", {"value": 0.032}),
        ("06:00", "17:00", {"value": 0.065}),
    )
    return [
        _import(
            "Hourly market",
            _all_day(follows),
            market_rates=True,
            market_source_id=market_id,
            vat=0.21,
            vat_included=False,
        ),
        {**_import("Grid fee", [grid], vat=0.21, vat_included=False), "type": "NON_COMMODITY"},
    ]


def _tiered(peak: float, _: str) -> list[Json]:
    tiers = [
        {"value": round(peak * 0.6, 4), "to_kwh": 250},
        {"value": round(peak * 0.85, 4), "to_kwh": 600},
        {"value": round(peak * 1.1, 4)},
    ]
    return [_import("Tiered", _all_day(tiers))]


def _selling(peak: float, _: str) -> list[Json]:
    return [*_day_and_night(peak, _), _feed_in(peak)]


def _feed_in(peak: float) -> Json:
    sold = _import("Feed-in", _all_day({"value": round(peak * 0.25, 4)}))
    return {**sold, "direction": "EXPORT"}


def _with_demand(peak: float, _: str) -> list[Json]:
    """A fixed price, and a charge for the highest quarter of an hour of working days."""
    days: Json = {"days_and_hours": [{"days": ["Weekdays"], "hours": [_span("07:00", "21:00")]}]}
    demand = {
        "kind": "DEMAND",
        "amount_per_kw": round(peak * 14, 2),
        "window_minutes": 15,
        "minimum_kw": 2.5,
        "name": "capacity",
        "schedule": [days],
    }
    return [
        _import("Fixed with capacity", _all_day({"value": round(peak * 0.7, 4)}), charges=[demand])
    ]


def _seasons(peak: float, _: str) -> list[Json]:
    """Dear winter evenings, cheap summer noons."""
    night, day = {"value": round(peak * 0.55, 4)}, {"value": round(peak * 0.85, 4)}
    noon, evening = {"value": round(peak * 0.3, 4)}, {"value": round(peak * 1.35, 4)}
    winter = _hours(("06:00", "16:00", day), ("16:00", "21:00", evening), ("21:00", "06:00", night))
    summer = _hours(("06:00", "11:00", day), ("11:00", "16:00", noon), ("16:00", "06:00", day))
    return [
        _import(
            "Summer and winter",
            [
                {**winter, "months": ["Oct", "Nov", "Dec", "Jan", "Feb", "Mar"]},
                {**summer, "months": ["Apr", "May", "Jun", "Jul", "Aug", "Sep"]},
            ],
        )
    ]


def _span(start: str, end: str) -> Json:
    return {"valid_from": start, "valid_to": end}


_KINDS: Final = {
    0: _selling,
    1: _fixed,
    2: _day_and_night,
    3: _market,
    4: _tiered,
    5: _selling,
    6: _with_demand,
    7: _seasons,
    8: _market,
    9: _tiered,
}
