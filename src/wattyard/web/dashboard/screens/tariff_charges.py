"""Standing charges as rows of the form of a tariff, and back; other charges stay JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.web.dashboard.forms import Form, FormFaults

Document = Mapping[str, Any]

COLUMNS: Final = ("charge_name", "charge_amount", "charge_kind")
KINDS: Final = {"DAILY": "a day", "MONTHLY": "a month", "YEARLY": "a year"}
_WRITTEN: Final = frozenset({"kind", "amount", "name"})
_PARTS: Final = {"amount": "the amount", "name": "the name", "kind": "the time"}
_SPARE: Final = 1


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """A standing charge as it is typed: its name, an amount of money, and for which time."""

    name: str = ""
    amount: str = ""
    kind: str = "MONTHLY"

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed into it."""
        return not (self.name or self.amount)

    @property
    def cells(self) -> tuple[str, str, str]:
        """What stands in its columns."""
        return self.name, self.amount, self.kind


def divided(charges: Sequence[Document]) -> tuple[list[ChargeRow], list[Document]]:
    """Write the first charges as rows, and leave those from the first on that rows cannot say.

    So their order stays, and nothing that a charge says is lost.
    """
    rows: list[ChargeRow] = []
    for charge in charges:
        present = {name for name, value in charge.items() if value is not None}
        if charge.get("kind") not in KINDS or not present <= _WRITTEN:
            break
        rows.append(ChargeRow(charge.get("name") or "", f"{charge['amount']!r}", charge["kind"]))
    return rows, list(charges[len(rows) :])


def columns_of(rows: Sequence[ChargeRow]) -> dict[str, list[str]]:
    """Give the fields of a form that shows rows."""
    return {name: [row.cells[n] for row in rows] for n, name in enumerate(COLUMNS)}


def rows_typed(form: Form) -> list[ChargeRow]:
    """Read the rows of a form as they were typed, without empty ones."""
    columns = [form.fields.get(name, ()) for name in COLUMNS]
    count = min(len(column) for column in columns)
    rows = [ChargeRow(*(column[n].strip() for column in columns)) for n in range(count)]
    return [row for row in rows if not row.is_empty]


def charges_of(form: Form) -> list[dict[str, Any]]:
    """Make the charges that rows say; what is no amount is left to the API to judge."""
    return [
        {
            "kind": row.kind,
            "amount": form.read_number(row.amount),
            **({"name": row.name} if row.name else {}),
        }
        for row in rows_typed(form)
    ]


def table(rows: Sequence[ChargeRow], faults: FormFaults, currency: str) -> Node:
    """Show a row for each standing charge, with the faults that belong to it below it."""
    heads = ("Standing charge", f"Amount ({currency})", "For")
    lines = [_row(n, row, faults, heads) for n, row in enumerate([*rows, *[ChargeRow()] * _SPARE])]
    return h.div(".wide", tabindex="0", role="region", aria_label="Standing charges")[
        h.table(".windows")[
            h.thead[h.tr[(h.th(scope="col")[head] for head in heads)]], h.tbody[lines]
        ]
    ]


def message(path: str, text: str) -> str:
    """Call what an API's message says of a charge's field what the form calls it."""
    part = next((words for name, words in _PARTS.items() if path.endswith(f".{name}")), "this")
    return part + text.removeprefix(path) if text.startswith(path) else text


def _row(number: int, row: ChargeRow, faults: FormFaults, heads: Sequence[str]) -> Node:
    messages = faults.of(f"charges[{number}]") if not row.is_empty else []
    described = f"charge-{number}-fault" if messages else None
    about: dict[str, Any] = {"aria_describedby": described}
    about["aria_invalid"] = "true" if messages else None
    labels = [f"{head}, row {number + 1}" for head in heads]
    fields = (
        h.input(type="text", name=COLUMNS[0], value=row.name, aria_label=labels[0], **about),
        h.input(
            type="text",
            name=COLUMNS[1],
            value=row.amount,
            inputmode="decimal",
            aria_label=labels[1],
            **about,
        ),
        h.select(name=COLUMNS[2], aria_label=labels[2], **about)[
            (h.option(value=kind, selected=kind == row.kind)[says] for kind, says in KINDS.items())
        ],
    )
    cells = (h.td(data_head=head)[field] for head, field in zip(heads, fields, strict=True))
    fault = messages and h.tr[h.td(colspan="3")[h.p(".fault", id=described)[" ".join(messages)]]]
    return [h.tr[cells], fault]
