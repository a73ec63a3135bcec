"""A plan in lanes on one axis of time: price, power of each device, state of charge."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from wattyard.kernel.arrays import np
from wattyard.web.charts.areas import step_area
from wattyard.web.charts.axes import (
    HEADER_PX,
    UNIT_PX,
    now_mark,
    time_axis,
    time_axis_px,
    value_lines,
)
from wattyard.web.charts.crosshair import pointer
from wattyard.web.charts.drawing import Curve, Drawing, Label, LegendEntry, Shape, Stroke
from wattyard.web.charts.prices import SHOWN_DECIMALS, has_forecast, price_lane
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.scales import ValueScale, percent_scale, value_scale
from wattyard.web.charts.series import StepSeries, joined_span
from wattyard.web.charts.tables import TableColumn, series_table
from wattyard.web.charts.thinning import Polyline
from wattyard.web.charts.times import TimeScale

LaneKind = Literal["price", "power", "charge"]

_NEAR_END: Final = 0.5
_LANE_PX: Final = {"price": 110.0, "power": 74.0, "charge": 86.0}
_DECIMALS: Final = {"price": SHOWN_DECIMALS, "power": 2, "charge": 0}
_TICKS: Final = {"price": 4, "power": 3, "charge": 2}
_BETWEEN_PX: Final = 8.0
"""More room above the lanes below the first, so that their names are clear of its numbers."""


@dataclass(frozen=True, slots=True)
class ChargeTarget:
    """A state of charge to be reached by an instant, in per cent."""

    at_us: int
    percent: float


@dataclass(frozen=True, slots=True, eq=False)
class PlanLane:
    """A row of a plan: a price, a power (kW, positive takes), or a state of charge.

    The values of a state of charge are those at the ends of its steps; `start_percent` is that at
    the beginning. `reserve_percent` is what it does not go below; what a lane gives
    comes from the sun where it is `solar`.
    """

    name: str
    unit: str
    series: StepSeries
    kind: LaneKind
    start_percent: float | None = None
    targets: Sequence[ChargeTarget] = ()
    reserve_percent: float | None = None
    solar: bool = False


@dataclass(frozen=True, slots=True)
class _Panel:
    lane: PlanLane
    scale: ValueScale

    @property
    def px(self) -> tuple[float, float]:
        return self.scale.top_px, self.scale.bottom_px


def plan_chart(
    lanes: Sequence[PlanLane], reader: ChartReader, *, title: str, now_us: int | None = None
) -> Drawing:
    """Draw a plan, a lane below the other; at least one lane.

    Lanes of power have one scale, so that devices compare.
    """
    time = TimeScale(*joined_span([one.series for one in lanes]))
    panels = _panels(lanes)
    bottom = panels[-1].px[1]
    columns = [
        TableColumn(f"{one.name}, {one.unit}", one.series, _DECIMALS[one.kind]) for one in lanes
    ]
    return Drawing(
        title=title,
        description=" ".join(_sentences(lanes, reader)),
        height=bottom + time_axis_px(time, reader),
        shapes=list(_shapes(panels, time, reader, now_us)),
        table=series_table(columns, reader),
        legend=_legend(lanes),
        pointer=pointer(columns, time, reader),
    )


def _panels(lanes: Sequence[PlanLane]) -> list[_Panel]:
    powers = [one.series.values for one in lanes if one.kind == "power"]
    top, found = 0.0, []
    for lane in lanes:
        first = top + HEADER_PX
        panel = (first, first + _LANE_PX[lane.kind])
        top = panel[1] + _BETWEEN_PX
        if lane.kind == "charge":
            scale = percent_scale(panel)
        else:
            values = powers if lane.kind == "power" else [lane.series.values]
            scale = value_scale(values, panel_px=panel, most=_TICKS[lane.kind])
        found.append(_Panel(lane, scale))
    return found


def _shapes(
    panels: Sequence[_Panel], time: TimeScale, reader: ChartReader, now_us: int | None
) -> Iterator[Shape]:
    before: list[Shape] = []
    for panel in panels:
        behind, own = _lane(panel, time)
        yield from behind
        before += own
    yield from time_axis(time, reader, panels_px=[panel.px for panel in panels])
    for panel in panels:
        name, unit = panel.lane.name, panel.lane.unit
        yield Label("name", 0.0, panel.px[0] - 8, f"{name}, {unit}", "start", UNIT_PX)
        yield from value_lines(panel.scale, reader)
    yield Label("unit", 1.0, HEADER_PX - 8, reader.zone.key, "end")
    yield from before
    for number, panel in enumerate(panels):
        marks = list(now_mark(now_us, time, panel.px))
        yield from marks if number == 0 else marks[:1]


def _lane(panel: _Panel, time: TimeScale) -> tuple[list[Shape], list[Shape]]:
    """Draw a lane as what is behind its grid, and what is before it."""
    lane, scale = panel.lane, panel.scale
    if lane.kind == "price":
        return price_lane(lane.series, time, scale)
    if lane.kind == "power":
        return list(step_area(("charge", "discharge"), lane.series, time, scale)), []
    return _charge(lane, time, scale)


def _charge(lane: PlanLane, time: TimeScale, scale: ValueScale) -> tuple[list[Shape], list[Shape]]:
    """Draw a state of charge as a line between the ends of its steps, with what is asked of it."""
    edges, values = lane.series.edges_us, lane.series.values
    first = values[0] if lane.start_percent is None else lane.start_percent
    points = np.concatenate([[first], values])
    known = np.isfinite(points)
    xs = ((edges - time.start_us) / (time.end_us - time.start_us))[known]
    if not xs.size:
        return [], []
    ys = scale.heights(points[known])
    line = Polyline(xs, ys)
    zero = scale.y(0.0)
    area = Polyline(np.concatenate([xs[:1], xs, xs[-1:]]), np.concatenate([[zero], ys, [zero]]))
    before: list[Shape] = []
    if lane.reserve_percent is not None:
        y = scale.y(lane.reserve_percent)
        before.append(Stroke("reserve", 0.0, y, 1.0, y))
    before.append(Curve("held", [line]))
    for one in lane.targets:
        before += _mark(one, time, scale)
    return [Curve("held-area", [area], closed=True)], before


def _mark(target: ChargeTarget, time: TimeScale, scale: ValueScale) -> list[Shape]:
    """Mark a target on the line of its deadline, with what is to be held then."""
    x, y = min(max(time.x(target.at_us), 0.0), 1.0), scale.y(target.percent)
    right = x > _NEAR_END
    text_y = y + 12 if y < scale.top_px + 12 else y - 4
    return [
        Stroke("deadline", x, scale.top_px, x, scale.bottom_px),
        Label("target", x, y + 5, "◆", "middle"),
        Label("target-text", x, text_y, f"{target.percent:.0f} %", "end" if right else "start",
              -8 if right else 8),
    ]  # fmt: skip


def _legend(lanes: Sequence[PlanLane]) -> list[LegendEntry]:
    entries = []
    powers = [one.series.values for one in lanes if one.kind == "power"]
    if any(np.any(values > 0.0) for values in powers):
        entries.append(LegendEntry("charge", "Charges or runs"))
    gives = {
        "produces" if one.solar else "discharges"
        for one in lanes
        if one.kind == "power" and np.any(one.series.values < 0.0)
    }
    if gives:
        entries.append(LegendEntry("discharge", " or ".join(sorted(gives)).capitalize()))
    if any(has_forecast(one.series) for one in lanes):
        entries.append(LegendEntry("forecast", "Forecast"))
    if any(one.targets for one in lanes):
        entries.append(LegendEntry("deadline", "Target, at its deadline"))
    if any(one.reserve_percent is not None for one in lanes):
        entries.append(LegendEntry("reserve", "Reserve"))
    return entries


def _sentences(lanes: Sequence[PlanLane], reader: ChartReader) -> Iterator[str]:
    for lane in lanes:
        known = lane.series.values[np.isfinite(lane.series.values)]
        if not known.size:
            continue
        if lane.kind == "charge":
            first = known[0] if lane.start_percent is None else lane.start_percent
            yield f"{lane.name} from {first:.0f} to {known[-1]:.0f} {lane.unit}."
        else:
            decimals = _DECIMALS[lane.kind]
            low, high = (reader.exact(float(one), decimals) for one in (known.min(), known.max()))
            yield f"{lane.name} between {low} and {high} {lane.unit}."
