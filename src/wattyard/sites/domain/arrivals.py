"""Arrivals: the lines of an import, and their outcome."""

from collections.abc import Callable, Sequence

from wattyard.kernel.values import dataclass, field
from wattyard.sites.domain.devices import Device, DeviceDraft
from wattyard.sites.domain.sites import Site, SiteDraft


@dataclass(frozen=True, slots=True)
class DeviceArrival:
    """A device of an arrival; `onto` applies it to the known device of that reference."""

    draft: DeviceDraft
    onto: Callable[[Device], DeviceDraft]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One line of an import: a site by its reference, with its devices by theirs.

    `draft` makes a new site; `onto` applies the line to a known one and leaves alone what the
    line does not mention.
    """

    line: int
    reference_id: str
    draft: SiteDraft
    onto: Callable[[Site], SiteDraft]
    devices: Sequence[DeviceArrival] = ()


class FileInvalid(Exception):
    """The file as a whole cannot be read; nothing was imported."""


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A rejected line, and why."""

    line: int
    reason: str


@dataclass(slots=True)
class ImportTally:
    """Counts of the lines so far."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[RefusedLine] = field(default_factory=list)

    @property
    def taken(self) -> int:
        """How many lines were accepted, whether they changed anything or not."""
        return self.created + self.updated + self.unchanged

    def add(self, other: "ImportTally") -> None:
        """Add the counts of another tally."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.refused += other.refused
