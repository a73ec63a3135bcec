"""Uploaded files of readings, read by the reader of their format."""

import io
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Final

from wattyard.meters.adapters.arrivals import columns_of
from wattyard.meters.adapters.column_map import ColumnMap, ValueColumn
from wattyard.meters.adapters.file_registers import PLAUSIBLE_KW, Survey
from wattyard.meters.adapters.importers import READERS
from wattyard.meters.adapters.meter_file import (
    FormatUnknown,
    MeterFormat,
    MeterReading,
    Options,
    Part,
    RefusedReading,
    recognise,
)
from wattyard.meters.domain.readings import RECORDS_AT_ONCE
from wattyard.meters.domain.uploads import (
    MeterUpload,
    RefusedPart,
    UploadChunk,
    UploadUnreadable,
)

_HEAD_BYTES: Final = 4096


def chunks(upload: MeterUpload) -> Iterator[UploadChunk]:
    """Read a file in chunks of 10,000 readings, after a first reading that finds its registers.

    Raises:
        UploadUnreadable: when it has no known format, or a CSV file no such columns, or values
            that no house can have used.
    """
    form = _form(upload)
    options = Options(
        zone=upload.zone,
        default_direction=upload.direction,
        columns=_columns(upload) if form is MeterFormat.CSV else None,
    )
    survey = Survey.of(READERS[form](io.BytesIO(upload.content), options))
    if form is MeterFormat.CSV:
        _check_plausible(survey)
    stored = survey.stored()
    read = READERS[form](io.BytesIO(upload.content), options)
    last = False
    while not last:
        readings, refused, last = _next(read)
        yield UploadChunk(
            columns_of(readings, upload.site_id, upload.device_id, stored),
            [one.where for one in readings],
            [RefusedPart(one.where, one.code, one.message) for one in refused],
            last,
        )


def _next(read: Iterator[Part]) -> tuple[list[MeterReading], list[RefusedReading], bool]:
    """Read on up to 10,000 parts; and say whether that was the end."""
    parts = list(islice(read, RECORDS_AT_ONCE))
    readings = [one for one in parts if isinstance(one, MeterReading)]
    refused = [one for one in parts if isinstance(one, RefusedReading)]
    return readings, refused, len(parts) < RECORDS_AT_ONCE


def _form(upload: MeterUpload) -> MeterFormat:
    try:
        return recognise(upload.content[:_HEAD_BYTES], upload.name)
    except FormatUnknown as unknown:
        raise UploadUnreadable(str(unknown)) from unknown


def _columns(upload: MeterUpload) -> ColumnMap:
    try:
        return ColumnMap(
            values=(ValueColumn(upload.value, upload.direction, upload.unit),),
            start=upload.start or None,
            end=upload.end or None,
            length=timedelta(minutes=upload.minutes) if upload.minutes else None,
            day_first=upload.day_first,
        )
    except ValueError as fault:
        raise UploadUnreadable(str(fault), "start") from fault


def _check_plausible(survey: Survey) -> None:
    for register, own in survey.registers.items():
        if own.mean_kw > PLAUSIBLE_KW or own.are_reads(register.name):
            raise UploadUnreadable(
                f"the values have a mean power of {own.mean_kw:,.0f} kW, or only rise as reads of "
                "a register do: is the unit right? wattyard meter import takes such files",
                "value",
            )
