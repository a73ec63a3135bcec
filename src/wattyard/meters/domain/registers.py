"""Cumulative registers: differences of register reads become readings (contract 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from wattyard.kernel.clock_changes import DAY_US
from wattyard.meters.domain.readings import AHEAD, EARLIEST, LONGEST_PERIOD, Failed

_AHEAD_US: Final = AHEAD.days * DAY_US
_LONGEST_US: Final = LONGEST_PERIOD.days * DAY_US


@dataclass(frozen=True, slots=True)
class RegisterRead:
    """What a register showed: at `time_us` microseconds since 1970, `total_kwh` in all."""

    number: int
    time_us: int
    total_kwh: float


@dataclass(frozen=True, slots=True)
class Consumption:
    """Energy between two register reads; `number` is that of the later one."""

    number: int
    start_us: int
    end_us: int
    energy_kwh: float


@dataclass(frozen=True, slots=True)
class Differences:
    """What follows from register reads; `base` is where the next ones start from."""

    consumptions: tuple[Consumption, ...]
    failed: tuple[Failed, ...]
    base: RegisterRead | None


def differences(
    base: RegisterRead | None, reads: Sequence[RegisterRead], now_us: int
) -> Differences:
    """Turn register reads, in any order, into the energy between them.

    The first starts from `base`, the register's last stored read; without one it only becomes the
    base. A falling register is a reset: it is reported, and the new value becomes the base. A read
    at the time of another is a duplicate; one before `base` is late; one more than a day after
    `now_us` is in the future. A gap of more than 31 days is divided into equal parts of at most 31
    days, so that nothing is lost.
    """
    found: list[Consumption] = []
    failed: list[Failed] = []
    for read in sorted(reads, key=lambda read: (read.time_us, read.number)):
        fault = _fault(base, read, now_us)
        if fault is not None:
            failed.append(Failed(read.number, None, *fault))
            if fault[0] != "register_reset":
                continue
        elif base is not None:
            found += _parts(base, read)
        base = read
    return Differences(tuple(found), tuple(failed), base)


def _fault(base: RegisterRead | None, read: RegisterRead, now_us: int) -> tuple[str, str] | None:
    if read.time_us > now_us + _AHEAD_US:
        return "time_in_future", "a register cannot be read more than a day ahead of now"
    if read.time_us < EARLIEST:
        return "time_invalid", "time must not be before 2000-01-01T00:00:00Z"
    return None if base is None else _fault_after(base, read)


def _fault_after(base: RegisterRead, read: RegisterRead) -> tuple[str, str] | None:
    if read.time_us == base.time_us:
        return "time_duplicate", "the register was already read at this time"
    if read.time_us < base.time_us:
        return "time_invalid", "time is before the register's last stored read"
    if read.total_kwh < base.total_kwh:
        fell = f"the register fell from {base.total_kwh:g} to {read.total_kwh:g} kWh"
        return (
            "register_reset",
            f"{fell}: no energy is counted, and the register starts again from here",
        )
    return None


def _parts(base: RegisterRead, read: RegisterRead) -> list[Consumption]:
    length = read.time_us - base.time_us
    count = -(-length // _LONGEST_US)
    edges = [base.time_us + length * n // count for n in range(count + 1)]
    energy_kwh = read.total_kwh - base.total_kwh
    return [
        Consumption(read.number, start, end, energy_kwh * ((end - start) / length))
        for start, end in pairwise(edges)
    ]
