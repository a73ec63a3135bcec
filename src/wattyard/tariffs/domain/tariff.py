"""A tariff: one priced contract, and what is known of it after its end (contract 2, Tariffs)."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Final, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from wattyard.kernel import civil, instants
from wattyard.kernel.clock_changes import Microseconds, microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import Malformed
from wattyard.tariffs.domain.billing import CALENDAR_MONTHS, Billing
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.charges import Charge
from wattyard.tariffs.domain.formula import Formula
from wattyard.tariffs.domain.refusals import TariffTermOverlap, TariffTypeInvalid
from wattyard.tariffs.domain.schedule import FixedPrice, FormulaPrice, MarketLinkedPrice, Schedule
from wattyard.tariffs.domain.tiers import Consumed, Indices, TierReset, TierScope

Direction = Literal["IMPORT", "EXPORT", "LOCAL"]
TariffType = Literal["COMMODITY", "NON_COMMODITY"]

NO_TIER: Final = -1
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
    """How consumption is counted: since when (`reset`), and over what (`scope`)."""

    reset: TierReset = "MONTH"
    scope: TierScope = "TARIFF"


@dataclass(frozen=True, slots=True, eq=False)
class RateTable:
    """For each of w windows and t tiers (the most that a window has):

    `per_kwh`: the fixed price, or the surcharge that a market price adds; `percentage`: what a
    market price is raised by, a fraction; `market`: whether it follows the market; `formula`:
    the number of its formula in `formulas`, -1 for none; `to_kwh`: where the tier ends, infinite
    for the last tier of a window and beyond. `tiers` (w): how many tiers a window has.
    """

    per_kwh: NDArray[np.float64]
    percentage: NDArray[np.float64]
    market: NDArray[np.bool_]
    formula: NDArray[np.int64]
    to_kwh: NDArray[np.float64]
    tiers: NDArray[np.int64]
    formulas: tuple[Formula, ...]

    @property
    def follows_market(self) -> bool:
        """Whether any window follows the tariff's own market source."""
        return bool(self.market.any())

    @property
    def plain(self) -> bool:
        """Whether no price depends on anything but the window."""
        return not (self.formulas or self.follows_market)

    @property
    def all_tiers(self) -> Indices:
        """Every tier (t, w) of every window; -1 where a window has fewer."""
        tier = np.arange(self.to_kwh.shape[1], dtype=np.int64)[:, None]
        return np.where(tier < self.tiers, tier, NO_TIER)

    def present_tiers(self, scope: TierScope, consumed: Consumed) -> Indices:
        """Find the tier (1, w) of the next kWh in each window; a full tier is left.

        A counter that stands exactly on `to_kwh` has reached the next tier.
        """
        reached = np.full(self.tiers.size, consumed.total_kwh)
        if scope == "PERIOD":
            reached[:] = 0.0
            for window, energy_kwh in consumed.by_window_kwh.items():
                reached[window] = energy_kwh
        tier: Indices = np.sum(self.to_kwh <= reached[:, None], axis=1, dtype=np.int64)
        return tier[None, :]


def rate_table(schedule: Schedule) -> RateTable:
    """Write the rates of a schedule into arrays."""
    shape = (len(schedule.windows), max(1, schedule.tiers))
    table = RateTable(
        per_kwh=np.zeros(shape),
        percentage=np.zeros(shape),
        market=np.zeros(shape, np.bool_),
        formula=np.full(shape, -1, np.int64),
        to_kwh=np.full(shape, math.inf),
        tiers=np.array([len(window.rate.tiers) for window in schedule.windows], dtype=np.int64),
        formulas=(),
    )
    formulas: list[Formula] = []
    numbers: dict[int, int] = {}  # by identity: windows of one body share what they write alike
    for w, window in enumerate(schedule.windows):
        for t, tier in enumerate(window.rate.tiers):
            table.to_kwh[w, t] = tier.to_kwh
            match tier.pricing:
                case FixedPrice(per_kwh):
                    table.per_kwh[w, t] = per_kwh
                case MarketLinkedPrice(surcharge_per_kwh, surcharge_percentage):
                    table.market[w, t] = True
                    table.per_kwh[w, t] = surcharge_per_kwh
                    table.percentage[w, t] = surcharge_percentage
                case FormulaPrice(Formula(constant=float(number))):
                    table.per_kwh[w, t] = number
                case FormulaPrice(formula):
                    table.formula[w, t] = numbers.setdefault(id(formula), len(formulas))
                    if len(numbers) > len(formulas):
                        formulas.append(formula)
    return RateTable(
        table.per_kwh,
        table.percentage,
        table.market,
        table.formula,
        table.to_kwh,
        table.tiers,
        tuple(formulas),
    )


@dataclass(frozen=True)
class Tariff:
    """The rules of one contract.

    `market` is the id of the market source that windows with a market price follow. `devices`
    is empty for a tariff of the whole place. Whether the schedule covers the term is judged by
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
    charges: tuple[Charge, ...] = ()
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
    def market_keys(self) -> frozenset[str]:
        """The market sources that any price depends on: the id of its own, codes in formulas."""
        codes = frozenset().union(*(formula.market_codes for formula in self.rates.formulas))
        own = {self.market} if self.market is not None and self.rates.follows_market else set()
        return codes | own


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
                f"the contract's term meets that of tariff trf_{other.id.hex} "
                f"({instants.text(term.start)} to {instants.text(term.end)}) for the same "
                f"{new.type} {new.direction}",
                param="contract_start_date",
            )


def _meet(one: Tariff, other: Tariff) -> bool:
    same = (one.type, one.direction) == (other.type, other.direction)
    things = bool(one.devices & other.devices) or not (one.devices or other.devices)
    at_once = one.term.start < other.term.end and other.term.start < one.term.end
    return same and things and at_once


@lru_cache(maxsize=4096)
def confidence_edges(term: Span, region: CalendarRegion) -> Microseconds:
    """List the instants (up to 4) at which the confidence of a contract's rules falls.

    The first is the end of the term; the others show the same wall clock 90, 180 and 270 local
    days later. An end at the start of a day is followed by starts of days, also where that day
    started later than at midnight (America/Santiago). A bounded cache keeps those asked last.
    """
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


def confidence(edges_us: Microseconds, instants_us: Microseconds) -> NDArray[np.float64]:
    """Find how certain a contract's rules are at each instant (n, ascending): 1, 0.8 … 0.2."""
    first = np.searchsorted(instants_us, edges_us)
    sizes = np.diff(first, prepend=0, append=instants_us.size)
    return np.repeat(np.array(CONFIDENCES[: sizes.size]), sizes)


def local_dates(term: Span, region: CalendarRegion) -> tuple[date, date]:
    """Find the first and the last local date that a term touches."""
    last = term.end - timedelta(microseconds=1)
    return civil.date_at(term.start, region.zone), civil.date_at(last, region.zone)
