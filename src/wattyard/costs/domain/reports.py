"""Reports: the costs of an object, put together from those of its streams (contract 3, Costs)."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from wattyard.costs.domain.answer import CostTable, stacked, summed
from wattyard.kernel.arrays import np
from wattyard.kernel.refusals import Malformed, Missing, StateForbids
from wattyard.kernel.values import dataclass
from wattyard.sites.domain.sites import Site
from wattyard.tariffs.domain.tariff import Direction


class SessionNotFound(Missing):
    """No reading of this account and mode has that `session_reference_id` and direction."""

    code = "session_not_found"


class ValueTooLarge(Malformed):
    """The energy is more than a reading can have."""

    code = "value_too_large"


class TimeInFuture(Malformed):
    """The reading ends too far ahead of now; a forecast needs a confidence below 1."""

    code = "time_in_future"


class CurrenciesMixed(StateForbids):
    """The energy was metered at locations with different currencies; ask for each one's costs."""

    code = "currencies_mixed"


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The costs of a site, a device or a session: g items in order of time, and the total.

    `references` (g) are the client's (session, record) of the reading that each item is of; None
    where the items are groups.
    """

    site: Site
    device_id: UUID | None
    direction: Direction
    data: CostTable
    total: CostTable
    references: tuple[tuple[str | None, str | None], ...] | None = None


def together(reports: Sequence[Report]) -> Report:
    """Put reports of the same question into one: groups of the same time are added up.

    Raises:
        CurrenciesMixed: when their sites pay in different currencies.
    """
    first = reports[0]
    if len(reports) == 1:
        return first
    currencies = sorted({report.site.currency_code for report in reports})
    if len(currencies) > 1:
        raise CurrenciesMixed(
            f"the energy was metered at locations that pay in {' and '.join(currencies)}; ask for "
            "the costs of one location at a time"
        )
    data = stacked([report.data for report in reports])
    total = summed(stacked([report.total for report in reports]), [0] * len(reports))
    times = list(zip(data.starts_us.tolist(), data.ends_us.tolist(), strict=True))
    if first.references is None:
        place = {time: n for n, time in enumerate(sorted(set(times)))}
        return replace(first, data=summed(data, [place[time] for time in times]), total=total)
    references = [one for report in reports for one in report.references or ()]
    order = sorted(range(len(times)), key=times.__getitem__)
    return replace(
        first,
        data=data.only(np.array(order, dtype=np.int64)),
        total=total,
        references=tuple(references[n] for n in order),
    )
