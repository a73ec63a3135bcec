"""The time that a GET asks for: by instants, by local dates, or by hours (contract 9)."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from wattyard.kernel import civil
from wattyard.kernel.ids import shown
from wattyard.kernel.instants import FIRST_YEAR, LAST_YEAR, Span, is_taken, requested_span
from wattyard.kernel.refusals import Malformed
from wattyard.kernel.values import dataclass

LOCAL_DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_INSTANT: Final = (
    rf"{LOCAL_DATE}[Tt][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]+)?([Zz]|[+-][0-9]{{2}}:[0-9]{{2}})"
)
_ONE_DAY: Final = timedelta(days=1)


class DateInvalid(Malformed):
    """This is not a date, or the location's time zone skipped it."""

    code = "date_invalid"


class Asked(NamedTuple):
    """A span, and the instant whose offset the answer is written in: that of its end."""

    span: Span
    form: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedTime:
    """What a query says of the time that it asks for; a date stands for its local midnight.

    `day` is asked for whole, or `hours` from its start; the rest is None then.
    """

    start: datetime | date | None = None
    end: datetime | date | None = None
    day: date | None = None
    hours: int | None = None

    @property
    def is_local(self) -> bool:
        """Whether a time zone is needed to know which time it is."""
        return self.day is not None or any(_is_date(one) for one in (self.start, self.end))

    def at(self, where: ZoneInfo, *, now: datetime, hours: int, longest: timedelta) -> Asked:
        """Settle the span: from now unless a start is given, for so many hours unless an end is.

        Raises:
            DateInvalid: for a date that the zone skipped.
            Malformed: `end_time_invalid` or `hours_invalid`, when it ends too early or too late.
        """
        first = self.start if self.day is None else self.day
        start = now.replace(microsecond=0)
        if first is not None:
            start = _instant(first, where, "start_time" if self.day is None else "date")
        if self.day is not None and self.hours is None:
            end: datetime = civil.start_of_day(self.day + _ONE_DAY, where)
        elif self.end is not None:
            end = _instant(self.end, where, "end_time")
        else:
            end = start + timedelta(hours=self.hours or hours)
            _check_hours(self.hours, longest)
        local = self.is_local and not isinstance(self.end, datetime)
        form = end.astimezone(where) if local else end
        return Asked(requested_span(start, end, longest), form)


def read(param: str, text: str) -> datetime | date:
    """Read an instant with an offset, or a local date.

    Raises:
        Malformed: `<param>_invalid`, when it is neither, or of a year that is not taken.
    """
    try:
        if re.fullmatch(LOCAL_DATE, text):
            day = date.fromisoformat(text)
            if FIRST_YEAR <= day.year < LAST_YEAR:
                return day
        else:
            # A plus that was not percent-encoded arrives as a space.
            written = text[:19] + text[19:].replace(" ", "+")
            if re.fullmatch(_INSTANT, written, re.ASCII):
                instant = datetime.fromisoformat(written.upper())
                if is_taken(instant):
                    return instant
    except ValueError:
        pass
    raise Malformed(
        f"{param} must be an RFC 3339 time with an offset or Z, such as 2026-03-01T10:00:00Z, or a "
        f"local date, such as 2026-03-01; got {shown(text)}",
        param=param,
        code=f"{param}_invalid",
    )


def read_day(text: str) -> date:
    """Read the local date of a whole day.

    Raises:
        DateInvalid: when it is none.
    """
    try:
        day = read("date", text)
    except Malformed:
        day = None
    if day is None or not _is_date(day):
        raise DateInvalid(
            f"date must be a local date, such as 2026-03-01; got {shown(text)}", param="date"
        )
    return day


def _is_date(one: datetime | date | None) -> bool:
    return isinstance(one, date) and not isinstance(one, datetime)


def _instant(given: datetime | date, where: ZoneInfo, param: str) -> datetime:
    if isinstance(given, datetime):
        return given
    start = civil.start_of_day(given, where)
    if civil.date_at(start, where) != given:
        raise DateInvalid(f"{where.key} skipped the date {given.isoformat()}", param=param)
    return start.astimezone(UTC)


def _check_hours(hours: int | None, longest: timedelta) -> None:
    if hours is not None and timedelta(hours=hours) > longest:
        raise Malformed(
            f"hours must be at most {longest // timedelta(hours=1):,} here; got {hours:,}",
            param="hours",
            code="hours_invalid",
        )
