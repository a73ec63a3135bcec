"""Feed-in tariffs of an energy plan of the Consumer Data Right, as an export tariff.

Source of the rules: the Consumer Data Standards' `solarFeedInTariff` (versions 1 to 3). A plan
may list several, of which a household has one; GST is not paid on what is sold.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from wattyard.tariffs.adapters.cdr.shapes import Amount, CdrContract, CdrFeedIn, CdrRate
from wattyard.tariffs.adapters.cdr.steps import is_per_kwh
from wattyard.tariffs.adapters.cdr.windows import CdrInvalid, entries, uncovered, window
from wattyard.tariffs.adapters.imports import Body, Leftovers

PATH: Final = "electricityContract.solarFeedInTariff"
_VARYING: Final = "timeVaryingTariffs"
_FOR_EVER: Final = "9999-01-01"


def exports(read: CdrContract, dates: Body, left: Leftovers) -> list[Body]:
    """Write the first feed-in tariff that is valid within the contract; name the others."""
    found: list[Body] = []
    for n, feed_in in enumerate(read.solarFeedInTariff):
        path = f"{PATH}[{n}]"
        term = _term(feed_in, dates, path)
        if found:
            left.unsupported(path, "another feed-in tariff beside the one that is kept")
        elif term is None:
            left.unsupported(path, "a feed-in tariff that is not valid within the contract")
        elif schedule := _schedule(feed_in, path, left):
            found = [{"direction": "EXPORT", **term, "schedule": schedule}]
    return found


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
        raise CdrInvalid(f"{path}: {text!r:.20} is no date", param=path) from None


def _schedule(feed_in: CdrFeedIn, path: str, left: Leftovers) -> list[Body]:
    single, varying = feed_in.singleTariff, feed_in.timeVaryingTariffs or []
    variations = varying if isinstance(varying, list) else [varying]
    if single is not None and not (variations and feed_in.tariffUType == _VARYING):
        if variations:
            left.unsupported(f"{path}.{_VARYING}", "hours beside a rate around the clock")
        whole = {"valid_from": "00:00:00", "valid_to": "00:00:00"}
        rate = _earned(single.amount, single.rates, path, left)
        return [{"days_and_hours": [{"days": ["All"], "hours": [{**whole, "rate": rate}]}]}]
    if not variations:
        left.unsupported(path, "a feed-in tariff without rates")
        return []
    if single is not None:
        left.unsupported(f"{path}.singleTariff", "a rate around the clock beside hours")
    earned = [(own, _earned(own.amount, own.rates, path, left)) for own in variations]
    windows = [window(time, rate) for own, rate in earned for time in own.timeVariations]
    rest = uncovered(windows, [{"value": 0.0}])
    if rest:
        left.note(path, "hours that it does not name earn nothing")
    return entries({}, [*windows, *rest])


def _earned(
    amount: Amount | None, rates: Sequence[CdrRate], path: str, left: Leftovers
) -> list[Body]:
    if not is_per_kwh(rates, path, left):
        return [{"value": 0.0}]
    if len(rates) > 1:
        left.unsupported(path, "steps of exported energy; only the first is kept")
    elif rates and rates[0].volume is not None:
        left.unsupported(path, f"a rate that only the first {rates[0].volume:g} kWh earn")
    earned = rates[0].unitPrice if rates else amount
    if earned is None:
        raise CdrInvalid(f"{path} has no amount", param=path)
    return [{"value": float(earned)}]
