"""Prices of several days as coloured rows in the terminal."""

import math
from collections.abc import Sequence
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.text import Text

from wattyard.cli.bars import CELL_US, COLOURS, LEVELS, bar
from wattyard.kernel.values import dataclass

_UNKNOWN: Final = "·"


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day to draw: its name, `edges_us` (n + 1) instants and `prices` (n), NaN where unknown."""

    name: str
    edges_us: Sequence[int]
    prices: Sequence[float]


def draw(rows: Sequence[DayRow], currency_code: str, *, title: str) -> RenderableType:
    """Draw days one below the other, a cell per half hour, green (cheap) to red (expensive)."""
    known = [price for row in rows for price in row.prices if not math.isnan(price)]
    if not known:
        return Text(f"{title}: no price is known for these days", style="yellow")
    low, high = min(known), max(known)
    width = max(len(row.name) for row in rows)
    hours = "".join(f"{hour:<4}" for hour in range(0, 24, 2))
    lines = [Text(title, style="bold"), Text(" " * (width + 2) + hours, style="dim")]
    lines += [_line(row, width, low, high) for row in rows]
    legend = Text(" " * (width + 2))
    legend.append(f"{low:.4f} ", style=COLOURS[0])
    for level, colour in zip(LEVELS[1:], COLOURS, strict=True):
        legend.append(level, style=colour)
    legend.append(f" {high:.4f} {currency_code} per kWh", style=COLOURS[-1])
    return Group(*lines, legend)


def show(rows: Sequence[DayRow], currency_code: str, *, title: str) -> None:
    """Print days on the terminal."""
    Console(soft_wrap=True).print(draw(rows, currency_code, title=title))


def _line(row: DayRow, width: int, low: float, high: float) -> Text:
    line = Text(f"{row.name:<{width}}  ")
    interval = 0
    for at in range(row.edges_us[0], row.edges_us[-1], CELL_US):
        while row.edges_us[interval + 1] <= at:
            interval += 1
        price = row.prices[interval]
        if math.isnan(price):
            line.append(_UNKNOWN, style="dim")
            continue
        line.append(*bar(price, low, high))
    prices = [price for price in row.prices if not math.isnan(price)]
    if prices:
        line.append(f"  {min(prices):.4f} … {max(prices):.4f}", style="dim")
    return line
