"""Times and pieces of bodies, read with all their faults."""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Protocol

import msgspec

from wattyard.kernel import instants
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.ids import shown
from wattyard.kernel.refusals import Fault, Malformed
from wattyard.platform.decoding.texts import Instant
from wattyard.schedules.domain.site.devices import Stretch


class Spanned(Protocol):
    """Whatever has a start and an end."""

    @property
    def start_time(self) -> datetime: ...
    @property
    def end_time(self) -> datetime: ...


class Faults:
    """The faults of a body, gathered while it is read."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, param: str, message: str, *, missing: bool = False) -> None:
        """Note a fault of a parameter; its code is that of the field that the path ends in."""
        field = re.sub(r"\[\d+\]", "", param.rpartition(".")[2])
        code = f"{field}_missing" if missing else f"{field}_invalid"
        self.found.append(Fault(code, f"{param}: {message}", param))

    def check(self) -> None:
        """Pass where there are none.

        Raises:
            Malformed: with all of them.
        """
        if self.found:
            raise Malformed.of(self.found)

    def stretch(self, body: Spanned, path: str) -> Stretch:
        """Read a stretch of time."""
        if body.end_time <= body.start_time:
            self.add(
                f"{path}.end_time",
                f"end_time must be after start_time; got {body.end_time.isoformat()} for a start "
                f"at {body.start_time.isoformat()}",
            )
        return Stretch(microseconds(body.start_time), microseconds(body.end_time))

    def stretches(self, bodies: Sequence[Spanned], path: str) -> list[Stretch]:
        """Read stretches of time that may overlap."""
        return [self.stretch(one, f"{path}[{n}]") for n, one in enumerate(bodies)]

    def apart(self, bodies: Sequence[Spanned], path: str) -> list[Stretch]:
        """Read stretches of time that may not overlap."""
        found = self.stretches(bodies, path)
        order = sorted(range(len(found)), key=lambda n: found[n])
        for earlier, later in pairwise(order):
            if found[later].start_us < found[earlier].end_us:
                self.add(
                    f"{path}[{later}].start_time",
                    f"start_time must not be before the end of {path}[{earlier}]: the two overlap",
                )
        return found

    def instant_us(self, text: str, path: str) -> int | None:
        """Read an instant that stands where a word may stand too; None for one at fault."""
        try:
            at: datetime | None = msgspec.convert(text, Instant)
        except (msgspec.ValidationError, ValueError):
            at = None
        if at is None or not instants.is_taken(at):
            self.add(
                path, f"must be an RFC 3339 time with an offset or Z, or `end`; got {shown(text)}"
            )
            return None
        return microseconds(at)
