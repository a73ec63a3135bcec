"""Step series as lines and areas of a panel."""

from collections.abc import Iterator

from wattyard.kernel.arrays import Integers, Numbers, np
from wattyard.web.charts.drawing import Box, Curve, Shape
from wattyard.web.charts.scales import ValueScale
from wattyard.web.charts.series import StepSeries
from wattyard.web.charts.thinning import COLUMNS, Polyline, step_lines
from wattyard.web.charts.times import TimeScale

_TRUSTED, _FAIR = 0.75, 0.4
_BETWEEN, _BETWEEN_MOST = 0.12, 0.004


def step_curve(style: str, series: StepSeries, time: TimeScale, scale: ValueScale) -> Curve:
    """Draw a series as a stepped line, a finer one where there are more steps than pixels."""
    style = f"{style}-fine" if series.values.size > COLUMNS else style
    return Curve(style, [_at_heights(one, scale) for one in step_lines(series, time)])


def step_area(
    styles: tuple[str, str], series: StepSeries, time: TimeScale, scale: ValueScale
) -> Iterator[Shape]:
    """Fill between a series and zero, with one style above zero and another below it."""
    runs = step_lines(series, time)
    for style, part in zip(styles, (np.maximum, np.minimum), strict=True):
        filled = [Polyline(one.xs, part(one.values, 0.0)) for one in runs]
        seen = [one for one in filled if np.any(one.values != 0.0)]
        if seen:
            yield Curve(style, [_to_zero(one, scale) for one in seen], closed=True)


def bars(style: str, series: StepSeries, time: TimeScale, scale: ValueScale) -> Curve:
    """Draw each step as a bar from zero, with a little room between neighbours.

    Values that are NaN or zero have none.
    """
    if series.values.size > COLUMNS:
        thinned = [_to_zero(one, scale) for one in step_lines(series, time)]
        return Curve(style, thinned, closed=True)
    edges = ((series.edges_us - time.start_us) / (time.end_us - time.start_us)).clip(0.0, 1.0)
    room = np.minimum(np.diff(edges) * _BETWEEN, _BETWEEN_MOST) / 2
    drawn = (np.nan_to_num(series.values) != 0.0) & (np.diff(edges) > 0.0)
    lefts, rights = (edges[:-1] + room)[drawn], (edges[1:] - room)[drawn]
    zero = np.full(lefts.size, scale.y(0.0))
    ys = scale.heights(series.values[drawn])
    corners = zip(
        np.stack([lefts, lefts, rights, rights], axis=1),
        np.stack([zero, ys, ys, zero], axis=1),
        strict=True,
    )
    runs = [Polyline(*one) for one in corners]
    return Curve(style, runs, closed=True)


def unconfirmed(
    series: StepSeries, time: TimeScale, panel_px: tuple[float, float]
) -> Iterator[Shape]:
    """Lay stripes over what is not confirmed, the wider the less it is trusted."""
    if series.confidence is None:
        return
    levels = _levels(series.confidence)
    starts = np.flatnonzero(np.diff(levels, prepend=-1)).tolist()
    for first, last in zip(starts, [*starts[1:], levels.size], strict=True):
        x = time.x(int(series.edges_us[first]))
        width = time.x(int(series.edges_us[last])) - x
        if levels[first] and width > 0.0:
            top, bottom = panel_px
            yield Box(f"hatch{levels[first]}", x, top, width, bottom - top)


def _levels(confidence: Numbers) -> Integers:
    """Give 0 for what is confirmed, to 3 for what is least trusted."""
    trusted = [confidence >= 1.0, confidence >= _TRUSTED, confidence >= _FAIR]
    return np.select(trusted, [np.int64(0), np.int64(1), np.int64(2)], np.int64(3))


def _at_heights(line: Polyline, scale: ValueScale) -> Polyline:
    return Polyline(line.xs, scale.heights(line.values))


def _to_zero(line: Polyline, scale: ValueScale) -> Polyline:
    zero = scale.y(0.0)
    xs = np.concatenate([line.xs[:1], line.xs, line.xs[-1:]])
    return Polyline(xs, np.concatenate([[zero], scale.heights(line.values), [zero]]))
