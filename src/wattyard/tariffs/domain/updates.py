"""When the prices of a place will change next (contract 2, `next_update`)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from wattyard.kernel import civil
from wattyard.kernel.instants import Span


@dataclass(frozen=True, slots=True)
class Publication:
    """A market's daily publication: at `at` on the wall clock of `zone`."""

    at: time
    zone: ZoneInfo

    def next_after(self, now: datetime) -> datetime:
        """Find the next publication (UTC) after an instant."""
        today = civil.date_at(now, self.zone)
        days = (today + timedelta(days=n) for n in range(3))
        moments = (civil.first_at(datetime.combine(day, self.at), self.zone) for day in days)
        return next(moment for moment in moments if moment > now)


def next_update(
    now: datetime, publications: Iterable[Publication], terms: Iterable[Span]
) -> datetime | None:
    """Find the first instant after `now` at which a market publishes or a contract starts or ends.

    `publications` are those of the market sources that the place's prices follow, `terms` those
    of its tariffs. None when nothing is known to happen.
    """
    edges = [edge for term in terms for edge in (term.start, term.end) if edge > now]
    return min([*edges, *(market.next_after(now) for market in publications)], default=None)
