"""A CSV file of prices: columns `valid_from`, `valid_to` and `value`, named in its first row.

Times are ISO 8601 and must have an offset, so that the hour a clock change repeats is
unambiguous; other columns are ignored.
"""

import asyncio
import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Final, Self

from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.tariffs.feeds.failures import FeedUnreachable, FeedUnreadable
from wattyard.tariffs.feeds.money import UNITS, Money
from wattyard.tariffs.feeds.options import Option, currency, read_options
from wattyard.tariffs.feeds.published import (
    Interval,
    PublishedPrices,
    in_order,
    instant_of,
    number_of,
    priced,
)
from wattyard.tariffs.feeds.session import Session

_LARGEST_BYTES: Final = 16 * 1024 * 1024
_COLUMNS: Final = ("valid_from", "valid_to", "value")


@dataclass(frozen=True, slots=True)
class CsvFile:
    """The prices in one file, per unit and in the currency that the operator names."""

    name: ClassVar[str] = "csv"
    options: ClassVar[tuple[Option, ...]] = (
        Option("path", "the file"),
        Option(
            "unit",
            "what a price is for: KWH or MWH; RATE for rates of exchange",
            pattern="KWH|MWH|RATE",
        ),
        currency(None),
    )

    path: Path
    money: Money

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build the feed; see `options`."""
        own = read_options(cls.name, cls.options, given)
        return cls(Path(own["path"]), Money(own["currency"], UNITS[own["unit"]]))

    async def fetch(self, http: Session, span: Span) -> PublishedPrices:
        """Read the file; `http` is not needed."""
        return parse(await asyncio.to_thread(self._lines), span, self.money)

    def _lines(self) -> io.StringIO:
        try:
            with self.path.open("rb") as file:
                content = file.read(_LARGEST_BYTES + 1)
        except OSError as wrong:
            raise FeedUnreachable(f"{self.path} cannot be read: {wrong.strerror}") from wrong
        if len(content) > _LARGEST_BYTES:
            raise FeedUnreadable(f"{self.path} has more than {_LARGEST_BYTES} bytes")
        try:
            return io.StringIO(content.decode("utf-8-sig"), newline="")
        except UnicodeDecodeError as wrong:
            raise FeedUnreadable(f"{self.path} is not a text in UTF-8") from wrong


def parse(lines: Iterable[str], span: Span, money: Money) -> PublishedPrices:
    """Read the lines of a file or stream, the first of which names the columns.

    Raises:
        FeedUnreadable: naming the line, when a column is missing, a time has no offset, a price
            is not a finite number, or there are two prices for one time.
    """
    return in_order(_intervals(csv.DictReader(lines)), span, money)


def _intervals(rows: "csv.DictReader[str]") -> Iterator[Interval]:
    try:
        missing = [own for own in _COLUMNS if own not in (rows.fieldnames or ())]
        if missing:
            raise FeedUnreadable(f"the first line names no column {', '.join(missing)}")
        for row in rows:
            yield _interval(row, rows.line_num)
    except csv.Error as wrong:
        raise FeedUnreadable(f"line {rows.line_num} is not CSV: {wrong}") from wrong


def _interval(row: Mapping[str, str | None], line: int) -> Interval:
    start, end, price = (row.get(own) or "" for own in _COLUMNS)
    try:
        return priced(instant_of(start.strip()), instant_of(end.strip()), number_of(price.strip()))
    except FeedUnreadable as wrong:
        raise FeedUnreadable(f"line {line}: {wrong.reason}") from wrong
