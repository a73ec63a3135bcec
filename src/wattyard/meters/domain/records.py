"""Records: stored readings, as a search asks for and finds them (contract 3)."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from wattyard.kernel.instants import Span
from wattyard.kernel.local_periods import PeriodUnit
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.readings import FlowDirection, Metered, Stream, TariffDirection

Order = Literal["NEWEST", "OLDEST"]
Position = tuple[int, int]
"""Where a record stands in a list: its start in microseconds since 1970, and its series."""


@dataclass(frozen=True, slots=True)
class Search:
    """Which records to find: of a device (at a site, where given), or of a site's own meter.

    `group_by` None gives records as they are kept, else sums of local periods. `after` is the
    last record of the page before.
    """

    span: Span
    site_id: UUID | None
    device_id: UUID | None
    flow: FlowDirection | None
    direction: TariffDirection | None
    group_by: PeriodUnit | None
    order: Order
    limit: int
    after: Position | None


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a search: energy (kWh) of a period of a stream."""

    position: Position
    stream: Stream
    start: datetime
    end: datetime
    energy_kwh: float
    confidence: float
    session: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class StreamReadings:
    """The readings of one stream, at least one, in order of time."""

    stream: Stream
    metered: Metered

    @property
    def series(self) -> int:
        """The number of the stream's series."""
        return int(self.metered.series[0])
