"""The form of a tariff: its contract, its windows row by row, and the check beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import htpy as h
from htpy import Node

from wattyard.kernel.refusals import Fault, Malformed, Refusal
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.forms import Fields, FormFaults
from wattyard.web.dashboard.screens import tariff_charges
from wattyard.web.dashboard.screens.tariff_charges import ChargeRow
from wattyard.web.dashboard.screens.tariff_fields import MORE, SPARE_ROWS
from wattyard.web.dashboard.screens.tariff_week import week_cards
from wattyard.web.dashboard.screens.tariff_windows import (
    COLUMNS,
    PlacedRow,
    WindowRow,
    placed,
)
from wattyard.web.dashboard.screens.tariff_words import DIRECTIONS, RESETS, SCOPES, TYPES
from wattyard.web.dashboard.visit import Visit


class _Column(NamedTuple):
    name: str
    head: str
    example: str


_PLAIN: Final = (
    _Column("months", "Months", "All"),
    _Column("dates", "Special dates", "12-24, Holidays"),
    _Column("days", "Days", "Weekdays"),
    _Column("valid_from", "From", "07:00"),
    _Column("valid_to", "Until", "23:00"),
    _Column("price", "Price per kWh", "0.31"),
)
_COLUMNS: Final = (*_PLAIN, _Column("counter", "Counter", ""))
_ABOUT_ROWS: Final = (
    "Each row is a time of day. Rows with the same months, dates and days belong together, and "
    "cover the 24 hours once. A row with special dates comes before those without. A price is a "
    "number, tiers such as "
)
_PARTS: Final = {
    "valid_from": "the start",
    "valid_to": "the end",
    "rate": "the price",
    "counter": "the counter",
    "months": "a month",
    "dates": "a special date",
    "days[": "a day",
}
"""What the fields of a row are called in a message, by what is in the path of a fault."""
_MOST_SOURCES: Final = 100


@dataclass(frozen=True, slots=True)
class TariffForm:
    """What a form shows: what was typed, its faults, and what the check answered.

    `past` says what saving it does to costs of time that is over.
    """

    address: str
    values: Mapping[str, Any]
    rows: Sequence[WindowRow]
    charges: Sequence[ChargeRow] = ()
    refusal: Refusal | None = None
    check: Mapping[str, Any] | None = None
    hidden: Node = None
    past: Node = None
    spare: int = SPARE_ROWS


async def form_body(visit: Visit, shown: TariffForm, location: Mapping[str, Any]) -> Node:
    """Lay the form out, with the check below its windows."""
    faults = FormFaults(_worded(shown.refusal))
    fields = Fields(shown.values, faults)
    windows = _windows(shown, faults)
    contract = _contract(fields, location)
    charges = tariff_charges.table(shown.charges, faults, location["currency_code"])
    rules = await _rules(visit, fields)
    return parts.form(
        shown.address,
        shown.hidden,
        h.input(type="hidden", name="location", value=location["id"]),
        faults.rest(),
        parts.card("The contract", contract),
        parts.card("When a kWh costs what", windows, id_="windows"),
        _checked(visit, shown),
        parts.card("Beside the price per kWh", charges, id_="charges"),
        parts.card("The rest", rules),
        shown.past,
        h.p(".actions")[_buttons()],
    )


def _buttons() -> Node:
    return [
        parts.submit("Check", main=False, name="do", value="check"),
        parts.submit("Save", name="do", value="save"),
    ]


def _contract(fields: Fields, location: Mapping[str, Any]) -> Node:
    zone, currency = location["timezone"], location["currency_code"]
    return [
        h.p[f"Prices are in {currency}, times on the clock of {zone}."],
        h.div(".fields")[
            fields.text("Name", "display_name"),
            fields.choice("For", "type", list(TYPES.items())),
            fields.choice("Energy that is", "direction", list(DIRECTIONS.items())),
            fields.text("From", "contract_start_date", hint="the first day: 2027-01-01"),
            fields.text(
                "Until",
                "contract_end_date",
                hint="the day after the last; empty: until it is terminated",
            ),
        ],
    ]


def _windows(shown: TariffForm, faults: FormFaults) -> Node:
    """Show a row for each window, with the faults that belong to it below it."""
    empty = WindowRow(dict.fromkeys(COLUMNS, ""))
    rows = placed([*shown.rows, *[empty] * shown.spare])
    counted = any(row.cells.get("counter") for row in shown.rows)
    columns = _COLUMNS if counted or shown.values.get("tier_scope") == "PERIOD" else _PLAIN
    messages = _messages(rows, faults)
    return [
        h.p[
            _ABOUT_ROWS,
            h.code["0.19 to 300; 0.22"],
            ", or ",
            h.code["market + 0.02"],
            "; anything else is the API’s JSON.",
        ],
        h.div(".wide", tabindex="0", role="region", aria_label="Windows")[
            h.table(".windows")[
                h.thead[h.tr[(h.th(scope="col")[one.head] for one in columns)]],
                h.tbody[(_row(n, row, messages[n], columns) for n, row in enumerate(rows))],
            ]
        ],
        h.p(".actions")[
            parts.submit("More rows", main=False, name="do", value="rows"),
            parts.submit("Check", main=False, name="do", value="check"),
        ],
    ]


def _worded(refusal: Refusal | None) -> Refusal | None:
    """Name the parts of rows and the VAT as the form does, not as the API's body."""
    if refusal is None:
        return None
    return Malformed.of([one._replace(message=_message(one)) for one in refusal.faults])


