"""Times as people and spreadsheets write them."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

from wattyard.kernel.values import dataclass

FIRST_YEAR, LAST_YEAR = 1970, 2199

_CLOCK: Final = (
    r"(?:[T\s,]\s*(?P<hour>\d\d?)[:.](?P<minute>\d\d)"
    r"(?:[:.](?P<second>\d\d)(?:[.,](?P<fraction>\d{1,6})0*)?)?\s*(?P<half>[ap]\.?m\.?)?)?"
    r"\s*(?P<offset>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?"
)
_FLAGS: Final = re.ASCII | re.IGNORECASE
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?:(?P<sign>[-/.])(?P<month>\d\d?)(?P=sign)(?P<day>\d\d?)"
    rf"|(?P<packed>\d{{4}})){_CLOCK}",
    _FLAGS,
)
_YEAR_LAST = re.compile(
    rf"(?P<first>\d\d?)(?P<sign>[-/.])(?P<other>\d\d?)(?P=sign)(?P<year>\d{{4}}){_CLOCK}", _FLAGS
)
_UNIX: Final = re.compile(r"(\d{9,10}|\d{13}|\d{16}|\d{19})(?:\.0*)?", re.ASCII)
_COUNTS_A_SECOND: Final = {9: 1, 10: 1, 13: 10**3, 16: 10**6, 19: 10**9}
"""By the digits of a count since 1970: seconds, milliseconds, microseconds, nanoseconds."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME: Final = r"\d\d?:\d\d(?::\d\d)?(?:\s*[ap]\.?m\.?)?"
_FROM: Final = r"(?:(?:from|von|du|van|de|desde|del)\s+)?"
_PERIODS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_FROM}(.*\d.*?)\s+(?:to|until|till|bis|au|à|tot|a|al|hasta|[-–—/])\s+(.*\d.*)",
        r"(\S*\d[T:]\d\S*)\s*[/–—]\s*(\S*\d[T:]\d\S*)",
        rf"((?:.*\s)?{_TIME})\s*[-–—]\s*({_TIME})",
    )
)
"""Two times in one cell: a word or a dash between spaces, an ISO interval, times of a day."""
_PERIOD_LENGTH: Final = 100
_NO_BREAKS: Final = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " "})
_MIDNIGHT: Final = time()


@dataclass(frozen=True, slots=True)
class WrittenTime:
    """A wall-clock time (naive), and how far ahead of UTC that clock is, if known."""

    wall: datetime
    utc_offset: timedelta | None
    is_date: bool
    """Whether only a date is written."""

    @property
    def label(self) -> datetime:
        """The instant (UTC) where the offset is known, else the naive time."""
        if self.utc_offset is None:
            return self.wall
        return self.wall.replace(tzinfo=timezone(self.utc_offset)).astimezone(UTC)


def read_time(text: str, *, day_first: bool | None) -> WrittenTime:
    """Read a date, or a date and a time of day (24:00 is the end of the day), or a Unix time.

    A Unix time counts seconds, milliseconds, microseconds or nanoseconds, as its size shows.
    `day_first` decides what 03/04/2025 means; with dots the day is always first.

    Raises:
        ValueError: saying what is wrong, and what to do about it.
    """
    text = text.translate(_NO_BREAKS)
    count = _UNIX.fullmatch(text)
    if count is not None:
        since_us = int(count[1]) * 1_000_000 // _COUNTS_A_SECOND[len(count[1])]
        instant = _EPOCH + timedelta(microseconds=since_us)
        return WrittenTime(instant.replace(tzinfo=None), timedelta(), is_date=False)
    found = _YEAR_FIRST.fullmatch(text)
    if found is not None:
        packed = found["packed"] or ""
        month, day_ = found["month"] or packed[:2], found["day"] or packed[2:]
        day = _date(found["year"], month, day_, text)
    else:
        found = _YEAR_LAST.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r:.40} is not a time; write it as 2025-03-30T01:00:00Z")
        day = _year_last(found, text, day_first=day_first)
    is_date = found["hour"] is None
    wall = datetime.combine(day, _MIDNIGHT) if is_date else _at(day, found, text)
    return WrittenTime(wall, _offset(found["offset"], text), is_date)


def periods_of(text: str) -> tuple[str, str] | None:
    """Divide a cell with two times, such as `A to B`; None where it has no two."""
    plain = text.translate(_NO_BREAKS).strip()
    for pattern in _PERIODS if len(plain) <= _PERIOD_LENGTH else ():
        found = pattern.fullmatch(plain)
        if found is not None:
            return found[1].strip(), found[2].strip()
    return None


def _date(year: str, month: str, day: str, text: str) -> date:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError(f"{text!r:.40} is not a day of the calendar") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"{text!r:.40} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return found


def _year_last(found: re.Match[str], text: str, *, day_first: bool | None) -> date:
    one, other = found["first"], found["other"]
    if found["sign"] == ".":
        day_first = True
    if day_first is None:
        if int(one) <= 12 and int(other) <= 12 and int(one) != int(other):
            raise ValueError(f"{text!r:.40} may be two dates; say whether the day comes first")
        day_first = int(one) > 12
    day, month = (one, other) if day_first else (other, one)
    return _date(found["year"], month, day, text)


def _at(day: date, found: re.Match[str], text: str) -> datetime:
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    half = (found["half"] or "")[:1].lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(f"{text!r:.40} has no hour of a 12-hour clock")
        hour = hour % 12 + (12 if half == "p" else 0)
    fraction = int((found["fraction"] or "").ljust(6, "0"))
    if (hour, minute, second, fraction) == (24, 0, 0, 0):
        return datetime.combine(date.fromordinal(day.toordinal() + 1), _MIDNIGHT)
    try:
        return datetime.combine(day, time(hour, minute, second, fraction))
    except ValueError:
        raise ValueError(f"{text!r:.40} has no time of day") from None


def _offset(text: str | None, whole: str) -> timedelta | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return timedelta()
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if offset >= timedelta(days=1):
        raise ValueError(f"{whole!r:.40} has no offset from UTC")
    return -offset if text[0] == "-" else offset
