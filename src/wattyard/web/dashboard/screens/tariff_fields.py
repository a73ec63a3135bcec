"""What is typed of a tariff: its fields as a body of the API, and a tariff as fields."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from wattyard.kernel.refusals import Malformed, Refusal
from wattyard.platform.decoding import json_value
from wattyard.web.dashboard.forms import Form
from wattyard.web.dashboard.screens.tariff_charges import charges_of, columns_of, divided
from wattyard.web.dashboard.screens.tariff_windows import (
    COLUMNS,
    WindowRow,
    rows_of,
    schedule_of,
    typed_rows,
)

Document = Mapping[str, Any]

TEXTS: Final = ("display_name", "direction", "type", "contract_start_date", "contract_end_date")
MORE: Final = (
    "charges", "minimum_charge", "cap_per_kwh", "floor_per_kwh", "billing_day", "billing_periods",
    "demand_window_minutes", "clock", "holidays", "currency_conversion", "devices",
)  # fmt: skip
"""What is written as JSON, because it has no fields of its own."""
_DEFAULTS: Final[Mapping[str, Any]] = {
    "charges": [],
    "billing_day": 1,
    "billing_periods": [],
    "clock": "LOCAL",
    "devices": [],
}
SPARE_ROWS: Final = 2
MORE_ROWS: Final = 6
_FIRST: Final = WindowRow(
    dict.fromkeys(COLUMNS, "")
    | {"months": "All", "days": "All", "valid_from": "00:00", "valid_to": "24:00"}
)


def new_values(location_id: str) -> dict[str, Any]:
    """Give the fields of a new tariff."""
    return {
        "location": location_id,
        "direction": "IMPORT",
        "type": "COMMODITY",
        "vat_included": "on",
        "tier_reset": "MONTH",
        "tier_scope": "TARIFF",
        "more": "{}",
    }


def values_of(tariff: Document) -> dict[str, Any]:
    """Give the fields of a tariff that is there."""
    _, others = divided(tariff["charges"])
    shown = {**tariff, "charges": others}
    more = {
        name: shown[name]
        for name in MORE
        if shown.get(name) is not None and shown[name] != _DEFAULTS.get(name)
    }
    vat = tariff["vat"]
    return {
        **{name: tariff[name] for name in TEXTS},
        "location": tariff["location_id"],
        "vat": None if vat is None else f"{100 * vat:.10g}",
        "vat_included": "on" if tariff["vat_included"] else "",
        "tier_reset": tariff["tier_reset"],
        "tier_scope": tariff["tier_scope"],
        "market_source_id": tariff["market_source_id"] or "",
        "more": json.dumps(more, indent=2, ensure_ascii=False),
    }


def rows_for(tariff: Document | None) -> list[WindowRow]:
    """Give the rows of the form as it is opened."""
    return rows_of(tariff["schedule"]) if tariff is not None else [_FIRST]


def rows_typed(form: Form) -> list[WindowRow]:
    """Give the rows that were typed, without empty ones at their end."""
    rows = typed_rows(form)
    while rows and rows[-1].is_empty:
        rows.pop()
    return rows or [_FIRST]


def body_of(form: Form, rows: Sequence[WindowRow]) -> dict[str, Any]:
    """Make the API's body of what was typed.

    Raises:
        Malformed: when the part that is written as JSON is none.
    """
    market = form["market_source_id"] or None
    more = _more(form["more"])
    charges, others = charges_of(form), more.get("charges") or []
    if charges and isinstance(others, list):
        more["charges"] = [*charges, *others]
    texts: dict[str, Any] = {name: form[name] or None for name in TEXTS}
    return {
        "location_id": form["location"],
        **texts,
        "schedule": schedule_of(rows),
        "vat": _share(form.number("vat")),
        "vat_included": form["vat_included"] == "on",
        "tier_reset": form["tier_reset"] or "MONTH",
        "tier_scope": form["tier_scope"] or "TARIFF",
        "market_rates": market is not None,
        "market_source_id": market,
        **more,
    }


def body_as_shown(tariff: Document) -> dict[str, Any]:
    """Give the body that the form of a tariff makes while nothing in it is changed."""
    values = {name: [str(value or "")] for name, value in values_of(tariff).items()}
    values |= columns_of(divided(tariff["charges"])[0])
    return body_of(Form(values), rows_of(tariff["schedule"]))


def whole_change(body: Document) -> dict[str, Any]:
    """Make a change of all that the form shows: what it no longer says is as it is by default."""
    absent = {name: _DEFAULTS.get(name) for name in MORE}
    return {**absent, **body}


def for_making(body: Document) -> dict[str, Any]:
    """Leave out of a new tariff what was not said; a contract without an end says so."""
    said = {name: value for name, value in body.items() if value is not None}
    return {**said, "contract_end_date": body["contract_end_date"]}


def _more(text: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        value = json_value(text.encode())
    except Refusal as fault:
        message = fault.first.message.replace("the body", "this")
        raise Malformed(message, param="more", code=fault.first.code) from None
    if not isinstance(value, dict):
        raise Malformed(
            'this must be a JSON object, such as {"charges": []}', param="more", code="json_invalid"
        )
    return value


def _share(percent: Any) -> Any:  # noqa: ANN401 (a number, or the text that is none)
    """Make a fraction of per cent; the text that is no number is left to the API to judge."""
    return round(percent / 100, 12) if isinstance(percent, int | float) else percent


def seen_of(tariff: Document) -> dict[str, Any]:
    """Give what of a tariff the form shows, by the API's names."""
    names = (
        *TEXTS, "schedule", "vat", "vat_included", "tier_reset", "tier_scope", "market_source_id",
        *MORE,
    )  # fmt: skip
    return {name: tariff[name] for name in names if name in tariff}
