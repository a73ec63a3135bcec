"""Axes: the lines and texts that say what positions mean."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final
from unicodedata import east_asian_width

from wattyard.web.charts.drawing import Anchor, Label, Shape, Stroke
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.scales import ValueScale
from wattyard.web.charts.times import TimeScale, TimeTick, day_names, time_ticks

HEADER_PX: Final = 22.0
"""Room above a panel, for its unit and the zone."""
_TEXT_PX: Final = 16.0
_BESIDE_PX: Final = -8.0
UNIT_PX: Final = -36.0
_MIDDLE_PX: Final = 4.0
_NEAR_END: Final = 0.95
_NEAR_START: Final = 0.02
_NOW_NEAR_END: Final = 0.9
_APART: Final = 0.045
"""The share of the width between texts, at least, on a wide screen."""
_PHONE_PX: Final = 260.0
"""How wide a plot is on a phone of 390 pixels, within its page and card."""
_MARGIN_PX: Final = 6.0
"""So far a text may reach beyond the plot."""
_GAP_PX: Final = 6.0
_LETTER_PX: Final = 8.0
_MARK_PX: Final = 4.0
_IDEOGRAPH_PX: Final = 12.5
"""How wide a letter or digit of the texts of an axis is at most, a space or point, an ideograph."""


def value_lines(scale: ValueScale, reader: ChartReader) -> Iterator[Shape]:
    """Draw the ticks of values across the plot, with their numbers beside it, and the zero line."""
    for tick in scale.ticks:
        y = scale.y(tick)
        yield Stroke("zero" if tick == 0.0 else "grid", 0.0, y, 1.0, y)
        text = reader.short(tick, scale.decimals)
        yield Label("tick", 0.0, y + _MIDDLE_PX, text, "end", _BESIDE_PX)


def head(unit: str, reader: ChartReader, *, top_px: float = 0.0) -> Iterator[Shape]:
    """Write the unit above a panel, and the zone whose clock its times are on."""
    yield Label("unit", 0.0, top_px + 12, unit, "start", UNIT_PX)
    yield Label("unit", 1.0, top_px + 12, reader.zone.key, "end")


def time_axis_px(scale: TimeScale, reader: ChartReader) -> float:
    """Give the height of the axis of a span: one row of text, or two with names of days."""
    return 38.0 if day_names(scale, reader) else 22.0


def time_axis(
    scale: TimeScale, reader: ChartReader, *, panels_px: Sequence[tuple[float, float]]
) -> Iterator[Shape]:
    """Draw the ticks of time: lines through panels of (top, bottom), and texts below the last."""
    bottom = panels_px[-1][1]
    written, texts = -1.0, list[Label]()
    for tick in time_ticks(scale, reader):
        x = scale.x(tick.at_us)
        for top, low in panels_px:
            yield Stroke("day" if tick.strong else "grid", x, top, x, low)
        if x - written >= _APART:
            texts.append(_tick_text(tick, x, bottom + _TEXT_PX))
            written = x
    yield from _fitting(texts)
    below = bottom + 2 * _TEXT_PX
    names = [Label("name", scale.x(one.at_us), below, one.text) for one in day_names(scale, reader)]
    # The later days first: the first one is often only the rest of a day.
    yield from _fitting(reversed(names))


def _tick_text(tick: TimeTick, x: float, y: float) -> Label:
    anchor: Anchor = "end" if x > _NEAR_END else "start" if x < _NEAR_START else "middle"
    return Label("tick", x, y, tick.text, anchor, wide=not tick.narrow)


def _fitting(row: Iterable[Label]) -> Iterator[Label]:
    """Leave to wide screens those texts of a row that a phone has no room for.

    The earlier ones have precedence.
    """
    taken: list[tuple[float, float]] = []
    for label in row:
        left, right = _reach_px(label)
        fits = not label.wide and right <= _PHONE_PX + _MARGIN_PX
        fits &= all(right + _GAP_PX <= start or end + _GAP_PX <= left for start, end in taken)
        if fits:
            taken.append((left, right))
        yield replace(label, wide=not fits)


def _reach_px(label: Label) -> tuple[float, float]:
    """From where to where a text reaches on a phone, rather estimated too wide than too narrow."""
    width = sum(map(_width_px, label.text))
    before = {"start": 0.0, "middle": width / 2, "end": width}[label.anchor]
    left = label.x * _PHONE_PX - before
    return left, left + width


def _width_px(letter: str) -> float:
    if east_asian_width(letter) in "WF":
        return _IDEOGRAPH_PX
    return _LETTER_PX if letter.isalnum() else _MARK_PX


def now_mark(
    now_us: int | None, scale: TimeScale, panel_px: tuple[float, float]
) -> Iterator[Shape]:
    """Mark the present, where it is in the span."""
    if now_us is None or not scale.start_us < now_us < scale.end_us:
        return
    x = scale.x(now_us)
    yield Stroke("now", x, panel_px[0], x, panel_px[1])
    right = x > _NOW_NEAR_END
    yield Label(
        "now-text", x, panel_px[0] + 11, "now", "end" if right else "start", -4 if right else 4
    )
