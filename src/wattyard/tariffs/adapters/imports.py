"""What every importer of foreign tariff documents answers, and how it names what is left out."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec

from wattyard.kernel.refusals import Fault, StateForbids
from wattyard.kernel.values import dataclass, field
from wattyard.sites.domain.netting import Netting
from wattyard.tariffs.domain.refusals import UnsupportedComponent

OPEN_END: Final = "2100-01-01"
"""The end of a contract whose document names none."""

_NAMED: Final = 1000
"""A refusal does not grow with the document beyond these."""

Body = dict[str, Any]
"""A tariff as `POST /tariffs` takes it, without `location_id`."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The tariffs of a document, and what a person should know about them.

    `warnings` name the parts left out (`unsupported_component`), and parts that do not price
    the energy but say something of it (`not_priced`). `netting`: how import and export cancel out
    by the document, where it says so.
    """

    bodies: tuple[Body, ...]
    warnings: tuple[Fault, ...] = ()
    netting: Netting | None = None


class DocumentCurrencyMismatch(StateForbids):
    """The document's prices are in another currency than that of the location."""

    code = "document_currency_mismatch"


class Allowance(NamedTuple):
    """What a caller takes of a document that would be refused without being allowed."""

    partial: bool = False
    implausible: bool = False


@dataclass(frozen=True, slots=True)
class ContractDates:
    """The contract's dates where the caller knows better than the document: dates or instants."""

    start: str | None = None
    end: str | None = None

    def dates(self, start: str | None, end: str | None) -> Body:
        """Write the contract's dates, those of the document where the caller gives none."""
        return {
            "contract_start_date": self.start or start or "2000-01-01",
            "contract_end_date": self.end or end or OPEN_END,
        }


@dataclass(slots=True)
class Leftovers:
    """Collects the parts of a document that no tariff holds, each of them once."""

    _unsupported: dict[Fault, None] = field(default_factory=dict)
    _notes: list[Fault] = field(default_factory=list)

    def unsupported(self, path: str, message: str) -> None:
        self._unsupported[Fault(UnsupportedComponent.code, f"{path}: {message}", path)] = None

    def note(self, path: str, message: str) -> None:
        self._notes.append(Fault("not_priced", f"{path}: {message}", path))

    def settle(
        self, bodies: Iterable[Body], *, allow_partial: bool, netting: Netting | None = None
    ) -> Imported:
        """Answer the tariffs, or refuse.

        Raises:
            UnsupportedComponent: naming the unsupported parts, up to 1,000, unless
                `allow_partial`.
        """
        if self._unsupported and not allow_partial:
            raise UnsupportedComponent.of([*self._unsupported][:_NAMED])
        return Imported(tuple(bodies), (*self._unsupported, *self._notes), netting)


def known_fields(document: Mapping[str, Any], struct: type[msgspec.Struct]) -> Body:
    """Keep the members of a document that a shape reads."""
    return {name: document[name] for name in struct.__struct_fields__ if name in document}


def without_nulls(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Leave out members that are null: some writers put them where others put nothing."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


def added(*amounts: float | None) -> float:
    """Add amounts as decimals, so that 0.0347738 + 0.13299 is 0.1677638 and nothing more."""
    return float(sum((Decimal(repr(amount)) for amount in amounts if amount), Decimal(0)))


def clock(minutes: int) -> str:
    """Write minutes after midnight as a wall-clock time; the end of a day is 00:00."""
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}:00"


def runs(labels: Sequence[Any]) -> list[tuple[int, int, Any]]:
    """Divide equal steps of a day into (first step, step after the last, label).

    A run that goes on over midnight is one, and comes first: its end is then not after its
    start.
    """
    cuts = [n for n in range(len(labels)) if labels[n] != labels[n - 1]]
    if not cuts:
        return [(0, 0, labels[0])]
    ends = [*cuts[1:], cuts[0]]
    found = [
        (start, end % len(labels), labels[start]) for start, end in zip(cuts, ends, strict=True)
    ]
    return found if cuts[0] == 0 else [found[-1], *found[:-1]]
