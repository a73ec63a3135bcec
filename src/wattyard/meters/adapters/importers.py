"""The reader of each format."""

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from wattyard.meters.adapters import csv_readings, green_button, nem12
from wattyard.meters.adapters.meter_file import MeterFormat, Options, Part

Reader = Callable[[BinaryIO, Options], Iterator[Part]]

READERS: Final[dict[MeterFormat, Reader]] = {
    MeterFormat.NEM12: nem12.readings,
    MeterFormat.GREEN_BUTTON: green_button.readings,
    MeterFormat.CSV: csv_readings.readings,
}
