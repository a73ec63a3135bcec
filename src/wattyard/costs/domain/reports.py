"""Reports: the costs of an object, put together from those of its streams (contract 3, Costs)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from wattyard.costs.domain.answer import CostItem
from wattyard.kernel.quantities import COST_DECIMALS, rounded
from wattyard.kernel.refusals import Missing, StateForbids
from wattyard.sites.domain.places import Place as Site
from wattyard.tariffs.domain.tariff import Direction


class SessionNotFound(Missing):
    """No reading of this account and mode has that `session_reference_id` and direction."""

    code = "session_not_found"


class CurrenciesMixed(StateForbids):
    """The device was read at places with different currencies; ask for each place's costs."""

    code = "currencies_mixed"


@dataclass(frozen=True, slots=True)
class Reported:
    """An item with the client's references of the reading it is of, where it is of one."""

    item: CostItem
    session: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The costs of a place, a device or a session: items in order of time, and the total."""

    site: Site
    device_id: UUID | None
    direction: Direction
    items: tuple[Reported, ...]
    total: CostItem


def together(reports: Sequence[Report]) -> Report:
    """Put reports of the same question into one: items of the same time are added up.

    Raises:
        CurrenciesMixed: when their places pay in different currencies.
    """
    first = reports[0]
    if len(reports) == 1:
        return first
    currencies = sorted({report.site.currency_code for report in reports})
    if len(currencies) > 1:
        raise CurrenciesMixed(
            f"the device was read at places that pay in {' and '.join(currencies)}; ask for the "
            "costs of one place at a time"
        )
    items: dict[tuple[object, ...], Reported] = {}
    for one in (one for report in reports for one in report.items):
        key = (one.item.start, one.item.end, one.session, one.reference)
        known = items.get(key)
        items[key] = one if known is None else replace(known, item=added([known.item, one.item]))
    ordered = sorted(items.values(), key=lambda one: (one.item.start, one.item.end))
    return replace(first, items=tuple(ordered), total=added([r.total for r in reports]))


def added(items: Iterable[CostItem]) -> CostItem:
    """Add up items of one time: sums, all lines, and the energy-weighted mean confidence."""
    items = list(items)
    energy_kwh = sum(item.energy_kwh for item in items)
    weights = [abs(item.energy_kwh) for item in items]
    weight = sum(weights)
    sure = [item.confidence for item in items]
    mean = (
        sum(w * s for w, s in zip(weights, sure, strict=True)) / weight
        if weight
        else sum(sure) / len(sure)
    )
    confidence = rounded(mean, 2)
    if confidence == 1 and min(sure) < 1:
        confidence = 0.99
    return CostItem(
        start=min(item.start for item in items),
        end=max(item.end for item in items),
        energy_kwh=energy_kwh,
        cost=rounded(sum(item.cost for item in items), COST_DECIMALS),
        confidence=confidence,
        lines=tuple(line for item in items for line in item.lines),
    )
