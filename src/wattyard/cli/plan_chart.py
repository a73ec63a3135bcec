"""Plans in the terminal: prices, powers and states of charge in lanes on one axis, day by day."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.text import Text

from wattyard.cli.bars import CELL_US, LEVELS, bar
from wattyard.kernel import civil
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.prices import Instants
from wattyard.schedules.domain.steps import mean_over

_IDLE_W: Final = 1.0
_NARROWEST: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """A row to draw of n steps: a price per kWh, a power (W, + takes), or a share in per cent.

    `at_edges` (n + 1) are shares where steps begin and end; `values` are their means.
    """

    name: str
    values: Numbers
    kind: Literal["price", "power", "percent"]
    at_edges: Numbers | None = None


def draw(edges_us: Instants, lanes: Sequence[Lane], zone: ZoneInfo) -> RenderableType:
    """Draw each local day as a line for each lane, in half hours, under the hours of its clock.

    `edges_us` (n + 1) are those of the steps of all lanes.
    """
    day = civil.date_at(instant(int(edges_us[0])), zone)
    last = civil.date_at(instant(int(edges_us[-1]) - 1), zone)
    width = max([_NARROWEST, *(len(lane.name) + 1 for lane in lanes)])
    lines: list[Text] = []
    while day <= last:
        span = civil.day(day, zone)
        cells_us = np.arange(
            microseconds(span.start), microseconds(span.end) + 1, CELL_US, dtype=np.int64
        )
        lines.append(_hours(f"{day:%a %d %b}", width, cells_us, zone))
        lines += [_line(lane, edges_us, cells_us, width) for lane in lanes]
        day += timedelta(days=1)
    prices = [lane.values for lane in lanes if lane.kind == "price"]
    scales = [f"price {own.min():.4f} … {own.max():.4f}" for own in prices[:1]]
    lines.append(Text("   ".join([*scales, "▲ takes", "▼ gives"]), style="dim"))
    return Group(*lines)


def _hours(name: str, width: int, cells_us: Instants, zone: ZoneInfo) -> Text:
    text = Text(f"{name:<{width + 2}}", style="bold")
    for at in cells_us[:-1].tolist()[::4]:
        text.append(f"{instant(at).astimezone(zone):%H}  ", style="dim")
    return text


def _line(lane: Lane, edges_us: Instants, cells_us: Instants, width: int) -> Text:
    """Draw a lane's cells of a day, blank before the plan and after it."""
    line = Text(f"  {lane.name:<{width}}")
    values = mean_over(edges_us, lane.values, cells_us)
    low, high = float(lane.values.min()), float(lane.values.max())
    for n, start_us in enumerate(cells_us[:-1].tolist()):
        if start_us + CELL_US <= edges_us[0] or start_us >= edges_us[-1]:
            line.append(" ")
            continue
        value = float(values[n])
        if lane.kind == "price":
            sign, style = bar(value, low, high)
        elif lane.kind == "power":
            sign, style = _sign(value)
        else:
            level = min(int(value / 100.0 * len(LEVELS)), len(LEVELS) - 1)
            sign, style = LEVELS[max(level, 0)], "cyan"
        line.append(sign, style=style)
    return line


def _sign(power_w: float) -> tuple[str, str]:
    if abs(power_w) < _IDLE_W:
        return "·", "dim"
    return ("▲", "green") if power_w > 0 else ("▼", "red")
