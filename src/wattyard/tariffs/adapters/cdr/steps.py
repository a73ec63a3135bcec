"""Rates in steps of an energy plan of the Consumer Data Right, as the tiers of a tariff.

Source of the rules: the Consumer Data Standards' energy plan: `volume` is the size of a step in
kWh, counted anew each `period`; a rate by time of use counts only the energy of its own hours.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from wattyard.tariffs.adapters.cdr.shapes import CdrRate
from wattyard.tariffs.adapters.cdr.windows import CdrInvalid
from wattyard.tariffs.adapters.imports import Body, Leftovers, added

_RESETS: Final = {"P1D": "DAY", "P1M": "MONTH", "P1Y": "YEAR"}


class Steps:
    """Writes the steps of rates, all of which must be counted over one kind of period.

    `reset` and `scope` are how the tariff's tiers are counted once all rates are written.
    """

    def __init__(self, left: Leftovers) -> None:
        self._left = left
        self.reset = "MONTH"
        self.scope = "TARIFF"
        self._period: str | None = None
        self._own_hours: list[tuple[list[Body], str]] = []

    def tiers(
        self, rates: Sequence[CdrRate], period: str | None, path: str, *, own_hours: bool = False
    ) -> list[Body]:
        """Write a rate; with `own_hours` its steps count the energy of its own hours only.

        Raises:
            CdrInvalid: when there is no rate, or a step has no size though another follows.
        """
        if not rates:
            raise CdrInvalid(f"{path} has no rates", param=path)
        if not is_per_kwh(rates, path, self._left):
            return [{"value": 0.0}]
        kept = rates if len(rates) > 1 and self._countable(period, path) else rates[:1]
        written: list[Body] = [{"value": float(rate.unitPrice)} for rate in kept]
        until = 0.0
        for body, rate in zip(written[:-1], kept, strict=False):
            if rate.volume is None:
                raise CdrInvalid(f"a step of {path} has no volume: another follows", param=path)
            until = added(until, rate.volume)
            body["to_kwh"] = until
        if rates[-1].volume is not None:
            self._left.note(f"{path}.rates", "the last step is taken to go on for ever")
        if own_hours and len(written) > 1:
            self._own_hours.append((written, path))
        return written

    def settle(self, schedule: Iterable[Body]) -> None:
        """Decide what the tiers count, once the schedule is written.

        A counter is the whole tariff's, or that of one item of `hours`. Steps by time of use
        whose hours are several items cannot be counted; their first is kept.
        """
        items = [
            hours["rate"]
            for entry in schedule
            for block in entry["days_and_hours"]
            for hours in block["hours"]
        ]
        for rate, path in self._own_hours:
            if sum(own is rate for own in items) == 1:
                self.scope = "PERIOD"
                continue
            self._left.unsupported(
                path, "steps of hours that differ by day or season; only the first is kept"
            )
            del rate[1:]
            rate[0].pop("to_kwh", None)

    def _countable(self, period: str | None, path: str) -> bool:
        if period in _RESETS and self._period in (None, period):
            self._period = period
            self.reset = _RESETS[period]
            return True
        counted = period or "no period"
        self._left.unsupported(path, f"steps counted over {counted}; only the first is kept")
        return False


def is_per_kwh(rates: Iterable[CdrRate], path: str, left: Leftovers) -> bool:
    """Check whether a rate is a price of energy; another one is named, and left out."""
    units = {rate.measureUnit for rate in rates} - {None, "KWH"}
    if units:
        left.unsupported(path, f"a rate per {', '.join(sorted(map(str, units)))}")
    return not units
