"""Feed-in tariffs of an energy plan of the Consumer Data Right, as an export tariff.

Source of the rules: the Consumer Data Standards' `solarFeedInTariff` (versions 1 to 3). A plan
may list several, of which a household has one; GST is not paid on what is sold. Plans that
retailers publish write one feed-in as several items: a band of hours each, or a step of energy
each (the first 8 kWh a day, and what is above them).
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from wattyard.tariffs.adapters.cdr.shapes import (
    Amount,
    CdrContract,
    CdrFeedIn,
    CdrFeedInVariation,
    CdrRate,
)
from wattyard.tariffs.adapters.cdr.steps import Steps, is_per_kwh
from wattyard.tariffs.adapters.cdr.windows import (
    CdrInvalid,
    CdrWindow,
    entries,
    overlapping,
    uncovered,
    window,
)
from wattyard.tariffs.adapters.imports import Body, Leftovers

PATH: Final = "electricityContract.solarFeedInTariff"
_VARYING: Final = "timeVaryingTariffs"
_FOR_EVER: Final = "9999-01-01"
_YEAR: Final = "P1Y"
_A_DAYS_KWH: Final = 100.0
"""A step below this that is counted by the year is most likely one of a day."""


class _FeedIn(NamedTuple):
    """A feed-in tariff, with the places of its items in the document."""

    items: list[CdrFeedIn]
    first: int

    @property
    def path(self) -> str:
        return f"{PATH}[{self.first}]"


def exports(read: CdrContract, dates: Body, left: Leftovers) -> list[Body]:
    """Write the first feed-in tariff that is valid within the contract; name the others."""
    found: list[Body] = []
    for own in _feed_ins(read.solarFeedInTariff):
        term = _term(own.items[0], dates, own.path)
        if found:
            for n in range(own.first, own.first + len(own.items)):
                left.unsupported(
                    f"{PATH}[{n}]", "another feed-in tariff beside the one that is kept"
                )
        elif term is None:
            left.unsupported(own.path, "a feed-in tariff that is not valid within the contract")
        else:
            steps = Steps(left)
            schedule = _schedule(own, steps, left)
            if schedule:
                steps.settle(schedule)
                counted = {"tier_reset": steps.reset, "tier_scope": steps.scope}
                found = [{"direction": "EXPORT", **term, "schedule": schedule, **counted}]
    return found


def _feed_ins(items: Sequence[CdrFeedIn]) -> list[_FeedIn]:
    """Put the items of one feed-in together: bands of one name, and steps that go on."""
    found: list[_FeedIn] = []
    for n, item in enumerate(items):
        if found and _goes_on(found[-1].items[-1], item):
            found[-1].items.append(item)
        else:
            found.append(_FeedIn([item], n))
    return found


def _goes_on(one: CdrFeedIn, other: CdrFeedIn) -> bool:
    alike = all(
        getattr(one, name) == getattr(other, name)
        for name in ("scheme", "payerType", "startDate", "endDate")
    )
    if not alike or _is_varying(one) is not _is_varying(other):
        return False
    if _is_varying(one):
        return one.displayName == other.displayName
    rates = one.singleTariff.rates if one.singleTariff else []
    return bool(rates) and rates[-1].size_kwh is not None


def _is_varying(item: CdrFeedIn) -> bool:
    return bool(item.variations) and (item.singleTariff is None or item.tariffUType == _VARYING)


def _term(feed_in: CdrFeedIn, dates: Body, path: str) -> Body | None:
    """Cut the contract's dates to those of a feed-in tariff; None where nothing is left."""
    start, end = dates["contract_start_date"], dates["contract_end_date"]
    first, last = _day(feed_in.startDate, path), _day(feed_in.endDate, path)
    if first and first.isoformat() > start[:10]:
        start = first.isoformat()
    if last and last.isoformat() < _FOR_EVER:
        after = (last + timedelta(days=1)).isoformat()
        end = after if after < end[:10] else end
    if start[:10] >= end[:10]:
        return None
    return {"contract_start_date": start, "contract_end_date": end}


def _day(text: str | None, path: str) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise CdrInvalid(f"{path}: {text!r:.20} is not a date", param=path) from None


def _schedule(own: _FeedIn, steps: Steps, left: Leftovers) -> list[Body]:
    item = own.items[0]
    if not _is_varying(item):
        if item.singleTariff is None:
            left.unsupported(own.path, "a feed-in tariff without rates")
            return []
        if item.variations:
            left.unsupported(f"{own.path}.{_VARYING}", "hours beside a rate around the clock")
        return _single(own, steps, left)
    if item.singleTariff is not None:
        left.unsupported(f"{own.path}.singleTariff", "a rate around the clock beside hours")
    windows = _bands([band for one in own.items for band in one.variations], own, steps, left)
    if overlapping(windows):
        left.unsupported(own.path, "bands of hours that overlap")
        return []
    rest = uncovered(windows, [{"value": 0.0}])
    if rest:
        left.note(own.path, "hours that it does not name earn nothing")
    return entries({}, [*windows, *rest])


def _single(own: _FeedIn, steps: Steps, left: Leftovers) -> list[Body]:
    singles = [one.singleTariff for one in own.items if one.singleTariff is not None]
    rates = [rate for one in singles for rate in one.rates]
    rate = _earned(singles[0].amount, rates, singles[0].period, own.path, (steps, left))
    whole = {"valid_from": "00:00:00", "valid_to": "00:00:00", "rate": rate}
    return [{"days_and_hours": [{"days": ["All"], "hours": [whole]}]}]


def _bands(
    bands: Iterable[CdrFeedInVariation], own: _FeedIn, steps: Steps, left: Leftovers
) -> list[CdrWindow]:
    """Write the hours of bands; those of the same hours are steps of one."""
    merged: list[tuple[CdrFeedInVariation, list[CdrRate]]] = []
    for band in bands:
        before = merged[-1] if merged else None
        if (
            before is not None
            and before[0].timeVariations == band.timeVariations
            and before[1]
            and before[1][-1].size_kwh is not None
        ):
            before[1].extend(band.rates)
        else:
            merged.append((band, list(band.rates)))
    windows = []
    for band, rates in merged:
        rate = _earned(band.amount, rates, band.period, own.path, (steps, left), own_hours=True)
        windows += [window(time, rate) for time in band.timeVariations]
    return windows


def _earned(
    amount: Amount | None,
    rates: Sequence[CdrRate],
    period: str | None,
    path: str,
    into: tuple[Steps, Leftovers],
    *,
    own_hours: bool = False,
) -> list[Body]:
    steps, left = into
    if not rates:
        if amount is None:
            raise CdrInvalid(f"{path} has no amount", param=path)
        return [{"value": float(amount)}]
    if not is_per_kwh(rates, path, left):
        return [{"value": 0.0}]
    last = rates[-1].size_kwh
    if last is not None and len(rates) == 1:
        left.unsupported(path, f"a rate that only the first {last:g} kWh earn")
        return [{"value": float(rates[0].unitPrice)}]
    if any(one.size_kwh is None for one, _ in pairwise(rates)):
        left.unsupported(path, "steps of exported energy of no size; only the first is kept")
        rates = rates[:1]
    if len(rates) > 1 and (period or _YEAR) == _YEAR and (rates[0].size_kwh or 0) < _A_DAYS_KWH:
        left.note(
            path, f"a step of {rates[0].size_kwh or 0:g} kWh is counted by the year, as it says"
        )
    return steps.tiers(rates, period or _YEAR, path, own_hours=own_hours)
