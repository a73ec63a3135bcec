"""A small line without axes, for beside a number."""

from typing import Final

from wattyard.kernel.arrays import np
from wattyard.web.charts.areas import step_curve
from wattyard.web.charts.drawing import DataTable, Drawing, Stroke
from wattyard.web.charts.scales import ValueScale
from wattyard.web.charts.series import StepSeries
from wattyard.web.charts.times import TimeScale

_HEIGHT_PX: Final = 36.0
_EDGE_PX: Final = 2.0


def spark(series: StepSeries, *, title: str, description: str) -> Drawing:
    """Draw a series from zero, or from its lowest value below zero, to its highest."""
    known = series.values[np.isfinite(series.values)]
    low = min(float(known.min()), 0.0) if known.size else 0.0
    high = max(float(known.max()), low) if known.size else 0.0
    ticks = (low, high if high > low else low + 1.0)
    scale = ValueScale(ticks, 0, _EDGE_PX, _HEIGHT_PX - _EDGE_PX)
    time = TimeScale(*series.span_us)
    zero = scale.y(0.0)
    return Drawing(
        title=title,
        description=description,
        height=_HEIGHT_PX,
        shapes=[Stroke("grid", 0.0, zero, 1.0, zero), step_curve("spark", series, time, scale)],
        table=DataTable([], []),
        gutter=0.0,
    )
