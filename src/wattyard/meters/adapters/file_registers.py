"""The registers of a file: what they are called, and whether a house can have used so much.

A first reading of the file finds them all, before anything is stored.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from typing import Final

from wattyard.kernel.values import dataclass, field
from wattyard.meters.adapters.meter_file import MeterReading, Noted, Part, Register, Remark
from wattyard.meters.domain.readings import REGISTER_LENGTH

PLAUSIBLE_KW: Final = 200.0
"""A mean power that no house uses."""

_HASH_DIGITS: Final = 8
_HOUR: Final = timedelta(hours=1)
_SURE_READS: Final = 3
_STEPS_IN_A_READ: Final = 20
"""Values that only rise, and are so many of their own steps large, are a counter's."""
_READS_KW: Final = 10.0
_NAMED_READS_KW: Final = 2.0
"""The mean power that a counter's reads seem to be, at least; less where it is called one."""
_NAMED_READS: Final = re.compile(
    r"meter ?read|register|\bstand|meterstand|zählerstand|zaehlerstand|\bindex|cumul|lifetime"
    r"|lectura|counter|tellerstand",
    re.IGNORECASE,
)


@dataclass(slots=True)
class RegisterValues:
    """What a register of a file counted, in the order of the file."""

    count: int = 0
    total_kwh: float = 0.0
    hours: float = 0.0
    estimated: int = 0
    first_kwh: float = 0.0
    last_kwh: float = 0.0
    _falls: bool = False
    _rises: bool = False

    def add(self, reading: MeterReading) -> None:
        """Count one more reading."""
        energy_kwh = reading.energy_kwh
        if self.count == 0:
            self.first_kwh = energy_kwh
        else:
            self._falls |= energy_kwh < self.last_kwh
            self._rises |= energy_kwh > self.last_kwh
        self.count += 1
        self.total_kwh += energy_kwh
        self.hours += (reading.end_time - reading.start_time) / _HOUR
        self.estimated += reading.confidence < 1
        self.last_kwh = energy_kwh

    @property
    def mean_kw(self) -> float:
        """The mean power of the time that was read."""
        return self.total_kwh / self.hours

    def are_reads(self, name: str | None) -> bool:
        """Whether the values seem to be a counter's reads: they rise, by a small part of them."""
        if self._falls == self._rises or self.count < _SURE_READS:
            return False
        step_kwh = abs(self.last_kwh - self.first_kwh) / (self.count - 1)
        least_kw = _NAMED_READS_KW if name and _NAMED_READS.search(name) else _READS_KW
        lowest_kwh = min(self.first_kwh, self.last_kwh)
        return lowest_kwh > _STEPS_IN_A_READ * step_kwh and self.mean_kw > least_kw


@dataclass(slots=True)
class Remarks:
    """How often something was noted, and where first."""

    first: Noted
    count: int = 1


@dataclass(slots=True)
class Survey:
    """What a file holds."""

    registers: dict[Register, RegisterValues] = field(default_factory=dict)
    remarks: dict[Remark, Remarks] = field(default_factory=dict)

    @classmethod
    def of(cls, read: Iterable[Part]) -> "Survey":
        """Read a file through."""
        survey = cls()
        for one in read:
            if isinstance(one, MeterReading):
                register = Register(one.channel, one.energy_flow_direction)
                survey.registers.setdefault(register, RegisterValues()).add(one)
            elif isinstance(one, Noted):
                known = survey.remarks.get(one.what)
                if known is None:
                    survey.remarks[one.what] = Remarks(one)
                else:
                    known.count += 1
        return survey

    def stored(self, alone: str | None = None) -> dict[Register, str | None]:
        """Name each register as it is kept; one that is alone in its direction `alone`, or not."""
        ways = [register.direction for register in self.registers]
        return {
            register: stored_name(register.name or "") or "-"
            if ways.count(register.direction) > 1
            else alone
            for register in self.registers
        }


def stored_name(name: str) -> str:
    """Cut a name to what a register may be called; longer ones stay different (contract 2b).

    A name without a character that can be seen is "".
    """
    plain = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if len(plain) <= REGISTER_LENGTH:
        return plain
    head = REGISTER_LENGTH - _HASH_DIGITS - 1
    return f"{plain[:head]}~{sha256(name.encode()).hexdigest()[:_HASH_DIGITS]}"
