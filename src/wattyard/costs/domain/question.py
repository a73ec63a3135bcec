"""What is asked of the costs: a direction, a time, a grouping (contract 3, Costs)."""

from typing import Literal
from uuid import UUID

from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.tariff import Direction

Aggregation = Literal["NONE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR"]


@dataclass(frozen=True, slots=True)
class CostQuestion:
    """The cost of the energy of a span, in one direction.

    `aggregation`: local hours, days, weeks (from Monday), months or years; NONE is one item for
    each reading. `device`: whose own tariffs count; None asks for the site. `with_charges`:
    whether standing and demand charges enter; never for a device.
    """

    direction: Direction
    span: Span
    aggregation: Aggregation = "DAY"
    device: UUID | None = None
    with_charges: bool = True

    @property
    def charged(self) -> bool:
        """Whether charges enter the answer."""
        return self.with_charges and self.device is None
