"""Cumulative registers: differences of register reads become readings (contracts 3 and 2b)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

from wattyard.kernel.clock_changes import DAY_US
from wattyard.kernel.values import dataclass, field
from wattyard.meters.domain.readings import AHEAD, EARLIEST, LONGEST_PERIOD, Failed, Stream

GLITCH_US: Final = timedelta(hours=48) // timedelta(microseconds=1)
"""How long after its fall a register may come back, so that it was no reset."""

REGISTERS_OF_A_METER: Final = 100
"""The most registers of a meter and direction: they are added up whenever it is read."""
TOO_MANY: Final = (
    "registers_too_many",
    f"a meter has at most {REGISTERS_OF_A_METER} registers in each direction",
)

_AHEAD_US: Final = AHEAD.days * DAY_US
_LONGEST_US: Final = LONGEST_PERIOD.days * DAY_US


@dataclass(frozen=True, slots=True)
class RegisterRead:
    """What a register showed: at `time_us` microseconds since 1970, `total_kwh` in all."""

    number: int
    time_us: int
    total_kwh: float


@dataclass(frozen=True, slots=True)
class Fall:
    """A register fell, and nothing has shown yet whether it was reset.

    `before_us`, `before_kwh` are its last read before, `since_us` the time of the first low one.
    """

    before_us: int
    before_kwh: float
    since_us: int


@dataclass(frozen=True, slots=True)
class RegisterState:
    """A register's last read, from which the next one counts, and its fall where one is open."""

    last: RegisterRead
    fall: Fall | None = None


@dataclass(frozen=True, slots=True)
class Consumption:
    """Energy between two register reads; `number` is that of the later one."""

    number: int
    start_us: int
    end_us: int
    energy_kwh: float


@dataclass(frozen=True, slots=True)
class Differences:
    """What follows from register reads; `state` is where the next ones start from.

    `withdrawn_us`: the time in which the low reads of earlier batches booked what was no energy.
    """

    consumptions: tuple[Consumption, ...]
    failed: tuple[Failed, ...]
    state: RegisterState | None
    withdrawn_us: tuple[int, int] | None = None


def differences(
    state: RegisterState | None, reads: Sequence[RegisterRead], now_us: int
) -> Differences:
    """Turn register reads, in any order, into the energy between them.

    The first starts from `state`, the register's last stored read; without one it only becomes the
    base. A falling register is a reset: it is reported, and the new value becomes the base. But
    where it reads at or above its value before the fall again within 48 hours of the first low
    read, and the low reads did not rise among themselves, it was none: they are reported as
    glitches and passed over, and what those of earlier batches booked is withdrawn.

    A read at the time of another is a duplicate; one before the base is late; one more than a day
    after `now_us` is in the future. A gap of more than 31 days is divided into equal parts of at
    most 31 days, so that nothing is lost.
    """
    counting = _Counting(state)
    failed: list[Failed] = []
    for read in sorted(reads, key=lambda read: (read.time_us, read.number)):
        fault = _fault(counting.last, read, now_us)
        if fault is None:
            counting.take(read)
        else:
            failed.append(Failed(read.number, None, *fault))
    failed += counting.failed
    return Differences(
        tuple(counting.found),
        tuple(sorted(failed, key=lambda one: one.record_num)),
        None if counting.last is None else RegisterState(counting.last, counting.fall),
        counting.withdrawn_us,
    )


@dataclass
class _Counting:
    """Counts from read to read; low reads after a fall are open until it is clear what it was."""

    state: RegisterState | None
    found: list[Consumption] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    withdrawn_us: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        self.last = None if self.state is None else self.state.last
        self.fall = None if self.state is None else self.state.fall
        self._low: list[RegisterRead] = []
        self._booked = self._told = 0  # how much was found and failed before the fall

    def take(self, read: RegisterRead) -> None:
        last, fall = self.last, self.fall
        if last is None:
            self.last = read
            return
        if fall is not None and read.time_us > fall.since_us + GLITCH_US:
            fall = self.fall = None
        if fall is not None and read.total_kwh >= fall.before_kwh:
            last = self._come_back(fall)
        elif read.total_kwh < last.total_kwh:
            self._fallen(last, read)
        elif fall is not None and read.total_kwh == last.total_kwh:
            self._low.append(read)
        else:
            self.fall = None
        if read.total_kwh >= last.total_kwh:
            self.found += _parts(last, read)
        self.last = read

    def _fallen(self, last: RegisterRead, read: RegisterRead) -> None:
        if self.fall is None:
            self.fall = Fall(last.time_us, last.total_kwh, read.time_us)
            self._low, self._booked, self._told = [], len(self.found), len(self.failed)
        self._low.append(read)
        fell = f"the register fell from {last.total_kwh:g} to {read.total_kwh:g} kWh"
        hint = f"{fell}: no energy is counted, and the register starts again from here"
        self.failed.append(Failed(read.number, None, "register_reset", hint))

    def _come_back(self, fall: Fall) -> RegisterRead:
        """Pass over the low reads; gives the last one before them."""
        assert self.last is not None  # noqa: S101 (a register that has fallen was read)
        del self.found[self._booked :], self.failed[self._told :]
        for low in self._low:
            hint = (
                f"the register briefly read {low.total_kwh:g} kWh, between reads of "
                f"{fall.before_kwh:g} kWh or more: ignored as a glitch"
            )
            self.failed.append(Failed(low.number, None, "register_glitch", hint))
        if not self._low or self._low[0].time_us > fall.since_us:
            self.withdrawn_us = (fall.since_us, self.last.time_us)
        self.fall, self._low = None, []
        return RegisterRead(0, fall.before_us, fall.before_kwh)


def _fault(base: RegisterRead | None, read: RegisterRead, now_us: int) -> tuple[str, str] | None:
    if read.time_us > now_us + _AHEAD_US:
        return "time_in_future", "a register cannot be read more than a day ahead of now"
    if read.time_us < EARLIEST:
        return "time_invalid", "time must not be before 2000-01-01T00:00:00Z"
    if base is None or read.time_us > base.time_us:
        return None
    if read.time_us == base.time_us:
        return "time_duplicate", "the register was already read at this time"
    return "time_invalid", "time is before the register's last stored read"


def _parts(base: RegisterRead, read: RegisterRead) -> list[Consumption]:
    length = read.time_us - base.time_us
    count = -(-length // _LONGEST_US)
    edges = [base.time_us + length * n // count for n in range(count + 1)]
    energy_kwh = read.total_kwh - base.total_kwh
    return [
        Consumption(read.number, start, end, energy_kwh * ((end - start) / length))
        for start, end in pairwise(edges)
    ]


def beyond_the_most(stored: Iterable[Stream], streams: Sequence[Stream]) -> list[bool]:
    """Mark the streams (n) that would be new registers of a meter that has enough of them.

    `stored` are the streams of the same meters that there are already.
    """
    registers: defaultdict[tuple[object, ...], set[str]] = defaultdict(set)
    for stream in stored:
        if stream.register is not None:
            registers[stream.meter_key].add(stream.register)
    beyond = []
    for stream in streams:
        known = registers[stream.meter_key]
        is_new = stream.register is not None and stream.register not in known
        beyond.append(is_new and len(known) >= REGISTERS_OF_A_METER)
        if is_new and not beyond[-1] and stream.register is not None:
            known.add(stream.register)
    return beyond
