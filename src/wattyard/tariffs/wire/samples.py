"""The check of a tariff as JSON: what its prices look like (contract 2, Check before storing)."""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from wattyard.kernel import ids
from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import DAY_US, SECOND_US, Microseconds, instant
from wattyard.kernel.quantities import PRICE_DECIMALS, rounded
from wattyard.kernel.refusals import Fault
from wattyard.platform.decoding.texts import Time
from wattyard.sites.domain.sites import Site
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.samples import Sample, SampleDay
from wattyard.tariffs.domain.schedule import MONTHS, WEEKDAYS
from wattyard.tariffs.domain.seasons import DayPattern, Season
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


class SeasonPrice(msgspec.Struct, kw_only=True):
    """A price of an ordinary day, by the wall clock.

    Attributes:
        valid_from: HH:MM:SS
        valid_to: HH:MM:SS; 24:00:00 is the end of the day
        value: money per kWh, taxes included
    """

    valid_from: str
    valid_to: str
    value: float


class SeasonDayShape(msgspec.Struct, kw_only=True):
    """What an ordinary day of a season costs.

    Attributes:
        weekday: Mon … Sun
        prices: the prices of the day, which touch and fill it
    """

    weekday: str
    prices: list[SeasonPrice]


class SeasonShape(msgspec.Struct, kw_only=True):
    """Months whose ordinary weeks cost the same.

    Attributes:
        months: Jan … Dec, in the order of the calendar
        week: a day for each weekday, Monday first; those that the term does not have are left out
    """

    months: list[str]
    week: list[SeasonDayShape]


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
    market has published. `charges` are what is paid besides them, in words.

    Attributes:
        lowest: lowest price of a year, money per kWh
        highest: highest price of a year, money per kWh
        mean: mean price of a year over time, money per kWh
        week: seven local days
        clock_changes: the two local days on which the clock changes; empty where it does not
        holidays: the holidays of the next two years
        seasons: the ordinary weeks of a year; empty where prices follow a market
        special_days: days of that year that are unlike the ordinary ones, at most 60; days on which
            the clock changes are not among them
        charges: what is paid besides the price per kWh, in words
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
    seasons: list[SeasonShape]
    special_days: list[SampleDayShape]
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
        seasons=[_season(season) for season in sample.seasons],
        special_days=[_day(day, region) for day in sample.special_days],
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


def _season(season: Season) -> SeasonShape:
    week = zip(WEEKDAYS, season.week, strict=True)
    return SeasonShape(
        months=[MONTHS[month - 1] for month in season.months],
        week=[
            SeasonDayShape(weekday=name, prices=list(_season_prices(day)))
            for name, day in week
            if day is not None
        ],
    )


def _season_prices(day: DayPattern) -> Iterator[SeasonPrice]:
    starts = [start for start, _ in day]
    for start, end, (_, price) in zip(starts, [*starts[1:], DAY_US], day, strict=True):
        yield SeasonPrice(
            valid_from=_wall(start), valid_to=_wall(end), value=rounded(price, PRICE_DECIMALS)
        )


def _wall(count_us: int) -> str:
    seconds = count_us // SECOND_US
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _local_times(edges_us: Microseconds, region: CalendarRegion) -> list[str]:
    return [
        instant(int(at)).astimezone(region.zone).isoformat(timespec="seconds") for at in edges_us
    ]


def _price(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else rounded(value, PRICE_DECIMALS)
