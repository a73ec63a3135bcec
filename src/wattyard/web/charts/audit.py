"""What a price is made of at one instant: parts that add up, end to end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from wattyard.web.charts.drawing import Anchor, Box, DataTable, Drawing, Label, Shape, Stroke
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.scales import nice_ticks
from wattyard.web.charts.stacks import part_style

_DECIMALS: Final = 6
_ROW_PX: Final = 34.0
_BAR_PX: Final = 14.0
_LEAST_WIDTH: Final = 0.002
_TICK_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class AuditPart:
    """A part of a price per kWh, in the order in which it is added; it may be below zero."""

    name: str
    per_kwh: float


def audit_chart(
    parts: Sequence[AuditPart], reader: ChartReader, *, currency_code: str, title: str
) -> Drawing:
    """Draw parts, each beginning where the one before it ends, and the price that they come to."""
    unit = f"{currency_code} per kWh"
    total = sum(part.per_kwh for part in parts)
    ends = [0.0]
    for part in parts:
        ends.append(ends[-1] + part.per_kwh)
    ticks, decimals = nice_ticks(min(ends), max(ends), _TICK_MOST)
    low, wide = ticks[0], ticks[-1] - ticks[0]
    height = (len(parts) + 1) * _ROW_PX
    shapes: list[Shape] = []
    for tick in ticks:
        x = (tick - low) / wide
        anchor: Anchor = "start" if x == 0.0 else "end" if x == 1.0 else "middle"
        shapes.append(Stroke("zero" if tick == 0.0 else "grid", x, 0.0, x, height))
        shapes.append(Label("tick", x, height + 16, reader.number(tick, decimals), anchor))
    rows = [
        (part.name, start, end) for part, start, end in zip(parts, ends, ends[1:], strict=False)
    ]
    for number, (name, start, end) in enumerate([*rows, ("Price", 0.0, total)]):
        last = number == len(parts)
        shapes += _row(
            ("total-bar" if last else part_style(number), name),
            ((min(start, end) - low) / wide, abs(end - start) / wide),
            number * _ROW_PX,
            reader.exact(end - start, _DECIMALS),
        )
    return Drawing(
        title=title,
        description=f"{len(parts)} parts come to {reader.exact(total, _DECIMALS)} {unit}.",
        height=height + 22,
        shapes=shapes,
        table=DataTable(
            ["Part", unit],
            [
                *([part.name, reader.number(part.per_kwh, _DECIMALS)] for part in parts),
                ["Price", reader.number(total, _DECIMALS)],
            ],
        ),
        gutter=0.0,
    )


def _row(named: tuple[str, str], bar: tuple[float, float], y: float, text: str) -> Iterator[Shape]:
    style, name = named
    x, width = bar
    yield Label("name", 0.0, y + 12, name)
    yield Label("value", 1.0, y + 12, text, "end")
    yield Box(style, x, y + 17, max(width, _LEAST_WIDTH), _BAR_PX, f"{name}: {text}", 2.0)
