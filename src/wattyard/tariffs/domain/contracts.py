"""Contracts: tariffs as they are kept, each at a site (contract 2, Tariffs)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import Missing, StateForbids
from wattyard.kernel.values import dataclass, field
from wattyard.tariffs.domain.tariff import Direction, TariffType

ConnectionType = Literal["DIRECT", "MARKET", "LIBRARY", "MANUAL"]
ContractStatus = Literal["CONNECTED", "ERROR"]

EXPIRING: Final = timedelta(days=7)
"""How long before its end a contract counts as expiring (contract 5, Events)."""


class TariffNotFound(Missing):
    """There is no such tariff in this account and mode."""

    code = "tariff_not_found"


class TariffLinked(StateForbids):
    """The tariff comes from a supplier's connection and cannot be changed or deleted here."""

    code = "tariff_linked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDraft:
    """The description of a tariff.

    `rules` is what its prices depend on, as JSON (`wire.rules`); `market_rates` whether the
    client declares them to follow the market.
    """

    site_id: UUID
    rules: bytes
    market_rates: bool
    display_name: str | None = None
    provider_id: UUID | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract(ContractDraft):
    """A tariff that is kept.

    `market_source_id` is the source that market rates follow, `market_codes` those that formulas
    name.
    """

    id: UUID
    type: TariffType
    direction: Direction
    term: Span
    market_source_id: UUID | None
    market_codes: frozenset[str]
    connection_type: ConnectionType
    time_created: datetime
    time_updated: datetime
    status: ContractStatus = "CONNECTED"
    is_temporary: bool = False

    @property
    def linked(self) -> bool:
        """Whether it comes from a supplier's connection."""
        return self.connection_type == "DIRECT"

    def check_own(self) -> None:
        """Refuse to touch a contract that a supplier's connection keeps.

        Raises:
            TariffLinked: where it is one.
        """
        if self.linked:
            raise TariffLinked(
                f"tariff trf_{self.id.hex} is linked to its supplier and changes only with it"
            )


@dataclass(frozen=True, slots=True)
class PricingContract:
    """What prices need of a contract.

    `kind_changed`: when any contract of its kind (the same site, direction, type and devices)
    changed last.
    """

    id: UUID
    site_id: UUID
    rules: bytes
    is_temporary: bool
    kind_changed: datetime


ENDING_SOON: Final = timedelta(days=30)
"""How long before its end people are shown a contract that nothing follows."""


@dataclass(frozen=True, slots=True)
class EndingPosition:
    """Where a page of contracts by their end begins: after this contract, which ends then."""

    end: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class EndingContracts:
    """A page of contracts that end soon, the next to end first.

    `after`: where the next page begins, None at the end. `stopped`: the page ends early, because
    enough was looked at for one question.
    """

    items: tuple[Contract, ...]
    after: EndingPosition | None
    stopped: bool = False