def _message(fault: Fault) -> str:
    if fault.param == "vat":
        return "the VAT must be a number between 0 and 100, in per cent"
    path = fault.param or ""
    if path.startswith("charges["):
        return tariff_charges.message(path, fault.message)
    if not path.startswith("schedule[") or not fault.message.startswith(path):
        return fault.message
    part = next((words for name, words in _PARTS.items() if f".{name}" in path), "this")
    return part + fault.message.removeprefix(path)


def _messages(rows: Sequence[PlacedRow], faults: FormFaults) -> list[list[str]]:
    """Give each row its faults; those of several rows stand at the first of them."""
    found: list[list[str]] = [faults.of(row.hours) if row.hours else [] for row in rows]
    for level in ("block", "entry"):
        for n, row in enumerate(rows):
            path = getattr(row, level)
            found[n] += faults.of(path) if path else []
    if rows:
        found[0] = [*faults.of("schedule"), *found[0]]
    return found


def _row(number: int, row: PlacedRow, messages: Sequence[str], columns: Sequence[_Column]) -> Node:
    described = f"row-{number}-fault" if messages else None
    cells = [
        h.td(data_head=one.head)[
            h.input(
                type="text",
                name=one.name,
                value=row.row.cells.get(one.name, ""),
                placeholder=one.example if number == 0 else None,
                aria_label=f"{one.head}, row {number + 1}",
                aria_invalid="true" if messages else None,
                aria_describedby=described,
                autocomplete="off",
            )
        ]
        for one in columns
    ]
    fault = (
        messages
        and h.tr[h.td(colspan=str(len(columns)))[h.p(".fault", id=described)[" ".join(messages)]]]
    )
    return [h.tr[cells], fault]


def _checked(visit: Visit, shown: TariffForm) -> Node:
    if shown.check is None:
        return None
    form = visit.formats(shown.check["timezone"])
    return h.section("#check", aria_label="The check")[
        h.p(".told", role="status")["This can be saved. It would look like this:"],
        week_cards(shown.check, form, name="check"),
    ]


async def _rules(visit: Visit, fields: Fields) -> Node:
    sources = await visit.api("GET", "/market-sources", query={"limit": _MOST_SOURCES}, shown=False)
    markets = [("", "none")] + [
        (one["id"], f"{one['code']} ({one['currency_code']})")
        for one in sources["data"]
        if one["unit"] != "RATE"
    ]
    return [
        h.div(".fields")[
            fields.text("VAT", "vat", unit="%", inputmode="decimal"),
            fields.choice("Market that the rates follow", "market_source_id", markets),
            fields.choice("Tiers begin anew", "tier_reset", list(RESETS.items())),
            fields.choice("Tiers count", "tier_scope", list(SCOPES.items())),
        ],
        fields.box("Rates and charges contain the VAT", "vat_included"),
        fields.area(
            "Demand charges, holidays and the rest, as JSON",
            "more",
            rows=8,
            hint='such as {"minimum_charge": {"amount": 5, "per": "MONTH"}}; charges here follow '
            "those above; the reference of tariffs describes the fields",
            params=("more", *MORE),
        ),
    ]
