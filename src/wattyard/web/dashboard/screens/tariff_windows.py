"""A schedule as rows of a form, one for each window, and back."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wattyard.kernel.arrays import np
from wattyard.web.dashboard.forms import Form
from wattyard.web.dashboard.screens.tariff_words import MONTHS

Document = Mapping[str, Any]

COLUMNS: Final = ("months", "dates", "days", "valid_from", "valid_to", "price", "counter")
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TIER: Final = re.compile(
    r"(?P<price>.+?)\s+(?:up\s+)?to\s+(?P<limit>[\d.,]+)(?:\s*kWh)?", re.IGNORECASE
)
_MARKET: Final = re.compile(r"market(?:\s*(?P<sign>[+-])\s*(?P<surcharge>[\d.,]+))?", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?", re.ASCII)
_RANGE_FROM: Final = 3
_RANGE: Final = re.compile(r"(\w{3})\w*\s*(?:-|–|to)\s*(\w{3})\w*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WindowRow:
    """A window as it is typed: texts by the names of the columns."""

    cells: Mapping[str, str]

    @property
    def is_empty(self) -> bool:
        """Whether nothing of its own was typed into it."""
        return not any(self.cells.get(name) for name in ("valid_from", "valid_to", "price"))


def rows_of(schedule: Sequence[Document]) -> list[WindowRow]:
    """Write a schedule as rows."""
    return [
        WindowRow(
            {
                "months": _written_words(entry["months"], MONTHS),
                "dates": ", ".join(str(one) for one in entry.get("dates") or ()),
                "days": _written_words(block["days"], _WEEKDAYS),
                "valid_from": hours["valid_from"],
                "valid_to": hours["valid_to"],
                "price": _price_text(hours["rate"]),
                "counter": hours.get("counter") or "",
            }
        )
        for entry in schedule
        for block in entry["days_and_hours"]
        for hours in block["hours"]
    ]


def typed_rows(form: Form) -> list[WindowRow]:
    """Read the rows of a form as they were typed, those that are empty too."""
    columns = [form.fields.get(name, ()) for name in COLUMNS]
    count = max(len(column) for column in columns)
    return [
        WindowRow(
            {
                name: column[n].strip() if n < len(column) else ""
                for name, column in zip(COLUMNS, columns, strict=True)
            }
        )
        for n in range(count)
    ]


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row and the paths of its parts in the schedule that the rows make.

    `entry` and `block` are None where the row above begins them.
    """

    row: WindowRow
    hours: str
    block: str | None
    entry: str | None


def placed(rows: Sequence[WindowRow]) -> list[PlacedRow]:
    """Give each row the API's path of what it says; rows that are empty have none."""
    found = []
    entry = block = hours = -1
    before: WindowRow | None = None
    for row in rows:
        if row.is_empty:
            found.append(PlacedRow(row, "", None, None))
            continue
        new_entry = before is None or _entry(row) != _entry(before)
        new_block = new_entry or before is None or row.cells["days"] != before.cells["days"]
        entry += new_entry
        block = 0 if new_entry else block + new_block
        hours = 0 if new_block else hours + 1
        path = f"schedule[{entry}]"
        own = f"{path}.days_and_hours[{block}]"
        found.append(
            PlacedRow(
                row,
                f"{own}.hours[{hours}]",
                own if new_block else None,
                path if new_entry else None,
            )
        )
        before = row
    return found


def schedule_of(rows: Sequence[WindowRow]) -> list[dict[str, Any]]:
    """Make the schedule that rows say; what is no month, day or price is left to the API."""
    schedule: list[dict[str, Any]] = []
    for one in placed(rows):
        cells = one.row.cells
        if not one.hours:
            continue
        if one.entry is not None:
            months, dates = _words(cells["months"], MONTHS), _dates(cells["dates"])
            schedule.append({"months": months, "dates": dates, "days_and_hours": []})
        blocks = schedule[-1]["days_and_hours"]
        if one.block is not None:
            blocks.append({"days": _words(cells["days"], _WEEKDAYS), "hours": []})
        hours = {
            "valid_from": cells["valid_from"],
            "valid_to": cells["valid_to"],
            "rate": _rate(cells["price"]),
        }
        if cells.get("counter"):
            hours["counter"] = cells["counter"]
        blocks[-1]["hours"].append(hours)
    return schedule


