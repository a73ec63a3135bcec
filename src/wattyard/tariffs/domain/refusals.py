"""Why a tariff is not taken, or has no price (contract 2; contract 0, Errors)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Self

from wattyard.kernel.refusals import Fault, Malformed, StateForbids


class RefusedInParts(StateForbids):
    """Several things are wrong at once."""

    code = "tariff_invalid"

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> Self:
        """Build one refusal that reports several faults; the first leads."""
        refusal = cls(faults[0].message, param=faults[0].param, code=faults[0].code)
        refusal.faults = tuple(faults)
        return refusal


class ScheduleRefused(RefusedInParts):
    """The tariff's schedule is well formed, but does not price its contract's time once."""

    code = "schedule_invalid"


class GapInTimePeriod(ScheduleRefused):
    """On some day of the contract a time of day has no price."""

    code = "gap_in_time_period"


class TimePeriodOverlap(ScheduleRefused):
    """On some day of the contract a time of day is priced more than once."""

    code = "time_period_overlap"


class IncompleteTimePeriod(ScheduleRefused):
    """Some date of the contract is matched by no entry of the schedule."""

    code = "incomplete_time_period"


class FormulaInvalid(ScheduleRefused):
    """A price formula cannot be read or can never be calculated; the message names the column."""

    code = "formula_invalid"


class HolidayUnknown(ScheduleRefused):
    """`holidays` names a day that the calendar of the location's country and state lacks."""

    code = "holiday_unknown"


class PriceImplausible(RefusedInParts):
    """A price is beyond what a kWh or a standing charge costs anywhere: probably a slip of unit."""

    code = "price_implausible"


class TariffTypeInvalid(Malformed):
    """A non-commodity tariff is possible for IMPORT only."""

    code = "tariff_type_invalid"


class TariffTermOverlap(StateForbids):
    """Another connected tariff of the same location, type and direction is valid at that time."""

    code = "tariff_term_overlap"


class NoTariffConnected(StateForbids):
    """The location has no tariff for the direction at some time of the request."""

    code = "no_tariff_connected"


LAID_AT_ONCE: Final = 2_000_000
"""Prices by the second for three weeks, by the minute for years: about 300 MB of arrays."""


class TooManyPrices(Malformed):
    """The span holds more prices than one answer gives: ask for a shorter one."""

    code = "end_time_invalid"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"the span holds more than {most:,} prices of different times or tiers; "
            "end_time must be nearer to start_time",
            param="end_time",
        )


class NoPriceData(StateForbids):
    """There is no price for some instant: nothing is published, or a formula has no value."""

    code = "no_price_data"

    def __init__(
        self,
        message: str,
        *,
        since: datetime | None = None,
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message, param=param, code=code)
        self.since = since
        """The first instant without a price, where it is known."""


class UnsupportedComponent(RefusedInParts):
    """A document to import has parts that this grammar cannot express; they are named."""

    code = "unsupported_component"
