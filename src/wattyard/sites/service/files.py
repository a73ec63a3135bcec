"""The use-case of a fleet's file: its lines in batches, read off the event loop."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import IO, Final, Protocol

from wattyard.kernel.values import dataclass
from wattyard.sites.domain.arrivals import Arrival, ImportTally

AT_ONCE: Final = 250
"""Lines that are imported in one transaction."""


class ReadLines(Protocol):
    """Reads the lines of a file one by one; faulty ones are added to the tally."""

    def __call__(
        self, source: IO[bytes], tally: ImportTally, *, is_csv: bool
    ) -> Iterator[Arrival]: ...


@dataclass(frozen=True, slots=True)
class FleetReader:
    """How files are read; filled by the capability with its adapters."""

    lines: ReadLines


@dataclass
class FleetFiles:
    """The files of fleets."""

    reader: FleetReader

    async def batches(
        self, source: IO[bytes], tally: ImportTally, *, is_csv: bool
    ) -> AsyncIterator[list[Arrival]]:
        """Give the lines of a file in batches; each is read while the one before is imported.

        Raises:
            FileInvalid: when the header of a CSV file is not one of sites.
        """
        lines = self.reader.lines(source, tally, is_csv=is_csv)
        batch = await asyncio.to_thread(_next, lines)
        while batch:
            following = asyncio.create_task(asyncio.to_thread(_next, lines))
            try:
                yield batch
            finally:
                batch = await following


def _next(lines: Iterator[Arrival]) -> list[Arrival]:
    return list(islice(lines, AT_ONCE))