def _entry(row: WindowRow) -> tuple[str, str]:
    return row.cells["months"], row.cells["dates"]


def _words(text: str, names: Sequence[str]) -> list[str]:
    """Read months or weekdays: names, ranges of them, `All`; nothing typed is `All`."""
    found: list[str] = []
    for part in re.split(r"\s*[,;]\s*", text.strip()):
        if not part:
            continue
        span = _RANGE.fullmatch(part)
        ends = [_named(end, names) for end in span.groups()] if span else []
        if len(ends) == 2 and all(end in names for end in ends):
            first, last = (names.index(end) for end in ends)
            found += [names[n % len(names)] for n in range(first, _after(first, last, names))]
        else:
            found.append(_named(part, names))
    return found or ["All"]


def _written_words(found: Sequence[str], names: Sequence[str]) -> str:
    """Write months or weekdays: as a range where they are three or more in a row."""
    if len(found) >= _RANGE_FROM and found[0] in names:
        first = names.index(found[0])
        if list(found) == [names[(first + n) % len(names)] for n in range(len(found))]:
            return f"{found[0]}-{found[-1]}"
    return ", ".join(found)


def _after(first: int, last: int, names: Sequence[str]) -> int:
    return (last if last >= first else last + len(names)) + 1


def _named(text: str, names: Sequence[str]) -> str:
    """Find a name by its beginning, in any case; what is none stays as it was typed."""
    short = text[:3].capitalize()
    if short in names:
        return short
    return text.capitalize() if text.isalpha() and text.isascii() else text


def _dates(text: str) -> list[int | str]:
    parts = [part for part in re.split(r"[,;\s]+", text) if part]
    return [int(part) if part.isdigit() and len(part) <= 2 else part for part in parts]


def _rate(text: str) -> list[Any]:
    """Read a price: a number, tiers, the market's with a surcharge, or the API's JSON."""
    if text.startswith(("[", "{")):
        try:
            value = json.loads(text)
        except ValueError:
            return [{"value": text}]
        return value if isinstance(value, list) else [value]
    return [_tier(part.strip()) for part in text.split(";") if part.strip()] or [{"value": ""}]


def _tier(text: str) -> dict[str, Any]:
    tier = _TIER.fullmatch(text)
    price = tier["price"] if tier else text
    limit = {"to_kwh": _number(tier["limit"])} if tier else {}
    market = _MARKET.fullmatch(price)
    if market is None:
        return {"value": _number(price), **limit}
    if not market["surcharge"]:
        return limit
    surcharge = _number(market["surcharge"])
    if market["sign"] == "-" and isinstance(surcharge, float):
        surcharge = -surcharge
    return {"surcharge_fixed": surcharge, **limit}


def _number(text: str) -> float | str:
    """Read a number; a decimal comma counts as a point, and what is no number stays."""
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else text


def _price_text(rates: Sequence[Document]) -> str:
    texts = [_tier_text(rate) for rate in rates]
    if all(text is not None for text in texts):
        return "; ".join(text for text in texts if text is not None)
    return json.dumps(list(rates), ensure_ascii=False)


def _tier_text(rate: Document) -> str | None:
    """Write a tier as it can be typed; None where only JSON says it."""
    rest = {name for name, value in rate.items() if value is not None} - {"to_kwh"}
    if rest == {"value"} and isinstance(rate["value"], int | float):
        text = _written(rate["value"])
    elif rest <= {"surcharge_fixed"}:
        surcharge = rate.get("surcharge_fixed")
        text = "market"
        if surcharge is not None:
            text += f" {'-' if surcharge < 0 else '+'} {_written(abs(surcharge))}"
    else:
        return None
    limit = rate.get("to_kwh")
    return text if limit is None else f"{text} to {_written(limit)}"


def _written(value: float) -> str:
    """Write a number with the digits that it has, without an exponent."""
    return str(np.format_float_positional(value, trim="-"))
