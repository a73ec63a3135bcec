"""Files of readings that people upload: what they say of one, and what becomes of it."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from wattyard.kernel.values import dataclass, field
from wattyard.meters.domain.readings import FlowDirection, Readings


class UploadUnreadable(Exception):
    """The file as a whole cannot be read; nothing was kept. `about` is the field that says so."""

    def __init__(self, message: str, about: str = "file") -> None:
        super().__init__(message)
        self.about = about


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterUpload:
    """A file, and where a CSV file has its times and values; other formats say so themselves.

    `zone` is the site's. A period has `start` and `end`, the names of columns, or `start` and a
    length in minutes. `day_first` says what 03/04/2025 means; None: such dates are refused.
    """

    name: str
    content: bytes
    zone: str
    site_id: UUID
    device_id: UUID | None = None
    start: str = "start_time"
    end: str = ""
    minutes: int | None = None
    value: str = "energy_kwh"
    unit: Literal["WH", "KWH", "W", "KW"] = "KWH"
    direction: FlowDirection = "INBOUND"
    day_first: bool | None = None


@dataclass(frozen=True, slots=True)
class RefusedPart:
    """A part of a file that was not kept: where it is, a code, and why."""

    where: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class UploadChunk:
    """Readings (n) that are kept together, the place of each in the file, and what was refused."""

    readings: Readings
    where: Sequence[str]
    refused: Sequence[RefusedPart]
    is_last: bool


@dataclass(slots=True)
class UploadTally:
    """What became of a file so far; `unlisted` were refused beyond those that are listed."""

    kept: int = 0
    unlisted: int = 0
    refused: list[RefusedPart] = field(default_factory=list)
