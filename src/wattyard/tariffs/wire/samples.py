"""The check of a tariff as JSON: what its prices look like (contract 2, Check before storing)."""

from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np

from wattyard.kernel import ids
from wattyard.kernel.clock_changes import Microseconds, instant
from wattyard.kernel.quantities import PRICE_DECIMALS, rounded
from wattyard.kernel.refusals import Fault
from wattyard.platform.decoding.texts import Time
from wattyard.sites.domain.sites import Site
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.samples import Sample, SampleDay
from wattyard.tariffs.domain.schedule import WEEKDAYS
from wattyard.tariffs.domain.tariff import Tariff
from wattyard.tariffs.wire.charge_texts import ChargeText, charge_texts


class SamplePrice(msgspec.Struct, kw_only=True):
    """A price of a day; null where a market has not published it.

    Attributes:
        valid_from: in the location's offset then
        value: money per kWh, taxes included
    """

    valid_from: Time
    valid_to: Time
    value: float | None


class SampleDayShape(msgspec.Struct, kw_only=True):
    """A local day and its prices.

    Attributes:
        date: YYYY-MM-DD, a local day
        weekday: Mon … Sun
        kind: what the tariff counts the day as
        hours: length of the day: 23, 24, 25 …
        prices: the prices of the day, which touch and fill it
    """

    date: str
    weekday: str
    kind: Literal["WORKING_DAY", "WEEKEND", "HOLIDAY"]
    hours: float
    prices: list[SamplePrice]


class HolidayShape(msgspec.Struct, kw_only=True):
    """A day that the tariff counts as a holiday.

    Attributes:
        date: YYYY-MM-DD
        weekday: Mon … Sun
        name: null where only a rule of the tariff names the day
    """

    date: str
    weekday: str
    name: str | None


class Warned(msgspec.Struct, kw_only=True):
    """Something of the tariff that is possible and probably not meant.

    Attributes:
        code: stable and safe to branch on
        param: path of what is meant: schedule[0].months
        message: what is unusual, and why it matters
    """

    code: str
    param: str | None
    message: str


class TariffCheckShape(msgspec.Struct, kw_only=True):
    """That a tariff could be connected, and what its prices look like.

    `week` starts today or with the contract; the lowest, highest and mean price are those of a
    year, `holidays` those of two. Prices of tiers are those of the lowest; null is a price that no
    market has published. `charges` are what is paid beside them, in words.

    Attributes:
        lowest: lowest price of a year, money per kWh
        highest: highest price of a year, money per kWh
        mean: mean price of a year over time, money per kWh
        week: seven local days
        clock_changes: the two local days on which the clock changes; empty where it does not
        holidays: the holidays of the next two years
        charges: what is paid beside the price per kWh, in words
        warnings: what a person should look at again
    """

    object: Literal["tariff_check"] = "tariff_check"
    location_id: str
    timezone: str
    currency_code: str
    lowest: float | None
    highest: float | None
    mean: float | None
    week: list[SampleDayShape]
    clock_changes: list[SampleDayShape]
    holiday: SampleDayShape | None
    holidays: list[HolidayShape]
    charges: list[ChargeText]
    warnings: list[Warned]


def check_shape(
    site: Site, tariff: Tariff, region: CalendarRegion, sample: Sample, warnings: Sequence[Fault]
) -> TariffCheckShape:
    """Write a sample of a tariff at a site."""
    return TariffCheckShape(
        location_id=ids.wire("loc", site.id),
        timezone=site.timezone,
        currency_code=site.currency_code,
        lowest=_price(sample.lowest),
        highest=_price(sample.highest),
        mean=_price(sample.mean),
        week=[_day(day, region) for day in sample.week],
        clock_changes=[_day(day, region) for day in sample.clock_changes],
        holiday=_day(sample.holiday, region) if sample.holiday else None,
        holidays=[
            HolidayShape(date=str(day), weekday=WEEKDAYS[day.weekday()], name=name or None)
            for day, name in sample.holidays
        ],
        charges=charge_texts(tariff),
        warnings=warned(warnings),
    )


def warned(faults: Sequence[Fault]) -> list[Warned]:
    """Write what a person should look at again."""
    return [Warned(code=one.code, param=one.param, message=one.message) for one in faults]


def _day(day: SampleDay, region: CalendarRegion) -> SampleDayShape:
    at = _local_times(day.edges_us, region)
    return SampleDayShape(
        date=day.day.isoformat(),
        weekday=WEEKDAYS[day.day.weekday()],
        kind="HOLIDAY" if day.holiday else "WEEKEND" if day.non_working else "WORKING_DAY",
        hours=float(day.edges_us[-1] - day.edges_us[0]) / 3.6e9,
        prices=[
            SamplePrice(valid_from=start, valid_to=end, value=_price(value))
            for start, end, value in zip(at, at[1:], day.per_kwh.tolist(), strict=False)
        ],
    )


def _local_times(edges_us: Microseconds, region: CalendarRegion) -> list[str]:
    return [
        instant(int(at)).astimezone(region.zone).isoformat(timespec="seconds") for at in edges_us
    ]


def _price(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else rounded(value, PRICE_DECIMALS)
