"""What in a tariff is possible but probably not meant (contract 2b)."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import chain, islice
from typing import Final

from wattyard.kernel.ids import shown
from wattyard.kernel.refusals import Fault
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.coverage import FAULT_LIMIT
from wattyard.tariffs.domain.holidays import takes_a_holiday
from wattyard.tariffs.domain.plausible import implausible
from wattyard.tariffs.domain.refusals import PriceImplausible
from wattyard.tariffs.domain.tariff import Tariff, local_dates

_YEARS: Final = 10


def warnings(tariff: Tariff, region: CalendarRegion, currency_code: str) -> list[Fault]:
    """List what a person should look at again, at most 100 things."""
    found = chain(
        implausible(tariff, currency_code), _lone_counters(tariff), _kept_days(tariff, region)
    )
    return list(islice(found, FAULT_LIMIT))


def check_plausible(tariff: Tariff, currency_code: str) -> None:
    """Refuse a tariff with prices beyond what they are anywhere.

    Raises:
        PriceImplausible: naming each of them, 100 at most.
    """
    found = list(islice(implausible(tariff, currency_code), FAULT_LIMIT))
    if found:
        raise PriceImplausible.of(found)


def _lone_counters(tariff: Tariff) -> Iterator[Fault]:
    """Name counters that only one entry of hours has: it counts alone without a word, too."""
    words = Counter(window.counter for window in tariff.schedule.windows)
    for line in tariff.schedule.lines:
        for number, window in enumerate(line.block.windows):
            if window.counter is not None and words[window.counter] == 1:
                path = f"schedule{line.path}.hours[{number}].counter"
                yield Fault(
                    "counter_alone",
                    f"{path}: no other hours have the counter {shown(window.counter)}; hours that "
                    "are to count together need the same word",
                    path,
                )


def _kept_days(tariff: Tariff, region: CalendarRegion) -> Iterator[Fault]:
    """Name days that `remove` takes from the holidays and that are none in ten years."""
    rules = tariff.holidays
    first = local_dates(tariff.term, region)[0].year
    place = region.country_code, region.state
    years = range(first, min(first + _YEARS, date.max.year + 1))
    for number, day in enumerate(rules.remove):
        if not any(takes_a_holiday(place, rules, day, year) for year in years):
            path = f"holidays.remove[{number}]"
            message = f"{path}: the day is not a holiday in {first} to {years[-1]}"
            yield Fault("holiday_not_there", message, path)
