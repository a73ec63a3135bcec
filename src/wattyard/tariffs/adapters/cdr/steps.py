"""Rates in steps of an energy plan of the Consumer Data Right, as the tiers of a tariff.

Source of the rules: the Consumer Data Standards' energy plan: `volume` is the size of a step in
kWh, counted anew each `period`; a rate by time of use counts only the energy of its own hours.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from wattyard.tariffs.adapters.cdr.shapes import CdrRate
from wattyard.tariffs.adapters.cdr.windows import CdrInvalid
from wattyard.tariffs.adapters.imports import Body, Leftovers, added

_RESETS: Final = {"P1D": "DAY", "day": "DAY", "P1M": "MONTH", "P1Y": "YEAR"}
"""`day` is a word of older answers."""


class Steps:
    """Writes the steps of rates, all of which must be counted over one kind of period.

    `reset` and `scope` are how the tariff's tiers are counted once all rates are written.
    """

    def __init__(self, left: Leftovers) -> None:
        self._left = left
        self.reset = "MONTH"
        self.scope = "TARIFF"
        self._reset: str | None = None
        self._own_hours: list[list[Body]] = []

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
            if rate.size_kwh is None:
                raise CdrInvalid(f"a step of {path} has no volume: another follows", param=path)
            until = added(until, rate.size_kwh)
            body["to_kwh"] = until
        if rates[-1].size_kwh is not None:
            self._left.note(f"{path}.rates", "the last step is taken to go on for ever")
        if own_hours and len(written) > 1:
            self._own_hours.append(written)
        return written

    def settle(self, schedule: Iterable[Body]) -> None:
        """Decide what the tiers count, once the schedule is written.

        A counter is the whole tariff's, or that of the `hours` of one rate: where these are
        several items, a word has them count together.
        """
        items = [
            hours
            for entry in schedule
            for block in entry["days_and_hours"]
            for hours in block["hours"]
        ]
        for number, rate in enumerate(self._own_hours, start=1):
            self.scope = "PERIOD"
            own = [hours for hours in items if hours["rate"] is rate]
            if len(own) > 1:
                for hours in own:
                    hours["counter"] = f"steps {number}"

    def _countable(self, period: str | None, path: str) -> bool:
        if period in _RESETS and self._reset in (None, _RESETS[period]):
            self._reset = self.reset = _RESETS[period]
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
