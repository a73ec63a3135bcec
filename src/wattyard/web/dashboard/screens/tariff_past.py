"""What a change of a tariff does to the costs of time that is over, said before it is saved.

Costs are worked out anew from the tariffs as they are (contract 3, Costs): nothing priced is kept.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.web.dashboard import parts
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.visit import Visit

Document = Mapping[str, Any]

_DATES: Final = ("contract_start_date", "contract_end_date")
_WITHOUT_MONEY: Final = frozenset({"display_name", *_DATES})
_EVER: Final = date.max
_CLOCK: Final = re.compile(r"\d\d:\d\d(:\d\d)?", re.ASCII)
_TITLE: Final = "Costs of time that is over"
_ABOUT: Final = (
    "Costs are worked out anew whenever somebody asks. A change of prices, taxes, charges or dates "
    "here changes the costs of past months too, from "
)
_UNCHANGED: Final = "This change leaves the costs of all time that is over as they are."
_FROM_A_DAY_ON: Final = (
    "To change prices from a day on and leave the past as it is: write that day into “Until” "
    "above, save, and "
)


@dataclass(frozen=True, slots=True)
class Term:
    """The local days of a contract that are over by today: `end` is exclusive, as is `today`."""

    start: date
    end: date
    today: date

    @classmethod
    def of(cls, tariff: Document, today: date) -> "Term | None":
        """Read the dates of a tariff; None where one is no date."""
        with suppress(ValueError, TypeError):
            start, end = (tariff[name] for name in _DATES)
            last = _EVER if end is None else date.fromisoformat(end[:10])
            return cls(date.fromisoformat(start[:10]), last, today)
        return None

    @property
    def over(self) -> date:
        """The end of what of it is over."""
        return min(self.end, self.today)

    def both(self, other: "Term") -> tuple[date, date]:
        """The days that are over and lie in both, as first and end."""
        return max(self.start, other.start), min(self.over, other.over)


def card(visit: Visit, own: Document, today: date, change: "Change | None") -> Node:
    """Say what changing a tariff does to past costs; of a change that was checked with its days."""
    form = visit.formats(own["timezone"])
    term = Term.of(own, today)
    if term is None:
        return None
    says = _in_general(form, term) if change is None else _of_change(form, term, change)
    return parts.card(_TITLE, says, _how_not_to(visit, own), id_="past")


def _in_general(form: Formats, term: Term) -> Node:
    if term.start >= term.today:
        return h.p[
            f"The tariff begins on {form.day(term.start)}: no cost of time that is over depends on "
            "it, unless it is to begin earlier."
        ]
    return h.p[
        _ABOUT,
        h.strong[_days(form, term.start, term.over)],
        ". A new name changes none. “Check” says it of your change before anything is saved.",
    ]


def _of_change(form: Formats, term: Term, change: "Change") -> Node:
    lines = list(change.sentences(form, term))
    if not lines:
        return h.p(".told", role="status")[_UNCHANGED]
    return [h.p(".told.warn", role="status")[line] for line in lines]


def _how_not_to(visit: Visit, own: Document) -> Node:
    """Say how prices change from a day on, while the past stays as it is."""
    new = visit.link("/tariffs/new", location=own["location_id"])
    return h.p[_FROM_A_DAY_ON, h.a(href=new)["connect a new tariff"], " from that day."]


@dataclass(frozen=True, slots=True)
class Change:
    """A tariff as the form opened it, and as it was typed: bodies of the API."""

    before: Document
    after: Document

    def sentences(self, form: Formats, own: Term) -> Iterator[Node]:
        """List what of the costs of time that is over changes, with its days."""
        new = Term.of(self.after, own.today)
        if new is None:
            return
        first, end = own.both(new)
        if self._prices and first < end:
            yield [
                h.strong["Costs of the past change: "],
                f"those of {_days(form, first, end)} are worked out anew with what is typed here.",
            ]
        if new.start > own.start:
            days = _days(form, own.start, min(new.start, own.today))
            yield f"{days} is no longer priced by this tariff: costs of that time need another one."
        if new.start < min(own.start, own.today):
            days = _days(form, new.start, min(own.start, own.today))
            yield f"{days} is priced by this tariff, too."
        if new.over < own.over:
            days = _days(form, new.over, own.over)
            yield (
                f"{days} is after the end of the contract then: without another tariff its prices "
                "are only estimated to go on."
            )
        if new.over > own.over:
            yield f"{_days(form, own.over, new.over)} is priced as confirmed, no longer estimated."

    @property
    def _prices(self) -> bool:
        """Whether anything that costs depend on was changed, besides the dates."""
        names = {*self.before, *self.after} - _WITHOUT_MONEY
        return any(_plain(self.before.get(name)) != _plain(self.after.get(name)) for name in names)


def _plain(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """Write times of day in one way, so that only what differs in meaning differs."""
    match value:
        case dict():
            return {name: _plain(own) for name, own in value.items()}
        case list():
            return [_plain(own) for own in value]
        case str() if _CLOCK.fullmatch(value):
            return value if value.count(":") > 1 else f"{value}:00"
        case _:
            return value


def _days(form: Formats, first: date, end: date) -> str:
    return form.days(first, max(first, end - timedelta(days=1)))
