"""A charging plan in the terminal: price, power and state of charge, day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from wattyard.cli.bars import CELL_US, LEVELS, bar
from wattyard.kernel import civil
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.schedules.domain.prices import Instants, Numbers
from wattyard.schedules.domain.steps import mean_over

_NAMES: Final = ("price", "runs", "holds")
_IDLE_W: Final = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class PlannedSteps:
    """n steps to draw: `edges_us` (n + 1), price, power (+ charging), charge in per cent."""

    edges_us: Instants
    per_kwh: Numbers
    net_w: Numbers
    percent: Numbers


def draw(steps: PlannedSteps, zone: ZoneInfo) -> RenderableType:
    """Draw each local day as three lines of half hours under the hours of its clock."""
    day = civil.date_at(instant(int(steps.edges_us[0])), zone)
    last = civil.date_at(instant(int(steps.edges_us[-1]) - 1), zone)
    lines: list[Text] = []
    scale = (float(steps.per_kwh.min()), float(steps.per_kwh.max()))
    while day <= last:
        span = civil.day(day, zone)
        edges_us = np.arange(
            microseconds(span.start), microseconds(span.end) + 1, CELL_US, dtype=np.int64
        )
        lines.append(_hours(f"{day:%a %d %b}", edges_us, zone))
        lines += [
            _line(name, row)
            for name, row in zip(_NAMES, _cells(steps, edges_us, scale), strict=True)
        ]
        day += timedelta(days=1)
    lines.append(Text(f"price {scale[0]:.4f} … {scale[1]:.4f}   ▲ takes   ▼ gives", style="dim"))
    return Group(*lines)


def _hours(name: str, edges_us: Instants, zone: ZoneInfo) -> Text:
    text = Text(f"{name:<12}", style="bold")
    for at in edges_us[:-1].tolist()[::4]:
        text.append(f"{instant(at).astimezone(zone):%H}  ", style="dim")
    return text


def _cells(
    steps: PlannedSteps, edges_us: Instants, scale: tuple[float, float]
) -> list[list[tuple[str, str]]]:
    """Choose character and style of each cell of a day: price, power, charge."""
    prices, powers, held = (
        mean_over(steps.edges_us, values, edges_us)
        for values in (steps.per_kwh, steps.net_w, steps.percent)
    )
    low, high = scale
    rows: list[list[tuple[str, str]]] = [[], [], []]
    for n, start_us in enumerate(edges_us[:-1].tolist()):
        if start_us + CELL_US <= steps.edges_us[0] or start_us >= steps.edges_us[-1]:
            for row in rows:
                row.append((" ", ""))
            continue
        rows[0].append(bar(float(prices[n]), low, high))
        rows[1].append(_sign(float(powers[n])))
        level = min(int(held[n] / 100.0 * len(LEVELS)), len(LEVELS) - 1)
        rows[2].append((LEVELS[level], "cyan"))
    return rows


def _sign(power_w: float) -> tuple[str, str]:
    if abs(power_w) < _IDLE_W:
        return "·", "dim"
    return ("▲", "green") if power_w > 0 else ("▼", "red")


def _line(name: str, cells: Sequence[tuple[str, str]]) -> Text:
    line = Text(f"  {name:<10}")
    for sign, style in cells:
        line.append(sign, style=style)
    return line
