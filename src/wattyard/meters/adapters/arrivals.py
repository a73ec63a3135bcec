"""Readings of a file as the columns that use-cases take."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import numpy as np

from wattyard.kernel.clock_changes import microseconds
from wattyard.meters.adapters.meter_file import MeterReading
from wattyard.meters.domain.readings import FlowDirection, Readings, Stream, direction_of

_FLOWS: Final[tuple[FlowDirection, FlowDirection]] = ("INBOUND", "OUTBOUND")


def columns_of(read: Sequence[MeterReading], site_id: UUID, device_id: UUID | None) -> Readings:
    """Turn n readings of a file into columns of a device, or of a site's own meter."""
    count = len(read)
    return Readings(
        tuple(Stream(site_id, device_id, flow, direction_of(flow)) for flow in _FLOWS),
        np.arange(1, count + 1),
        np.array([one.energy_flow_direction == "OUTBOUND" for one in read], dtype=np.int64),
        np.array([microseconds(one.start_time) for one in read], dtype=np.int64),
        np.array([microseconds(one.end_time) for one in read], dtype=np.int64),
        np.array([one.energy_kwh for one in read], dtype=np.float64),
        np.array([one.confidence for one in read], dtype=np.float64),
        [None] * count,
        [None] * count,
    )
