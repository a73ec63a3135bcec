"""Readings as bars: what was drawn from the grid above the zero line, what was fed in below it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.local_periods import PeriodUnit, period_edges
from wattyard.web.charts.areas import bars
from wattyard.web.charts.axes import HEADER_PX, head, now_mark, time_axis, time_axis_px, value_lines
from wattyard.web.charts.crosshair import pointer
from wattyard.web.charts.drawing import Drawing, LegendEntry, Shape
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.scales import value_scale
from wattyard.web.charts.series import StepSeries, joined_span
from wattyard.web.charts.tables import TableColumn, series_table
from wattyard.web.charts.times import TimeScale

_PLOT_PX: Final = 180.0
_DECIMALS: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class FlowBars:
    """Energy by period, kWh: drawn from the grid, and fed into it (positive, too).

    Either may be missing; `now_us` marks an instant. `names` are what the two are called.
    """

    drawn_kwh: StepSeries | None
    fed_kwh: StepSeries | None = None
    now_us: int | None = None
    names: tuple[str, str] = ("From the grid", "To the grid")

    def __post_init__(self) -> None:
        """Check that there is something to draw."""
        if self.drawn_kwh is None and self.fed_kwh is None:
            raise ValueError("bars of readings need a series")

    @property
    def parts(self) -> list[tuple[str, str, float, StepSeries]]:
        """Style, name, sign and series of what there is."""
        both = [
            ("in", self.names[0], 1.0, self.drawn_kwh),
            ("out", self.names[1], -1.0, self.fed_kwh),
        ]
        return [(style, name, sign, own) for style, name, sign, own in both if own is not None]


def summed(series: StepSeries, unit: PeriodUnit, reader: ChartReader) -> StepSeries:
    """Add energy up by local hours, days or months; a period without any reading is a gap.

    Steps count where they begin.
    """
    edges = period_edges(unit, reader.zone, series.span_us)
    period = np.searchsorted(edges, series.edges_us[:-1], side="right") - 1
    known = np.isfinite(series.values)
    sums = np.bincount(period[known], series.values[known], minlength=edges.size - 1)
    counts = np.bincount(period[known], minlength=edges.size - 1)
    return StepSeries(edges, np.where(counts > 0, sums, np.nan))


def flow_chart(flows: FlowBars, reader: ChartReader, *, title: str) -> Drawing:
    """Draw readings as bars."""
    parts = flows.parts
    time = TimeScale(*joined_span([one for *_, one in parts]))
    signed = {name: _signed(one, sign) for _, name, sign, one in parts}
    panel = (HEADER_PX, HEADER_PX + _PLOT_PX)
    scale = value_scale((one.values for one in signed.values()), panel_px=panel)
    columns = [TableColumn(f"{name}, kWh", one, _DECIMALS) for _, name, _, one in parts]
    shapes: list[Shape] = [
        *head("kWh", reader),
        *value_lines(scale, reader),
        *time_axis(time, reader, panels_px=[panel]),
        *(bars(style, signed[name], time, scale) for style, name, *_ in parts),
        *now_mark(flows.now_us, time, panel),
    ]
    return Drawing(
        title=title,
        description=_description(flows, reader),
        height=panel[1] + time_axis_px(time, reader),
        shapes=shapes,
        table=series_table(columns, reader),
        legend=[LegendEntry(style, name) for style, name, *_ in parts],
        pointer=pointer(columns, time, reader),
    )


def _signed(series: StepSeries, sign: float) -> StepSeries:
    values: Numbers = series.values * sign
    return StepSeries(series.edges_us, values)


def _description(flows: FlowBars, reader: ChartReader) -> str:
    return " ".join(_sentences(flows, reader))


def _sentences(flows: FlowBars, reader: ChartReader) -> Iterator[str]:
    for _, name, _, one in flows.parts:
        yield f"{name}: {reader.number(float(np.nansum(one.values)), 1)} kWh in all."
    if any(np.isnan(one.values).any() for *_, one in flows.parts):
        yield "There are periods without readings."
