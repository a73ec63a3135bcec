"""Readings of a file as the columns that use-cases take."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import microseconds
from wattyard.meters.adapters.meter_file import MeterReading, Register
from wattyard.meters.domain.readings import Readings, Stream, direction_of


def columns_of(
    read: Sequence[MeterReading],
    site_id: UUID,
    device_id: UUID | None,
    stored: Mapping[Register, str | None],
) -> Readings:
    """Turn n readings of a file into columns of a device, or of a site's own meter.

    `stored` has the name under which each register of the file is kept.
    """
    count = len(read)
    places: dict[Register, int] = {}
    stream = [
        places.setdefault(Register(one.channel, one.energy_flow_direction), len(places))
        for one in read
    ]
    return Readings(
        tuple(
            Stream(site_id, device_id, one.direction, direction_of(one.direction), stored[one])
            for one in places
        ),
        np.arange(1, count + 1),
        np.array(stream, dtype=np.int64),
        np.array([microseconds(one.start_time) for one in read], dtype=np.int64),
        np.array([microseconds(one.end_time) for one in read], dtype=np.int64),
        np.array([one.energy_kwh for one in read], dtype=np.float64),
        np.array([one.confidence for one in read], dtype=np.float64),
        [None] * count,
        [None] * count,
    )
