"""Prices of a market as people have them, CSV or JSON, as the body of the API."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from wattyard.kernel.refusals import Malformed
from wattyard.web.dashboard.forms import Form

_COLUMNS: Final = ("valid_from", "valid_to", "value")


def prices_of(form: Form) -> list[Any]:
    """Read the prices of a form: the chosen file, else what was pasted.

    Values that are no numbers, and times that are none, stay as they are: the API judges them.

    Raises:
        Malformed: when there is nothing, or it is neither CSV nor a list in JSON.
    """
    file = form.files.get("file")
    name = "file" if file else "prices"
    try:
        text = file.content.decode("utf-8-sig") if file else form["prices"]
    except UnicodeDecodeError:
        raise _unreadable(name, "the file is not text in UTF-8") from None
    if not text.strip():
        raise _unreadable(name, "choose a file, or paste prices")
    if text.lstrip()[:1] in ("[", "{"):
        return _from_json(name, text)
    return list(_from_csv(name, text))


def _from_json(name: str, text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise _unreadable(name, f"this is not JSON: {fault}") from None
    if not isinstance(found, list):
        raise _unreadable(name, "prices in JSON are a list: [{…}, {…}]")
    return found


def _from_csv(name: str, text: str) -> Iterator[dict[str, Any]]:
    first = text.lstrip().partition("\n")[0]
    separator = next((one for one in (";", "\t") if one in first), ",")
    rows = csv.reader(io.StringIO(text), delimiter=separator)
    columns: Sequence[str] = _COLUMNS
    try:
        for number, row in enumerate((row for row in rows if any(row)), 1):
            cells = [cell.strip() for cell in row]
            if number == 1 and set(_COLUMNS) <= set(cells):
                columns = cells
                continue
            if len(cells) < len(columns):
                raise _unreadable(
                    name,
                    f"line {rows.line_num} has {len(cells)} columns, of {', '.join(columns)}",
                )
            given = dict(zip(columns, cells, strict=False))
            times = {name: _time(given[name]) for name in _COLUMNS[:2]}
            yield {**times, "value": _number(given["value"])}
    except csv.Error as fault:
        raise _unreadable(name, f"line {rows.line_num} is not CSV: {fault}") from None


def _time(text: str) -> str:
    """Write a time with an offset as the API reads it, which also wants its seconds."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if at.tzinfo is None else at.isoformat()


def _number(text: str) -> float | str:
    try:
        return float(text.replace(",", ".") if text.count(",") == 1 else text)
    except ValueError:
        return text


def _unreadable(name: str, message: str) -> Malformed:
    return Malformed(message, param=name, code=f"{name}_invalid")
