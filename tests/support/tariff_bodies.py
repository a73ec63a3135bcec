"""Tariff bodies as the API takes them: plain ones by hand, and random valid ones."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

MARKET_SOURCE = "mrs_" + "0" * 32
ZONES = (
    ("Europe/London", "GB", "ENG"),
    ("Europe/Berlin", "DE", "BY"),
    ("America/New_York", "US", "NY"),
    ("Australia/Lord_Howe", "AU", "NSW"),
    ("America/Santiago", "CL", None),
    ("Africa/Cairo", "EG", None),
    ("Asia/Kolkata", "IN", "MH"),
    ("Asia/Kolkata", None, None),
)
"""Zone, country and state: clock changes of all kinds, weekends on Friday, no country."""


def hours(*windows: tuple[str, str, Any]) -> list[dict[str, Any]]:
    """Write windows (from, to, price or rate tiers)."""
    return [
        {
            "valid_from": start,
            "valid_to": end,
            "rate": rate if isinstance(rate, list) else [{"value": rate}],
        }
        for start, end, rate in windows
    ]


def entry(*blocks: tuple[str, list[dict[str, Any]]], **more: Any) -> dict[str, Any]:
    """Write an entry from (day, hours) blocks."""
    return {"days_and_hours": [{"days": [day], "hours": own} for day, own in blocks], **more}


def flat(rate: Any) -> list[dict[str, Any]]:
    """Write a schedule with one price around the clock."""
    return [entry(("All", hours(("00:00", "00:00", rate))))]


def body(schedule: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Write an import tariff for the years 2024 to 2026."""
    return {
        "direction": "IMPORT",
        "type": "COMMODITY",
        "contract_start_date": "2024-01-01",
        "contract_end_date": "2027-01-01",
        "schedule": schedule,
        **more,
    }


_prices = st.decimals(min_value="-0.5", max_value="2", places=5).map(float)
_surcharged = st.fixed_dictionaries(
    {},
    optional={
        "surcharge_fixed": st.decimals(min_value="-0.05", max_value="0.3", places=4).map(float),
        "surcharge_percentage": st.sampled_from([0.0, 0.05, -0.1, 0.5]),
    },
)
_formulas = st.sampled_from(
    [
        "0.001 * $m + 0.02",
        "max(0, $m) * $scale * (1 + $tax)",
        "min(0.4, abs($m / 1000 - 0.01) ** 2 + 0.1)",
        "round($m / 1000, 3) - -0.01",
        "floor($m) / 1000 + ceil($m / 7) / 1000",
    ]
).map(lambda text: {"value": text, "variables": {"m": "X", "scale": 0.001, "tax": 0.12}})


@st.composite
def _rates(draw: st.DrawFn, *, market: bool) -> list[dict[str, Any]]:
    kinds = [_prices.map(lambda price: {"value": price})]
    if market:
        kinds += [_surcharged, _formulas]
    tiers = [dict(draw(st.one_of(kinds))) for _ in range(draw(st.integers(1, 3)))]
    for number, tier in enumerate(tiers[:-1]):
        tier["to_kwh"] = (number + 1) * draw(st.sampled_from([50, 100, 300]))
    if len(tiers) == 3 and tiers[1]["to_kwh"] <= tiers[0]["to_kwh"]:
        tiers[1]["to_kwh"] = tiers[0]["to_kwh"] + 10
    return tiers


@st.composite
def _day(draw: st.DrawFn, *, market: bool) -> list[dict[str, Any]]:
    """Windows that cover a day once: cuts in quarter hours, the last wrapping to the first."""
    cuts = sorted(draw(st.sets(st.integers(0, 95), min_size=1, max_size=5)))
    times = [f"{cut // 4:02}:{cut % 4 * 15:02}:00" for cut in cuts]
    ends = [*times[1:], times[0]]
    rates = [draw(_rates(market=market)) for _ in cuts]
    return hours(*zip(times, ends, rates, strict=True))


