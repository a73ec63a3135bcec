"""What the use-cases of tariffs need besides the store, filled by the app."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wattyard.events.domain import NewEvent
from wattyard.events.service import Events
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.caps import Caps
from wattyard.kernel.context import Context
from wattyard.meters.service import Records
from wattyard.platform.db import Database
from wattyard.sites.domain.sites import Site
from wattyard.sites.service import Devices, Sites
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.contracts import Contract
from wattyard.tariffs.domain.sources import MarketSource
from wattyard.tariffs.domain.tariff import Tariff


@dataclass(frozen=True, slots=True)
class Wire:
    """How tariffs look to clients, and how their rules are read: the wire's mappings.

    `rules` reads rules and raises Malformed with every fault of form; `judged` also judges them
    over the whole contract and raises ScheduleRefused too.
    """

    rules: Callable[[bytes, CalendarRegion], Tariff]
    judged: Callable[[bytes, CalendarRegion], Tariff]
    tariff: Callable[[Caller, Contract, Site], bytes]
    market_source: Callable[[Caller, MarketSource], bytes]


@dataclass
class TariffUseCases:
    """What every use-case of tariffs works with."""

    db: Database
    events: Events
    sites: Sites
    devices: Devices
    records: Records
    wire: Wire
    caps: Caps

    def new_events(
        self, context: Context, change: str, contracts: Sequence[tuple[Contract, Site]]
    ) -> list[NewEvent]:
        """Record the event of a change of tariffs, each with its site."""
        return [
            NewEvent(
                f"tariff.{change}",
                ids.wire("trf", contract.id),
                self.wire.tariff(context.caller, contract, site),
            )
            for contract, site in contracts
        ]
