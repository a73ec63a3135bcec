"""The lines that costs are made of, in words."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from htpy import Node

from wattyard.web.dashboard import parts, words
from wattyard.web.dashboard.formats import Formats

_KINDS: Final = {
    "ENERGY": "Energy",
    "STANDING": "Standing charge",
    "DEMAND": "Demand charge",
    "MINIMUM": "Minimum charge",
    "VAT": "VAT",
}
_ORDER: Final = tuple(_KINDS)
_UNITS: Final = {
    "KWH": ("kWh", "kWh"),
    "KW": ("kW", "kW"),
    "KW_DAY": ("kW × days", "kW and day"),
    "DAY": ("days", "day"),
    "MONTH": ("months", "month"),
    "YEAR": ("years", "year"),
}
"""Many of a unit, and one."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a bill: how much of what, at which price, and what that comes to."""

    kind: str
    label: str
    quantity: float
    unit: str
    unit_price: float | None
    amount: float

    def shown_quantity(self, form: Formats, currency: str) -> str:
        """The quantity with its unit; of VAT, the money that it is added to."""
        if self.unit == "NET":
            return form.money(self.quantity, currency)
        return form.number(self.quantity, _UNITS[self.unit][0], digits=1)

    def shown_price(self, form: Formats, currency: str) -> str:
        """The price of a unit; of VAT, the rate."""
        if self.unit_price is None:
            return "varies"
        if self.unit == "NET":
            return form.percent(100 * self.unit_price)
        if self.unit == "KWH":
            return form.rate(self.unit_price, currency)
        return f"{form.money(self.unit_price, currency)} per {_UNITS[self.unit][1]}"


def tariff_names(location: Mapping[str, Any]) -> dict[str, str]:
    """What the tariffs of a location are called, by their ids; the same name twice is numbered."""
    names: dict[str, str] = {}
    taken: Counter[str] = Counter()
    for one in location["tariffs"]:
        name = one["display_name"] or one["type"].replace("_", " ").capitalize()
        taken[name] += 1
        names[one["tariff_id"]] = name if taken[name] == 1 else f"{name} ({taken[name]})"
    return names


def lines_of(item: Mapping[str, Any], names: Mapping[str, str]) -> list[Line]:
    """Read the lines of an item of costs; those of one kind, name and tier are one."""
    found: dict[str, Line] = {}
    for one in item["lines"]:
        label = _label(one, names)
        before = found.get(label)
        found[label] = _line(one, label) if before is None else _added(before, one)
    return sorted(found.values(), key=lambda line: _ORDER.index(line.kind))


def _label(one: Mapping[str, Any], names: Mapping[str, str]) -> str:
    kind = one["kind"]
    if kind == "VAT":
        return _KINDS[kind]
    tariff = names.get(one["tariff_id"], "")
    if kind == "ENERGY":
        tier = f", tier {one['tier']}" if one.get("tier") else ""
        return (one["name"] or tariff or _KINDS[kind]) + tier
    return str(one["name"] or _KINDS[kind]).capitalize()


def _line(one: Mapping[str, Any], label: str) -> Line:
    return Line(one["kind"], label, one["quantity"], one["unit"], one["unit_price"], one["amount"])


def _added(line: Line, one: Mapping[str, Any]) -> Line:
    same = line.unit_price == one["unit_price"]
    return Line(
        line.kind,
        line.label,
        line.quantity + one["quantity"],
        line.unit,
        line.unit_price if same else None,
        line.amount + one["amount"],
    )


def line_table(form: Formats, currency: str, lines: Iterable[Line]) -> Node:
    """A table of lines: how much of what, at which price, and what that comes to."""
    rows = (
        (
            words.short(line.label),
            parts.number(line.shown_quantity(form, currency)),
            parts.number(line.shown_price(form, currency)),
            parts.number(form.money(line.amount, currency)),
        )
        for line in lines
    )
    heads = ("Line", parts.number("Quantity"), parts.number("Unit price"), parts.number("Amount"))
    return parts.table(heads, rows, label="Costs by line")


def in_order(labels: Iterable[str]) -> list[str]:
    """List labels once, each where it came first."""
    return list(dict.fromkeys(labels))
