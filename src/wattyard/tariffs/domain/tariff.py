"""A tariff: one priced contract, and what is known of it after its end (contract 2, Tariffs)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Final, Literal
from uuid import UUID

from wattyard.kernel import civil, instants
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import DAY_US, Microseconds, microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import Malformed
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.billing import CALENDAR_MONTHS, Billing
from wattyard.tariffs.domain.calendar import CalendarRegion, date_of
from wattyard.tariffs.domain.charges import Charge, MinimumCharge
from wattyard.tariffs.domain.holidays import AS_DECREED, HolidayRules
from wattyard.tariffs.domain.rates import RateTable, rate_table
from wattyard.tariffs.domain.refusals import TariffTermOverlap, TariffTypeInvalid
from wattyard.tariffs.domain.schedule import Schedule
from wattyard.tariffs.domain.tiers import TierReset, TierScope

Direction = Literal["IMPORT", "EXPORT", "LOCAL"]
TariffType = Literal["COMMODITY", "NON_COMMODITY"]

OPEN_END: Final = datetime(9999, 12, 30, tzinfo=UTC)
"""The end of a contract that runs until it is terminated; every zone's clock can show it."""
STEP_DAYS: Final = 90
CONFIDENCES: Final = (1.0, 0.8, 0.6, 0.4, 0.2)
"""Inside the term, then in each step of 90 local days after its end, the last for ever."""


class TariffInvalid(Malformed):
    """A field of the tariff is out of range, or does not go with another."""

    code = "tariff_invalid"


@dataclass(frozen=True, slots=True)
class Tax:
    """Value added tax: `vat` is a fraction, 0..1; `included`: whether prices contain it."""

    vat: float = 0.0
    included: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.vat <= 1:
            raise TariffInvalid(
                f"vat must be a fraction between 0 and 1; got {self.vat:g}",
                param="vat",
                code="vat_invalid",
            )


@dataclass(frozen=True, slots=True)
class PriceLimits:
    """Limits on the final price per kWh, before VAT is added; None is no limit."""

    cap_per_kwh: float | None = None
    floor_per_kwh: float | None = None

    def __post_init__(self) -> None:
        cap, floor = self.cap_per_kwh, self.floor_per_kwh
        if cap is not None and floor is not None and floor > cap:
            raise TariffInvalid(
                f"floor_per_kwh must not be above cap_per_kwh; got {floor:g} above {cap:g}",
                param="floor_per_kwh",
                code="floor_per_kwh_invalid",
            )


@dataclass(frozen=True, slots=True)
class Tiering:
    """How consumption is counted: since when (`reset`), and over what (`scope`).

    `window_minutes`: of the windows whose highest a limit per kW goes by.
    """

    reset: TierReset = "MONTH"
    scope: TierScope = "TARIFF"
    window_minutes: int = 60


@dataclass(frozen=True, slots=True)
class Conversion:
    """How prices of a market in another currency become the place's (contract 2b, Currencies).

    By a fixed `rate` (the place's money per unit of the market's), by the market source with the
    `code`, whose unit is RATE, or, with neither, by the formula of the price itself.
    """

    rate: float | None = None
    code: str | None = None

    @property
    def by_formula(self) -> bool:
        return self.rate is None and self.code is None


@dataclass(frozen=True)
class Tariff:
    """The rules of one contract.

    `market` is the id of the market source that windows with a market price follow, `conversion`
    how its currency becomes the place's. `devices` is empty for a tariff of the whole place.
    `clock_offset_minutes` is that of the clock on which its schedule and the filters of its charges
    are read, None for the place's. Whether the schedule covers the term is judged by
    `coverage.check`, which needs the site.

    Raises:
        TariffTypeInvalid: for NON_COMMODITY with another direction than IMPORT.
        TariffInvalid: when a window follows the market and there is no `market`, or the schedule
            has no entry.
    """

    type: TariffType
    direction: Direction
    term: Span
    schedule: Schedule
    market: str | None = None
    tax: Tax = Tax()
    limits: PriceLimits = PriceLimits()
    tiering: Tiering = Tiering()
    billing: Billing = CALENDAR_MONTHS
    conversion: Conversion | None = None
    holidays: HolidayRules = AS_DECREED
    clock_offset_minutes: int | None = None
    charges: tuple[Charge, ...] = ()
    minimum: MinimumCharge | None = None
    devices: frozenset[UUID] = frozenset()
    is_temporary: bool = False

    def __post_init__(self) -> None:
        if self.type == "NON_COMMODITY" and self.direction != "IMPORT":
            raise TariffTypeInvalid(
                f"a NON_COMMODITY tariff is possible for IMPORT only; got {self.direction}",
                param="type",
            )
        if not self.schedule.windows:
            raise TariffInvalid(
                "schedule needs an entry with hours", param="schedule", code="schedule_invalid"
            )
        if self.rates.follows_market and self.market is None:
            raise TariffInvalid(
                "market_source_id is needed: a rate of the schedule follows the market",
                param="market_source_id",
                code="market_source_id_missing",
            )

    @cached_property
    def rates(self) -> RateTable:
        """The rates of all windows as arrays."""
        return rate_table(self.schedule)

    @property
    def followed_keys(self) -> frozenset[str]:
        """The market sources that any price follows: the id of its own, codes in formulas."""
        own = {self.market} if self.market is not None and self.rates.follows_market else set()
        return self.formula_codes | own

    @property
    def formula_codes(self) -> frozenset[str]:
        """The codes of market sources in formulas."""
        return frozenset().union(*(formula.market_codes for formula in self.rates.formulas))

    @property
    def market_codes(self) -> frozenset[str]:
        """The market sources that the tariff names by code: in formulas, and for the rate."""
        rate = self.conversion.code if self.conversion else None
        return self.formula_codes | ({rate} if rate is not None else set())

    @property
    def market_keys(self) -> frozenset[str]:
        """The market sources that any price depends on: those followed, and that of the rate."""
        return self.followed_keys | self.market_codes

    @property
    def open_ended(self) -> bool:
        """Whether the contract runs until it is terminated."""
        return self.term.end == OPEN_END

    def calendar(self, region: CalendarRegion) -> CalendarRegion:
        """Give the region with the clock and the holidays that the schedule is read by.

        Resets, contract dates and the days of charges are read in the region itself.
        """
        if self.clock_offset_minutes is None and self.holidays is AS_DECREED:
            return region
        return replace(region, holidays=self.holidays, offset_minutes=self.clock_offset_minutes)


