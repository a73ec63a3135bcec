"""What tariffs say in words: their kinds, months and rates."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from htpy import Node

from wattyard.people.domain import Role
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.visit import Visit

DIRECTIONS: Final = {
    "IMPORT": "bought from the grid",
    "EXPORT": "sold to the grid",
    "LOCAL": "own generation",
}
TYPES: Final = {"COMMODITY": "energy", "NON_COMMODITY": "network fees and levies"}
CONNECTIONS: Final = {
    "DIRECT": "read from the supplier",
    "MARKET": "follows a market",
    "LIBRARY": "from the library",
    "MANUAL": "entered by hand or sent to the API",
}
RESETS: Final = {
    "DAY": "each local day",
    "MONTH": "each billing month",
    "YEAR": "each year",
    "CONTRACT": "with the contract",
}
SCOPES: Final = {
    "TARIFF": "one count for the tariff",
    "PERIOD": "a count for each entry of hours",
    "SHARED": "one count, shared among the entries of hours",
}
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def link_button(visit: Visit, location_id: str) -> Node:
    """Lead to the form that links a tariff to a location; nothing for who may not."""
    if not visit.may(Role.DEVELOPER):
        return None
    link = visit.link("/tariffs/new", location=location_id)
    return parts.button("Link a tariff", link, main=True)


def kind_of(tariff: Mapping[str, Any]) -> str:
    """Say what a tariff prices: energy bought from the grid, say."""
    return f"{TYPES[tariff['type']]}, {DIRECTIONS[tariff['direction']]}"


def months_text(months: Sequence[str]) -> str:
    """Write months as ranges, over the turn of the year too: Oct to Mar."""
    if len(months) == len(MONTHS) or "All" in months:
        return "All year"
    numbers = sorted(MONTHS.index(month) for month in months)
    firsts = [n for n in numbers if (n - 1) % len(MONTHS) not in numbers]
    return ", ".join(_range(first, numbers) for first in firsts)


def _range(first: int, numbers: Sequence[int]) -> str:
    last = first
    while (last + 1) % len(MONTHS) in numbers:
        last = (last + 1) % len(MONTHS)
    return MONTHS[first] if last == first else f"{MONTHS[first]} to {MONTHS[last]}"


def rate_text(rate: Mapping[str, Any], form: Formats, currency_code: str) -> str:
    """Say the price of a tier: a number, a formula, or what is added to the market's price."""
    value = rate.get("value", rate.get("fixed"))
    if isinstance(value, int | float):
        return form.rate(value, currency_code)
    if isinstance(value, str):
        return f"by the formula {value}"
    text = "the market’s price"
    surcharge = rate.get("surcharge_fixed")
    if surcharge:
        sign = "−" if surcharge < 0 else "+"
        text += f" {sign} {form.rate(abs(surcharge), currency_code)}"
    if rate.get("surcharge_percentage"):
        text += f", × {form.number(1 + rate['surcharge_percentage'], digits=4)}"
    return text


def limit_text(rate: Mapping[str, Any], form: Formats) -> str:
    """Say how far a tier goes."""
    for name, unit in (
        ("to_kwh", "kWh"),
        ("to_kwh_per_day", "kWh a day"),
        ("to_kwh_per_kw", "kWh per kW of the highest hour"),
    ):
        if rate.get(name) is not None:
            return f"up to {form.number(rate[name], unit)}"
    return "above that"