_SPECIAL = st.lists(
    st.one_of(
        st.integers(1, 31),
        st.sampled_from(["Holidays", "12-25", "02-29", "12-31", "01-01", "03-30", "10-26"]),
        st.dates(min_value=date(2024, 1, 1), max_value=date(2026, 12, 31)).map(str),
    ),
    min_size=1,
    max_size=4,
)
_WEEKS = (("All",), ("Weekdays", "Weekends"), ("Weekday", "Weekend"))
_SEASONS = (
    (["All"],),
    (["Apr", "May", "Jun", "Jul", "Aug", "Sep"], ["Oct", "Nov", "Dec", "Jan", "Feb", "Mar"]),
)


@st.composite
def bodies(draw: st.DrawFn, *, market: bool = True) -> dict[str, Any]:
    """Draw a valid tariff body, with or without parts that follow the market."""
    schedule = []
    for months in draw(st.sampled_from(_SEASONS)):
        week = draw(st.sampled_from(_WEEKS))
        blocks = [(days, draw(_day(market=market))) for days in week]
        schedule.append(entry(*blocks, months=months))
    if draw(st.booleans()):
        schedule.append(entry(("All", draw(_day(market=market))), dates=draw(_SPECIAL)))
    limits = draw(st.sampled_from([{}, {"cap_per_kwh": 0.35}, {"floor_per_kwh": 0.0}]))
    tax = draw(st.sampled_from([{}, {"vat": 0.2}, {"vat": 0.19, "vat_included": False}]))
    market_part = {"market_rates": True, "market_source_id": MARKET_SOURCE} if market else {}
    return body(draw(st.permutations(schedule)), **limits, **tax, **market_part)


EVERYTHING: dict[str, Any] = {
    "direction": "IMPORT",
    "type": "COMMODITY",
    "contract_start_date": "2026-01-01",
    "contract_end_date": "2027-01-01T00:00:00+01:00",
    "billing_day": 12,
    "billing_periods": ["2026-02-10", "2026-03-13"],
    "demand_window_minutes": 15,
    "clock": "+01:00",
    "holidays": {
        "calendar": "NATIONAL",
        "only": ["01-01", "Koningsdag", "EASTER+1"],
        "add": ["2026-05-05", "MAY-MON-LAST"],
        "remove": ["EASTER+1"],
        "observed": "NEXT_WORKDAY",
    },
    "currency_conversion": 11.5,
    "display_name": "Day & night",
    "schedule": [
        {
            "months": ["All"],
            "dates": [],
            "days_and_hours": [
                {
                    "days": ["Weekdays"],
                    "hours": [
                        {
                            "valid_from": "07:00:00",
                            "valid_to": "23:00:00",
                            "rate": [{"value": 0.1934, "to_kwh": 300.0}, {"value": 0.2210}],
                        },
                        {
                            "valid_from": "23:00:00",
                            "valid_to": "07:00:00",
                            "rate": [{"value": 0.15}],
                        },
                    ],
                },
                {
                    "days": ["Weekends"],
                    "hours": [
                        {
                            "valid_from": "00:00:00",
                            "valid_to": "00:00:00",
                            "rate": [{"value": 0.12}],
                        }
                    ],
                },
            ],
        }
    ],
    "market_rates": False,
    "vat": 0.21,
    "vat_included": False,
    "tier_reset": "YEAR",
    "tier_scope": "PERIOD",
    "cap_per_kwh": 0.4,
    "floor_per_kwh": 0.0,
    "charges": [
        {"kind": "DAILY", "name": "standing charge", "amount": 0.53},
        {
            "kind": "DEMAND",
            "name": "peaks",
            "amount_per_kw": 4.5,
            "window_minutes": 15,
            "reset": "MONTH",
            "schedule": [
                {
                    "months": ["All"],
                    "dates": [],
                    "days_and_hours": [
                        {
                            "days": ["Weekdays"],
                            "hours": [{"valid_from": "17:00:00", "valid_to": "20:00:00"}],
                        }
                    ],
                }
            ],
        },
    ],
    "metadata": {"contract": "A-1"},
}
"""A tariff for 2026 that says something of every field."""
