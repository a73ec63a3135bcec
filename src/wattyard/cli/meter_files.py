"""Importing a file of readings into the database, chunk by chunk."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from wattyard.app import Services
from wattyard.cli.imports import progress_bar
from wattyard.cli.options import CommandFailed
from wattyard.kernel.context import Context
from wattyard.kernel.values import dataclass, field
from wattyard.meters.adapters.arrivals import columns_of
from wattyard.meters.adapters.file_registers import PLAUSIBLE_KW, Survey
from wattyard.meters.adapters.importers import READERS
from wattyard.meters.adapters.meter_file import (
    MeterFormat,
    MeterReading,
    Options,
    Part,
    RefusedReading,
    Register,
)
from wattyard.meters.domain.batches import MeterBatch
from wattyard.meters.domain.readings import RECORDS_AT_ONCE, Failed
from wattyard.meters.service import Meters


@dataclass
class MeterImportTally:
    """The outcome of an import: how many readings were kept, what was refused, and why."""

    kept: int = 0
    refused: list[RefusedReading] = field(default_factory=list)
    unlisted: int = 0
    """How many were refused beyond those that a batch lists."""
    batch: UUID | None = None


@dataclass
class Chunk:
    """Readings that are stored together, and what was refused among them."""

    readings: list[MeterReading] = field(default_factory=list)
    refused: list[RefusedReading] = field(default_factory=list)
    is_last: bool = False


@dataclass(frozen=True)
class MeteringPoint:
    """Whose readings a file holds: a device's, or those of the site's own meter."""

    context: Context
    site_id: UUID
    device_id: UUID | None
    registers: Mapping[Register, str | None]
    """The name under which each register of the file is kept."""


@dataclass(frozen=True)
class MeterFile:
    """A file of readings, and how to read it."""

    path: Path
    form: MeterFormat
    options: Options
    channel: str | None

    @contextmanager
    def opened(self) -> Iterator[tuple[BinaryIO, Iterator[Part]]]:
        """Open the file at its start, with the readings in it."""
        with self.path.open("rb") as stream:
            yield stream, READERS[self.form](stream, self.options)

    def survey(self, *, allow_implausible: bool) -> Survey:
        """Find the registers of the file, and what it says beside them.

        Raises:
            CommandFailed: when the channel is not in the file; or when a column of a CSV file is
                more than a house can have used, or seems to hold register reads, and that was
                not allowed.
        """
        with self.opened() as (_, read):
            survey = Survey.of(read)
        listed = ", ".join(f'"{one.name}" ({one.direction})' for one in survey.registers)
        if self.channel is not None and self.channel not in {one.name for one in survey.registers}:
            raise CommandFailed(
                f'{self.path} has no register "{self.channel}" with readings; '
                f"it has {listed or 'none'}"
            )
        if self.options.columns is not None and not allow_implausible:
            self._check_plausible(survey)
        return survey

    def _check_plausible(self, survey: Survey) -> None:
        for register, own in survey.registers.items():
            name = f'"{register.name}"' if register.name else "the column of values"
            takes = "; --allow-implausible takes it as it is"
            columns = self.options.columns
            reads = columns is not None and not columns.register_reads
            if own.mean_kw > PLAUSIBLE_KW:
                fault = (
                    f"{name} has a mean power of {own.mean_kw:,.0f} kW, beyond what a house uses"
                )
                if reads and own.are_reads(register.name):
                    raise CommandFailed(f"{fault}: its values seem to be --register-reads{takes}")
                raise CommandFailed(f"{fault} ({PLAUSIBLE_KW:g} kW): is --unit right{takes}")
            if reads and own.are_reads(register.name):
                raise CommandFailed(
                    f"the values of {name} only rise, as reads of a register do: is "
                    f"--register-reads meant{takes}"
                )


async def bring_in(
    services: Services, source: MeterFile, meter: MeteringPoint, *, dry_run: bool, show: bool
) -> MeterImportTally:
    """Store the readings of a file as one batch; on a dry run, only check them."""
    tally = MeterImportTally()
    batch = None if dry_run else await services.get(Meters).begin(meter.context)
    with source.opened() as (stream, read), progress_bar(show=show) as progress:
        task = progress.add_task("readings", total=source.path.stat().st_size)
        chunk = _next(read, source.channel)
        while not chunk.is_last:
            following = asyncio.create_task(asyncio.to_thread(_next, read, source.channel))
            batch = await _take(services, meter, batch, chunk, tally)
            chunk = await following  # was read while the database worked
            progress.update(task, completed=stream.tell())
        batch = await _take(services, meter, batch, chunk, tally)
    tally.batch = None if batch is None else batch.id
    if not (tally.kept or tally.refused):
        hint = "none of the file's energy readings was chosen"
        tally.refused.append(RefusedReading("end of file", "readings_missing", hint))
    return tally


def _next(read: Iterator[Part], channel: str | None) -> Chunk:
    """Read on until there are 10,000 readings, or until the end."""
    chunk = Chunk()
    for one in read:
        if isinstance(one, RefusedReading):
            chunk.refused.append(one)
        elif isinstance(one, MeterReading) and channel in (None, one.channel):
            chunk.readings.append(one)
            if len(chunk.readings) == RECORDS_AT_ONCE:
                return chunk
    chunk.is_last = True
    return chunk


async def _take(
    services: Services,
    meter: MeteringPoint,
    batch: MeterBatch | None,
    chunk: Chunk,
    tally: MeterImportTally,
) -> MeterBatch | None:
    """Store a chunk as part of the batch; without a batch (a dry run), only check it."""
    count = len(chunk.readings)
    readings = columns_of(chunk.readings, meter.site_id, meter.device_id, meter.registers)
    failed: Sequence[Failed]
    if batch is None:
        failed = await services.get(Meters).judge(meter.context, readings)
        refused = len(failed)
        before = 0
    else:
        earlier, before = batch, batch.submitted
        batch = await services.get(Meters).go_on(
            meter.context, batch, readings, submitted=count, last=chunk.is_last
        )
        failed = batch.failed[len(earlier.failed) :]
        refused = batch.failed_count - earlier.failed_count
    tally.kept += count - refused
    tally.unlisted += refused - len(failed)
    tally.refused += chunk.refused
    tally.refused += [
        RefusedReading(chunk.readings[one.record_num - before - 1].where, one.code, one.error)
        for one in failed
    ]
    return batch
