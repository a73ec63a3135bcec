"""`--svg FILE`: what a command draws in the terminal, as a picture."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer

from wattyard.cli.files import replaced_file
from wattyard.cli.plan_chart import Lane
from wattyard.cli.price_week import DayRow
from wattyard.kernel.arrays import np
from wattyard.schedules.domain.prices import Instants
from wattyard.web.charts.drawing import Drawing
from wattyard.web.charts.plans import PlanLane, plan_chart
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.series import StepSeries
from wattyard.web.charts.weeks import clock_row, price_range, week_chart
from wattyard.web.charts.writing import file_svg

SvgOption = Annotated[
    Path | None,
    typer.Option(
        "--svg", metavar="FILE", help="Draw into an SVG file instead; - is standard output."
    ),
]

_WATTS: Final = 1_000.0


def write_plan(
    file: Path,
    edges_us: Instants,
    lanes: Sequence[Lane],
    zone: ZoneInfo,
    *,
    titles: tuple[str, str],
) -> None:
    """Draw the lanes of a plan into a file; `titles` are its title and its currency.

    Raises:
        CommandFailed: when the file cannot be written.
    """
    title, currency_code = titles
    shown = [_lane(one, edges_us, currency_code) for one in lanes]
    _write(file, plan_chart(shown, ChartReader(zone), title=title))


def write_week(
    file: Path, rows: Sequence[DayRow], zone: ZoneInfo, *, titles: tuple[str, str]
) -> None:
    """Draw the prices of days into a file; `titles` are its title and its currency.

    Raises:
        CommandFailed: when the file cannot be written.
    """
    title, currency_code = titles
    reader = ChartReader(zone)
    week = [
        clock_row(
            row.name,
            StepSeries(np.array(row.edges_us, np.int64), np.array(row.prices, np.float64)),
            reader,
        )
        for row in rows
    ]
    drawing = week_chart(
        week, price_range([week]), reader, currency_code=currency_code, title=title
    )
    _write(file, drawing)


def _lane(lane: Lane, edges_us: Instants, currency_code: str) -> PlanLane:
    name = lane.name.strip().capitalize() if lane.name.islower() else lane.name.strip()
    match lane.kind:
        case "price":
            unit = f"{currency_code} per kWh"
            return PlanLane(name, unit, StepSeries(edges_us, lane.values), "price")
        case "power":
            return PlanLane(name, "kW", StepSeries(edges_us, lane.values / _WATTS), "power")
        case "percent":
            ends = lane.values if lane.at_edges is None else lane.at_edges[1:]
            first = float(ends[0] if lane.at_edges is None else lane.at_edges[0])
            return PlanLane("State of charge", "%", StepSeries(edges_us, ends), "charge", first)


def _write(file: Path, drawing: Drawing) -> None:
    text = file_svg(drawing)
    if str(file) == "-":
        sys.stdout.write(text)
        return
    with replaced_file(file) as written:
        written.write(text)
