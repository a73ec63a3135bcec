"""Meter readings as columns: energy of periods, each of a series (contract 3, Readings)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from wattyard.kernel.arrays import Integers, Marks, Numbers, np
from wattyard.kernel.clock_changes import Microseconds, instant, microseconds
from wattyard.kernel.refusals import Malformed, Missing
from wattyard.kernel.values import dataclass

FlowDirection = Literal["INBOUND", "OUTBOUND"]
"""INBOUND is drawn from the grid, OUTBOUND fed into it."""
TariffDirection = Literal["IMPORT", "EXPORT", "LOCAL"]
Units = Literal["W", "KW", "WH", "KWH"]

LARGEST_KWH: Final = 1_000_000.0
LONGEST_PERIOD: Final = timedelta(days=31)
"""By the wall clock of the site: a month of 31 days in which clocks went back is one reading."""
LONGEST_ELAPSED: Final = LONGEST_PERIOD + timedelta(hours=2)
"""No time zone sets its clock back further than this."""
AHEAD: Final = timedelta(days=1)
"""How far in the future a reading with confidence 1 may end."""
FURTHEST: Final = timedelta(days=1096)
"""How far in the future a forecast may end: each month has a table of its own."""
EARLIEST: Final = microseconds(datetime.fromisoformat("2000-01-01T00:00:00Z"))
TOO_LONG: Final = ("period_too_long", "a reading covers at most 31 days; split it")
RECORDS_AT_ONCE: Final = 10_000
RECORDS_IN_A_STREAM: Final = 1_000_000
FAILED_SHOWN: Final = 1_000
"""How many failed records a batch lists; it counts them all."""
REGISTER_LENGTH: Final = 32
"""Characters of a register's name, at most."""


_LONGEST_US = LONGEST_ELAPSED // timedelta(microseconds=1)
_AHEAD_US = AHEAD // timedelta(microseconds=1)
_FURTHEST_US = FURTHEST // timedelta(microseconds=1)


class MeterBatchNotFound(Missing):
    """There is no such meter batch in this account and mode."""

    code = "meter_batch_not_found"


@dataclass(frozen=True, slots=True)
class Stream:
    """Where readings belong: a device at a site, or the site's own meter where `device_id` is None.

    Readings of one stream never overlap. Those of several registers of a meter may, and add up
    (contract 2b, Registers).
    """

    site_id: UUID
    device_id: UUID | None
    flow: FlowDirection
    direction: TariffDirection
    register: str | None = None

    @property
    def key(self) -> tuple[UUID, str, str, str | None]:
        """What readings are unique within: a device counts once, at whatever site it is read."""
        return (*self.meter_key, self.register)

    @property
    def meter_key(self) -> tuple[UUID, str, str]:
        """What the registers that add up have in common, wherever they are read."""
        return (self.device_id or self.site_id, self.flow, self.direction)

    @property
    def of_all_registers(self) -> "Stream":
        """The stream of what the meter's registers have read together at this site."""
        return self if self.register is None else replace(self, register=None)


def direction_of(flow: FlowDirection) -> TariffDirection:
    """Pick the tariff direction for a flow when the client names none."""
    return "IMPORT" if flow == "INBOUND" else "EXPORT"


@dataclass(frozen=True, slots=True)
class Failed:
    """A rejected record: its number from 1, the client's reference, and why."""

    record_num: int
    record_reference_id: str | None
    code: str
    error: str


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """n readings as columns.

    `number` (n) counts them as sent, from 1; `stream` (n) positions in `streams`;
    `starts_us`, `ends_us` (n) in microseconds since 1970 (UTC); `energy_kwh`, `confidence` (n).
    """

    streams: tuple[Stream, ...]
    number: Integers
    stream: Integers
    starts_us: Microseconds
    ends_us: Microseconds
    energy_kwh: Numbers
    confidence: Numbers
    sessions: Sequence[str | None]
    references: Sequence[str | None]

    def __len__(self) -> int:
        return int(self.number.size)

    def only(self, kept: Marks) -> "Readings":
        """Keep the marked ones (n)."""
        if kept.all():
            return self
        return self.at(np.flatnonzero(kept))

    def at(self, positions: Integers) -> "Readings":
        """Take the readings at these positions, in their order."""
        listed = positions.tolist()
        return Readings(
            self.streams,
            self.number[positions],
            self.stream[positions],
            self.starts_us[positions],
            self.ends_us[positions],
            self.energy_kwh[positions],
            self.confidence[positions],
            [self.sessions[n] for n in listed],
            [self.references[n] for n in listed],
        )

    def failed(self, marks: Marks, code: str, error: str) -> list[Failed]:
        """Report the marked readings (n) as failed."""
        return [
            Failed(int(self.number[n]), self.references[n], code, error)
            for n in np.flatnonzero(marks).tolist()
        ]


