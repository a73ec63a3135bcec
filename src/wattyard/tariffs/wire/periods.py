"""From the JSON of periods, clocks, holidays and currencies to the domain's (contract 2b)."""

import re
from datetime import date
from typing import Final

from wattyard.kernel.ids import shown
from wattyard.kernel.refusals import Fault
from wattyard.tariffs.domain.billing import Billing, BillingInvalid
from wattyard.tariffs.domain.holidays import AS_DECREED, HolidayDay, HolidayRules, holiday_day
from wattyard.tariffs.domain.tariff import Conversion
from wattyard.tariffs.wire.shapes import RulesShape

BY_FORMULA: Final = "FORMULA"

_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)", re.ASCII)


def billing_of(rules: RulesShape) -> Billing:
    """Read from which days the months of a tariff run.

    Raises:
        BillingInvalid: when a date does not exist, or they do not ascend.
    """
    days = []
    for number, text in enumerate(rules.billing_periods):
        try:
            days.append(date.fromisoformat(text))
        except ValueError:
            raise BillingInvalid(
                f"billing_periods are dates such as 2026-01-31; got {shown(text)}",
                param=f"billing_periods[{number}]",
            ) from None
    return Billing(rules.billing_day, tuple(days))


def conversion_of(rules: RulesShape) -> Conversion | None:
    """Read how prices in another currency are converted."""
    said = rules.currency_conversion
    if said is None or said == BY_FORMULA:
        return None if said is None else Conversion()
    return Conversion(code=said) if isinstance(said, str) else Conversion(rate=said)


def clock_offset_minutes(rules: RulesShape) -> int | None:
    """Read how far the clock of a schedule is ahead of UTC; None for that of the place."""
    if rules.clock == "LOCAL":
        return None
    offset = _OFFSET.fullmatch(rules.clock)
    if offset is None:
        return 0
    minutes = int(offset[2]) * 60 + int(offset[3])
    return -minutes if offset[1] == "-" else minutes


def holidays_of(rules: RulesShape, malformed: list[Fault]) -> HolidayRules:
    """Read which days count as holidays; dates that do not exist are added to `malformed`."""
    said = rules.holidays
    if said is None:
        return AS_DECREED
    lists = {}
    for name in ("only", "add", "remove"):
        days: list[HolidayDay] = []
        for number, text in enumerate(getattr(said, name)):
            try:
                days.append(holiday_day(text))
            except ValueError:
                path = f"holidays.{name}[{number}]"
                message = f"{path}: there is no such date as {shown(text)}"
                malformed.append(Fault("holidays_invalid", message, path))
        lists[name] = tuple(days)
    return HolidayRules(said.calendar, **lists, observed=said.observed)
