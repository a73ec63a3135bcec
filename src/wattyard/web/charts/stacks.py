"""Stacked bars: parts that add up by period, credits below the zero line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from wattyard.kernel.arrays import Marks, Numbers, np
from wattyard.web.charts.axes import HEADER_PX, UNIT_PX, value_lines
from wattyard.web.charts.drawing import Box, DataTable, Drawing, Label, LegendEntry, Shape, Stroke
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.scales import ValueScale, value_scale

_PLOT_PX: Final = 200.0
_AXIS_PX: Final = 22.0
_STYLES: Final = 8
MONEY_DECIMALS: Final = 2
_SLIM: Final = 0.68
_NARROW_MOST: Final = 6
_TEXT_PX: Final = 16.0
_UNREAD: Final = "No readings, as a share of the time"


@dataclass(frozen=True, slots=True, eq=False)
class StackPart:
    """A part of every bar: its name, and an amount for each (n), NaN where there is none."""

    name: str
    amounts: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class StackedBars:
    """Bars (n) of parts, in `unit`; amounts below zero are credits.

    `names` (n) are those of the bars; `short_names` (n) are written below them. `unread` (n) is the
    share, 0 to 1, of each bar's time for which nothing was metered: what it comes to is not all.

    Raises:
        ValueError: when a part has not an amount for each bar, or there is no bar.
    """

    names: Sequence[str]
    parts: Sequence[StackPart]
    unit: str
    short_names: Sequence[str] | None = None
    unread: Numbers | None = None

    def __post_init__(self) -> None:
        """Check the lengths."""
        if not self.names or any(one.amounts.size != len(self.names) for one in self.parts):
            raise ValueError("each part needs an amount for each bar")

    @property
    def amounts(self) -> Numbers:
        """Amounts of parts (rows) in bars (columns), nothing being zero."""
        return np.nan_to_num(np.stack([one.amounts for one in self.parts]))

    @property
    def totals(self) -> Numbers:
        """What each bar comes to."""
        found: Numbers = self.amounts.sum(axis=0)
        return found

    @property
    def unread_shares(self) -> Numbers:
        """The share of each bar's time without readings; nothing is missing where not said."""
        return np.zeros(len(self.names)) if self.unread is None else self.unread

    @property
    def empty(self) -> Marks:
        """Mark bars (n) of which nothing is known: no amount, and no reading."""
        known = np.isfinite(np.stack([one.amounts for one in self.parts])).any(axis=0)
        return np.asarray(~known & (self.unread_shares >= 1.0))


def stacked_chart(stack: StackedBars, reader: ChartReader, *, title: str) -> Drawing:
    """Draw stacked bars; a small line on each marks what it comes to, credits taken off."""
    panel = (HEADER_PX, HEADER_PX + _PLOT_PX)
    ups = np.maximum(stack.amounts, 0.0).sum(axis=0)
    downs = np.minimum(stack.amounts, 0.0).sum(axis=0)
    scale = value_scale((ups, downs), panel_px=panel)
    shapes: list[Shape] = [
        Label("unit", 0.0, 12.0, stack.unit, "start", UNIT_PX),
        *value_lines(scale, reader),
        *_unread(stack, panel, reader),
        *_boxes(stack, scale, reader),
        *_totals(stack, scale, mixed=bool((downs < 0.0).any())),
        *_names(stack, panel[1] + _TEXT_PX),
    ]
    return Drawing(
        title=title,
        description=_description(stack, reader),
        height=panel[1] + _AXIS_PX,
        shapes=shapes,
        table=_table(stack, reader),
        legend=[
            *(LegendEntry(part_style(n), part.name) for n, part in enumerate(stack.parts)),
            *([LegendEntry("unread", _UNREAD)] if (stack.unread_shares > 0).any() else []),
        ],
    )


def part_style(number: int) -> str:
    """Give the style of a part by its place among the parts."""
    return f"s{number % _STYLES + 1}"