class Metered(NamedTuple):
    """Stored readings (n): those of each series together and in order of time."""

    series: Integers
    starts_us: Microseconds
    ends_us: Microseconds
    energy_kwh: Numbers
    confidence: Numbers
    sessions: Sequence[str | None]
    references: Sequence[str | None]

    def part(self, where: slice) -> "Metered":
        """Take readings that follow each other."""
        return Metered(
            self.series[where],
            self.starts_us[where],
            self.ends_us[where],
            self.energy_kwh[where],
            self.confidence[where],
            self.sessions[where],
            self.references[where],
        )


def in_order(metered: Metered) -> Metered:
    """Put readings in the order of their series, and those of each in order of time."""
    same = np.diff(metered.series)
    if ((same > 0) | ((same == 0) & (np.diff(metered.starts_us) > 0))).all():
        return metered
    order = np.lexsort((metered.starts_us, metered.series))
    listed = order.tolist()
    return Metered(
        metered.series[order],
        metered.starts_us[order],
        metered.ends_us[order],
        metered.energy_kwh[order],
        metered.confidence[order],
        [metered.sessions[n] for n in listed],
        [metered.references[n] for n in listed],
    )


def judged(readings: Readings, now_us: int) -> tuple[Readings, list[Failed]]:
    """Keep the valid readings and report the others, each with its first fault."""
    failed: list[Failed] = []
    good = np.ones(len(readings), np.bool_)
    for bad, code, error in _faults(readings, now_us):
        failed += readings.failed(good & bad, code, error)
        good &= ~bad
    return readings.only(good), failed


def longer_on_the_wall(readings: Readings, zones: Sequence[ZoneInfo | None]) -> Marks:
    """Mark (n) readings that are longer than 31 days, by the clock of their site as well.

    `zones` are those of the streams; None where it does not matter.
    """
    longer = readings.ends_us - readings.starts_us > LONGEST_PERIOD // timedelta(microseconds=1)
    for n in np.flatnonzero(longer).tolist():
        zone = zones[readings.stream[n]]
        start, end = (
            instant(int(edge_us[n])).astimezone(zone).replace(tzinfo=None)
            for edge_us in (readings.starts_us, readings.ends_us)
        )
        longer[n] = end - start > LONGEST_PERIOD
    return longer


def _faults(r: Readings, now_us: int) -> list[tuple[Marks, str, str]]:
    return [
        (r.ends_us <= r.starts_us, "end_time_invalid", "end_time must be after start_time"),
        (
            r.starts_us < EARLIEST,
            "start_time_invalid",
            "start_time must not be before 2000-01-01T00:00:00Z",
        ),
        (
            r.ends_us - r.starts_us > _LONGEST_US,
            *TOO_LONG,
        ),
        (~np.isfinite(r.energy_kwh), "value_invalid", "the energy must be a finite number"),
        (
            r.energy_kwh < 0,
            "value_negative",
            "the energy must not be negative; energy_flow_direction gives its direction",
        ),
        (
            r.energy_kwh > LARGEST_KWH,
            "value_too_large",
            "the energy must be at most 1,000,000 kWh",
        ),
        (
            (r.ends_us > now_us + _AHEAD_US) & (r.confidence >= 1),
            "time_in_future",
            "a reading that ends more than a day ahead is a forecast: send a confidence below 1",
        ),
        (
            r.ends_us > now_us + _FURTHEST_US,
            "time_in_future",
            "a forecast ends at most three years ahead",
        ),
    ]


class SentEnergy(Protocol):
    """The energy of a period in either of its two forms."""

    @property
    def start_time(self) -> datetime: ...

    @property
    def end_time(self) -> datetime: ...

    @property
    def units(self) -> Units | None: ...

    @property
    def value(self) -> float | None: ...

    @property
    def energy_kwh(self) -> float | None: ...


def energy_of(body: SentEnergy) -> float:
    """Find the energy (kWh) of a record.

    Raises:
        Malformed: unless there is `energy_kwh`, or `units` and `value`.
    """
    if body.energy_kwh is not None:
        if body.value is not None or body.units is not None:
            raise Malformed(
                "energy_kwh replaces units and value: send one or the other",
                param="energy_kwh",
                code="parameters_exclusive",
            )
        return body.energy_kwh
    if body.value is None or body.units is None:
        missing = "value" if body.value is None else "units"
        raise Malformed(
            f"{missing} is required, or energy_kwh instead of units and value",
            param=missing,
            code=f"{missing}_missing",
        )
    energy = body.value
    if body.units in ("W", "KW"):
        energy *= (body.end_time - body.start_time).total_seconds() / 3600
    return energy / 1000 if body.units in ("W", "WH") else energy
