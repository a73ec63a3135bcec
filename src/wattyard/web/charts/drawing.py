"""What a chart is made of, before it is written: marks of named styles, and a table.

`x` and `width` are shares of the plot's width, 0 to 1; `y` and heights are pixels from its top.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from wattyard.web.charts.thinning import Polyline

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line."""

    style: str
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `title` is shown where a pointer rests on it."""

    style: str
    x: float
    y: float
    width: float
    height: float
    title: str | None = None
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Label:
    """A text, `dx` pixels beside its place; `y` is its base line."""

    style: str
    x: float
    y: float
    text: str
    anchor: Anchor = "start"
    dx: float = 0.0
    wide: bool = False
    """Whether only a wide screen has room for it."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Lines through points whose values are heights in pixels; `closed` ones are areas."""

    style: str
    runs: Sequence[Polyline]
    closed: bool = False


Shape = Stroke | Box | Label | Curve


@dataclass(frozen=True, slots=True)
class DataTable:
    """The numbers of a chart, written: the first cell of a row names it."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A style and what it means."""

    style: str
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart: its title and a sentence for those who do not see it, marks, legend and table.

    `height` is in pixels; `gutter` is the room for the values beside the plot. `pointer` is what
    the script of a page reads under a pointer (`crosshair.py`).
    """

    title: str
    description: str
    height: float
    shapes: Sequence[Shape]
    table: DataTable
    legend: Sequence[LegendEntry] = ()
    gutter: float = 44.0
    pointer: Mapping[str, object] | None = field(default=None, hash=False)