def _unread(stack: StackedBars, panel: tuple[float, float], reader: ChartReader) -> Iterator[Shape]:
    """Hatch the share of each bar's time without readings, from the top of the panel down."""
    width = 1.0 / len(stack.names)
    for n, share in enumerate(stack.unread_shares.tolist()):
        if share <= 0.0:
            continue
        said = f"{stack.names[n]}: no readings for {_percent(share, reader)} of the time"
        place = (n * width, panel[0], width, share * (panel[1] - panel[0]))
        yield Box("unread", *place)
        yield Box("hatch1", *place, said)


def _boxes(stack: StackedBars, scale: ValueScale, reader: ChartReader) -> Iterator[Box]:
    """Stack what is above zero upwards and what is below it downwards, first part first."""
    width = 1.0 / len(stack.names)
    for n, name in enumerate(stack.names):
        up, down = 0.0, 0.0
        for number, part in enumerate(stack.parts):
            amount = float(part.amounts[n])
            if np.isnan(amount) or amount == 0.0:
                continue
            if amount > 0.0:
                low, high = up, up + amount
                up = high
            else:
                low, high = down + amount, down
                down = low
            text = reader.number(amount, MONEY_DECIMALS)
            yield Box(
                part_style(number),
                (n + (1 - _SLIM) / 2) * width,
                scale.y(high),
                _SLIM * width,
                scale.y(low) - scale.y(high),
                f"{name}: {part.name} {text} {stack.unit}",
            )


def _totals(stack: StackedBars, scale: ValueScale, *, mixed: bool) -> Iterator[Stroke]:
    """Mark totals where they are not the tops of the bars anyway, and those that are zero."""
    width = 1.0 / len(stack.names)
    for n, total in enumerate(stack.totals.tolist()):
        if stack.empty[n] or not (mixed or total == 0.0):
            continue
        y = scale.y(total)
        yield Stroke("total", (n + 0.08) * width, y, (n + 0.92) * width, y)


def _names(stack: StackedBars, y: float) -> Iterator[Label]:
    names = stack.short_names or stack.names
    every = -(-len(names) // _NARROW_MOST)
    for n, name in enumerate(names):
        x = (n + 0.5) / len(names)
        yield Label("tick", x, y, name, "middle", wide=n % every != 0)


def _description(stack: StackedBars, reader: ChartReader) -> str:
    totals = stack.totals
    low = int(np.where(stack.empty, np.inf, totals).argmin())
    high = int(np.where(stack.empty, -np.inf, totals).argmax())
    text = (
        f"{len(stack.names)} bars of {len(stack.parts)} parts. "
        f"Highest {stack.names[high]}: {reader.number(totals[high], MONEY_DECIMALS)}, "
        f"lowest {stack.names[low]}: {reader.number(totals[low], MONEY_DECIMALS)} {stack.unit}."
    )
    without = int((stack.unread_shares >= 1.0).sum())
    partly = int((stack.unread_shares > 0.0).sum()) - without
    if without or partly:
        text += f" {without} without any reading, {partly} with readings of a part of their time."
    return text


def _table(stack: StackedBars, reader: ChartReader) -> DataTable:
    totals = np.where(stack.empty, np.nan, stack.totals)
    columns = [*(part.amounts for part in stack.parts), totals]
    rows = [
        [name, *(reader.cell(float(own[n]), MONEY_DECIMALS) for own in columns)]
        for n, name in enumerate(stack.names)
    ]
    head = ["", *(part.name for part in stack.parts), f"Total, {stack.unit}"]
    if stack.unread is not None:
        head.append("Time without readings")
        rows = [
            [*row, _percent(share, reader)]
            for row, share in zip(rows, stack.unread.tolist(), strict=True)
        ]
    return DataTable(head, rows)


def _percent(share: float, reader: ChartReader) -> str:
    """Write a share in per cent; one that is not all is not written as all, nor as nothing."""
    percent = min(max(round(100 * share), 1), 99) if 0.0 < share < 1.0 else round(100 * share)
    return f"{reader.number(percent, 0)} %"