@dataclass(frozen=True, slots=True)
class Element:
    """A connected tariff of a site."""

    id: UUID
    tariff: Tariff


def market_keys(elements: Iterable[Element]) -> frozenset[str]:
    """List the market sources that prices of some tariffs depend on: ids, codes in formulas."""
    return frozenset[str]().union(*(element.tariff.market_keys for element in elements))


def check_overlap(new: Tariff, others: Sequence[Element]) -> None:
    """Refuse a tariff whose term meets that of another for the same thing at the same site.

    A tariff of devices meets only tariffs of one of these devices; a tariff of the site meets
    only others of the site.

    Raises:
        TariffTermOverlap: naming the other tariff.
    """
    for other in others:
        if _meet(new, other.tariff):
            term = other.tariff.term
            raise TariffTermOverlap(
                f"the contract's term overlaps that of tariff trf_{other.id.hex} "
                f"({instants.text(term.start)} {_until(other.tariff)}) for the same {new.type} "
                f"{new.direction}",
                param="contract_start_date",
            )


def _until(tariff: Tariff) -> str:
    return "without an end" if tariff.open_ended else f"to {instants.text(tariff.term.end)}"


def _meet(one: Tariff, other: Tariff) -> bool:
    same = (one.type, one.direction) == (other.type, other.direction)
    things = bool(one.devices & other.devices) or not (one.devices or other.devices)
    at_once = one.term.start < other.term.end and other.term.start < one.term.end
    return same and things and at_once


@lru_cache(maxsize=4096)
def confidence_edges(term: Span, region: CalendarRegion) -> Microseconds:
    """List the instants (up to 4) at which the confidence of a contract's rules falls.

    None in a contract without an end.

    The first is the end of the term; the others show the same wall clock 90, 180 and 270 local
    days later. An end at the start of a day is followed by starts of days, also where that day
    started later than at midnight (America/Santiago). A bounded cache keeps those asked last.
    """
    if term.end == OPEN_END:
        return np.zeros(0, np.int64)
    end = term.end.astimezone(region.zone).replace(tzinfo=None)
    if term.end == civil.start_of_day(end.date(), region.zone):
        end = datetime.combine(end.date(), time())
    steps = range(1, len(CONFIDENCES) - 1)
    room = date.max.toordinal() - end.toordinal()
    later = [
        civil.first_at(end + timedelta(days=STEP_DAYS * n), region.zone)
        for n in steps
        if STEP_DAYS * n < room
    ]
    edges = np.array([microseconds(at) for at in (term.end, *later)], dtype=np.int64)
    edges.setflags(write=False)
    return edges


def confidence(edges_us: Microseconds, instants_us: Microseconds) -> Numbers:
    """Find how certain a contract's rules are at each instant (n, ascending): 1, 0.8 … 0.2."""
    first = np.searchsorted(instants_us, edges_us)
    sizes = np.diff(first, prepend=0, append=instants_us.size)
    return np.repeat(np.array(CONFIDENCES[: sizes.size]), sizes)


def local_dates(term: Span, region: CalendarRegion) -> tuple[date, date]:
    """Find the first and the last date that a region's clock shows in a term."""
    ends = microseconds(term.start), microseconds(term.end) - 1
    first, last = (region.clock(at, at).wall_at(at) // DAY_US for at in ends)
    return date_of(first), date_of(last)
