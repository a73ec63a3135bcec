"""A tariff's week as a heat map: days below each other, the hours of the clock side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from wattyard.kernel import clock_changes
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import DAY_US, SECOND_US
from wattyard.web.charts.drawing import (
    Anchor,
    Box,
    DataTable,
    Drawing,
    Label,
    LegendEntry,
    Shape,
    Stroke,
)
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.series import StepSeries

MINUTES_OF_DAY: Final = 1_440
LEVELS: Final = 7
_MINUTE_US: Final = 60 * SECOND_US
_ROW_PX: Final = 24.0
_TOP_PX: Final = 20.0
_DECIMALS: Final = 4
_LEGEND_MOST: Final = 7
_SHORT_NAME: Final = 5
_HOURS: Final = (
    (0, True),
    (3, False),
    (6, True),
    (9, False),
    (12, True),
    (15, False),
    (18, True),
    (21, False),
    (24, True),
)
"""Hours with a text, and whether a phone has room for it."""


@dataclass(frozen=True, slots=True, eq=False)
class WeekRow:
    """A day: `edges_minutes` (n + 1) of the clock, 0 to 1440, and `prices` (n), NaN if unknown.

    `note` says what is special about the day.
    """

    name: str
    edges_minutes: Sequence[int]
    prices: Numbers
    note: str = ""


def clock_row(name: str, day: StepSeries, reader: ChartReader, *, note: str = "") -> WeekRow:
    """Lay the prices of one local day on the hours of its clock.

    A repeated hour shows its first prices, a skipped one the price that takes over; what is before
    the series is unknown.
    """
    clock = clock_changes.between(reader.zone, *day.span_us)
    walls = clock.wall_us(day.edges_us[:-1])
    midnight = int(walls[0]) // DAY_US * DAY_US
    minutes = np.unique(np.append((walls - midnight) // _MINUTE_US, [0, MINUTES_OF_DAY]))
    minutes = minutes[(minutes >= 0) & (minutes <= MINUTES_OF_DAY)]
    starts = clock.first_shown(midnight + minutes[:-1] * _MINUTE_US).instants_us
    prices = [day.at(at) for at in starts.tolist()]
    known = np.array([np.nan if price is None else price for price in prices], np.float64)
    return WeekRow(name, minutes.tolist(), known, note)


@dataclass(frozen=True, slots=True)
class PriceRange:
    """The lowest and highest price of a colour scale, which several weeks may share."""

    low: float
    high: float

    def style(self, price: float) -> str:
        """Choose the style of a price: low to high in seven colours, one for below zero."""
        if np.isnan(price):
            return "hx"
        if price < 0.0:
            return "hn"
        share = (price - self.low) / (self.high - self.low) if self.high > self.low else 0.0
        return f"h{min(max(int(share * LEVELS), 0), LEVELS - 1)}"


def price_range(weeks: Sequence[Sequence[WeekRow]]) -> PriceRange:
    """Find the range of prices of some weeks; prices below zero have a colour of their own."""
    prices = np.concatenate([row.prices for week in weeks for row in week])
    known = prices[np.isfinite(prices) & (prices >= 0.0)]
    return PriceRange(float(known.min()), float(known.max())) if known.size else PriceRange(0, 0)


def week_chart(
    rows: Sequence[WeekRow],
    scale: PriceRange,
    reader: ChartReader,
    *,
    currency_code: str,
    title: str,
) -> Drawing:
    """Draw a week; each cell is a stretch of one price, and names it."""
    unit = f"{currency_code} per kWh"
    bottom = _TOP_PX + len(rows) * _ROW_PX
    return Drawing(
        title=title,
        description=_description(rows, reader, unit),
        height=bottom + 4,
        shapes=list(_shapes(rows, scale, reader, unit)),
        table=_table(rows, reader, unit),
        legend=list(_legend(rows, scale, reader, unit)),
        gutter=44.0 if max(len(row.name) for row in rows) <= _SHORT_NAME else 84.0,
    )


def _shapes(
    rows: Sequence[WeekRow], scale: PriceRange, reader: ChartReader, unit: str
) -> Iterator[Shape]:
    bottom = _TOP_PX + len(rows) * _ROW_PX
    for hour, narrow in _HOURS:
        anchor: Anchor = "start" if hour == 0 else "end" if hour == 24 else "middle"
        yield Label("tick", hour / 24, 12.0, f"{hour:02}", anchor, wide=not narrow)
    for number, row in enumerate(rows):
        y = _TOP_PX + number * _ROW_PX
        yield Label("tick", 0.0, y + 16, row.name, "end", -8.0)
        for start, end, price in _cells(row):
            text = f"{row.name} {_clock(start)}–{_clock(end)}: {_priced(price, reader, unit)}"
            yield Box(
                scale.style(price),
                start / MINUTES_OF_DAY,
                y,
                (end - start) / MINUTES_OF_DAY,
                _ROW_PX - 2,
                text,
                2.0,
            )
    for hour in (6, 12, 18):
        yield Stroke("hour", hour / 24, _TOP_PX - 4, hour / 24, bottom)


def _cells(row: WeekRow) -> Iterator[tuple[int, int, float]]:
    """List stretches of equal price, as their first and last minute and the price."""
    start = row.edges_minutes[0]
    for n, price in enumerate(row.prices.tolist()):
        following = row.prices[n + 1] if n + 1 < row.prices.size else None
        same = following is not None and (
            following == price or (np.isnan(following) and np.isnan(price))
        )
        if not same:
            end = row.edges_minutes[n + 1]
            yield start, end, price
            start = end


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _priced(price: float, reader: ChartReader, unit: str) -> str:
    return "not known" if np.isnan(price) else f"{reader.exact(price, _DECIMALS)} {unit}"


def _prices(rows: Sequence[WeekRow]) -> list[float]:
    """List the different prices of a week, lowest first."""
    found = np.concatenate([row.prices for row in rows])
    known: list[float] = np.unique(found[np.isfinite(found)]).tolist()
    return known


def _legend(
    rows: Sequence[WeekRow], scale: PriceRange, reader: ChartReader, unit: str
) -> Iterator[LegendEntry]:
    """Name each price while they are few, else the ends of the colours."""
    prices = _prices(rows)
    if len(prices) > _LEGEND_MOST:
        prices = [prices[0], prices[-1]]
    for price in prices:
        yield LegendEntry(scale.style(price), _priced(price, reader, unit))


def _description(rows: Sequence[WeekRow], reader: ChartReader, unit: str) -> str:
    prices = _prices(rows)
    if not prices:
        return "No price of these days is known."
    if len(prices) == 1:
        return f"{_priced(prices[0], reader, unit)} at all times."
    return (
        f"{len(prices)} prices, from {_priced(prices[0], reader, unit)} "
        f"to {_priced(prices[-1], reader, unit)}."
    )


def _table(rows: Sequence[WeekRow], reader: ChartReader, unit: str) -> DataTable:
    """List the stretches of each day; days alike are one row."""
    found: dict[tuple[tuple[int, int, str], ...], list[str]] = {}
    for row in rows:
        cells = tuple(
            (start, end, reader.cell(price, _DECIMALS)) for start, end, price in _cells(row)
        )
        found.setdefault(cells, []).append(f"{row.name} ({row.note})" if row.note else row.name)
    return DataTable(
        ["Days", "From", "Until", f"Price, {unit}"],
        [
            [", ".join(names), _clock(start), _clock(end), price]
            for cells, names in found.items()
            for start, end, price in cells
        ],
    )
