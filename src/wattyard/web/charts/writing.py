"""Drawings as SVG text: for a page, whose width is not known, and for a file of a given width."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Final, Protocol

from wattyard.kernel.arrays import np
from wattyard.web.charts import palette
from wattyard.web.charts.drawing import Box, Curve, Drawing, Label, LegendEntry, Shape, Stroke
from wattyard.web.charts.thinning import Polyline

FINENESS: Final = 10_000
"""Units of the width of a stretched path; its heights are tenths of pixels."""
_RIGHT: Final = 10.0
_FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
_LEGEND_ROW: Final = 20.0
_LETTER: Final = 6.6
_PATTERN: Final = 7


class _Writer(Protocol):
    """How positions and styles are written."""

    def x(self, share: float) -> str: ...

    def paint(self, style: str, *, wide: bool = False) -> str: ...

    def curve(self, shape: Curve) -> str: ...


@dataclass(frozen=True, slots=True)
class _ForPages:
    """Shares are per cent, styles are classes; paths are stretched, their lines are not."""

    name: str

    def x(self, share: float) -> str:
        return f"{_short(share * 100, 3)}%"

    def paint(self, style: str, *, wide: bool = False) -> str:
        if style.startswith("hatch"):
            level = style.removeprefix("hatch")
            return f'fill="url(#{self.name}-{style})" class="hatch{level}"'
        return f'class="{style}{" wide" if wide else ""}"'

    def curve(self, shape: Curve) -> str:
        path = _path(shape, FINENESS, 10.0, 0)
        return f'<path {self.paint(shape.style)} vector-effect="non-scaling-stroke" d="{path}"/>'


@dataclass(frozen=True, slots=True)
class _ForFiles:
    """Everything is in pixels, and colours are attributes."""

    name: str
    width: float

    def x(self, share: float) -> str:
        return _short(share * self.width, 2)

    def paint(self, style: str, *, wide: bool = False) -> str:
        if style.startswith("hatch"):
            return f'fill="url(#{self.name}-{style})"'
        return _attributes(palette.attributes(style))

    def curve(self, shape: Curve) -> str:
        return f'<path {self.paint(shape.style)} d="{_path(shape, self.width, 1.0, 1)}"/>'


def page_svg(drawing: Drawing, name: str) -> str:
    """Write a drawing for a page as wide as its container; `name` is unique on the page."""
    writer = _ForPages(name)
    pointer = ""
    if drawing.pointer is not None:
        text = json.dumps(drawing.pointer, separators=(",", ":"), ensure_ascii=False)
        pointer = f' data-chart="{escape(text)}"'
    height = _short(drawing.height, 1)
    inside = "".join(_stretched(writer, drawing))
    return (
        f'<svg class="chart gutter-{drawing.gutter:.0f}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" width="100%" height="{height}"{pointer}>'
        f"{_heading(drawing, name)}{_patterns(writer, drawing)}{inside}</svg>"
    )


def file_svg(drawing: Drawing, *, width: int = 900, name: str = "chart") -> str:
    """Write a drawing as a document of its own, on white paper, `width` pixels wide."""
    plot_width = width - drawing.gutter - _RIGHT
    writer = _ForFiles(name, plot_width)
    title_height = 26.0
    legend, legend_height = _legend(drawing.legend, writer, width)
    top = title_height + legend_height
    height = top + drawing.height + 6
    title = _attributes({**palette.attributes("name"), "font-size": "15"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_short(height, 1)}" '
        f'viewBox="0 0 {width} {_short(height, 1)}" role="img" font-family="{escape(_FONT)}" '
        f'aria-labelledby="{name}-title {name}-desc">{_heading(drawing, name)}'
        f'{_patterns(writer, drawing)}<rect width="100%" height="100%" fill="#ffffff"/>'
        f'<text {title} x="10" y="20">{escape(drawing.title)}</text>'
        f'<g transform="translate(0 {_short(title_height, 1)})">{legend}</g>'
        f'<g transform="translate({_short(drawing.gutter, 1)} {_short(top, 1)})">'
        f"{''.join(_written(writer, shape) for shape in drawing.shapes)}</g></svg>\n"
    )


def _heading(drawing: Drawing, name: str) -> str:
    return (
        f'<title id="{name}-title">{escape(drawing.title)}</title>'
        f'<desc id="{name}-desc">{escape(drawing.description)}</desc>'
    )


def _patterns(writer: _Writer, drawing: Drawing) -> str:
    """Write the stripes that lie over what is not confirmed, of as many widths as are used."""
    used = sorted({one.style for one in drawing.shapes if one.style.startswith("hatch")})
    if not used:
        return ""
    name = writer.paint(used[0]).partition("url(#")[2].partition("-hatch")[0]
    stripes = "".join(
        f'<pattern id="{name}-{style}" width="{_PATTERN}" height="{_PATTERN}" '
        f'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path '
        f"{writer.paint('stripes' + style[-1])} "
        f'd="M0 0V{_PATTERN}"/></pattern>'
        for style in used
    )
    return f"<defs>{stripes}</defs>"


def _stretched(writer: _ForPages, drawing: Drawing) -> Iterator[str]:
    """Write shapes in order, curves that follow each other in a picture that is stretched."""
    tall = _short(drawing.height, 1)
    for curves, shapes in groupby(drawing.shapes, key=lambda one: isinstance(one, Curve)):
        inside = "".join(_written(writer, shape) for shape in shapes)
        if not curves:
            yield inside
            continue
        yield (
            f'<svg viewBox="0 0 {FINENESS} {round(drawing.height * 10)}" width="100%" '
            f'height="{tall}" preserveAspectRatio="none" overflow="visible">{inside}</svg>'
        )


def _written(writer: _Writer, shape: Shape) -> str:
    match shape:
        case Stroke():
            return (
                f'<line {writer.paint(shape.style)} x1="{writer.x(shape.x1)}" '
                f'y1="{_short(shape.y1, 1)}" x2="{writer.x(shape.x2)}" y2="{_short(shape.y2, 1)}"/>'
            )
        case Box():
            return _box(writer, shape)
        case Label():
            return _label(writer, shape)
        case Curve():
            return writer.curve(shape)


def _box(writer: _Writer, box: Box) -> str:
    round_ = f' rx="{_short(box.radius, 1)}"' if box.radius else ""
    start = (
        f'<rect {writer.paint(box.style)} x="{writer.x(box.x)}" y="{_short(box.y, 1)}" '
        f'width="{writer.x(box.width)}" height="{_short(box.height, 1)}"{round_}'
    )
    return (
        f"{start}/>" if box.title is None else f"{start}><title>{escape(box.title)}</title></rect>"
    )


def _label(writer: _Writer, label: Label) -> str:
    anchor = "" if label.anchor == "start" else f' text-anchor="{label.anchor}"'
    beside = f' dx="{_short(label.dx, 1)}"' if label.dx else ""
    return (
        f'<text {writer.paint(label.style, wide=label.wide)} x="{writer.x(label.x)}" '
        f'y="{_short(label.y, 1)}"{anchor}{beside}>{escape(label.text)}</text>'
    )


def _path(shape: Curve, width: float, tall: float, decimals: int) -> str:
    return "".join(_run(run, width, tall, decimals, closed=shape.closed) for run in shape.runs)


def _run(run: Polyline, width: float, tall: float, decimals: int, *, closed: bool) -> str:
    """Write a polyline, its level and upright parts short."""
    xs = np.round(run.xs * width, decimals).tolist()
    ys = np.round(run.values * tall, decimals).tolist()
    form = f"{{:.{decimals}f}}".format
    before_x, before_y = xs[0], ys[0]
    parts = [f"M{form(before_x)} {form(before_y)}"]
    for x, y in zip(xs[1:], ys[1:], strict=True):
        if x == before_x and y != before_y:
            parts.append(f"V{form(y)}")
        elif y == before_y and x != before_x:
            parts.append(f"H{form(x)}")
        elif x != before_x:
            parts.append(f"L{form(x)} {form(y)}")
        before_x, before_y = x, y
    return "".join(parts) + ("Z" if closed else "")


def _legend(entries: Sequence[LegendEntry], writer: _Writer, width: float) -> tuple[str, float]:
    """Write a legend in rows, and give the height that it takes."""
    at_x, at_y, parts = 10.0, 0.0, []
    for entry in entries:
        room = 22 + len(entry.text) * _LETTER + 14
        if at_x > 10.0 and at_x + room > width:
            at_x, at_y = 10.0, at_y + _LEGEND_ROW
        parts.append(
            f'<rect {writer.paint(entry.style)} x="{_short(at_x, 1)}" y="{_short(at_y + 2, 1)}" '
            f'width="14" height="10" rx="2"/>'
            f'<text {writer.paint("tick")} x="{_short(at_x + 20, 1)}" '
            f'y="{_short(at_y + 11, 1)}">{escape(entry.text)}</text>'
        )
        at_x += room
    return "".join(parts), (at_y + _LEGEND_ROW if entries else 0.0)


def _attributes(found: dict[str, str]) -> str:
    return " ".join(f'{name}="{escape(value)}"' for name, value in found.items())


def _short(value: float, decimals: int) -> str:
    """Write a number without zeros that say nothing."""
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
