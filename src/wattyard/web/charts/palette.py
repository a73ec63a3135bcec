"""Colours of charts: the styles that drawings name, as presentation attributes and as CSS.

The CSS of a page has the same rules, between two comments of `static/wattyard.css`, with tokens for
colours. A test compares them with `stylesheet`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

LIGHT: Final[Mapping[str, str]] = {
    "price": "#0b6e8a",
    "second": "#a3560a",
    "below": "#0a7d53",
    "in": "#2473b8",
    "out": "#7a4fd0",
    "charge": "#0a7d53",
    "discharge": "#bf5312",
    "held": "#2473b8",
    "now": "#c2321f",
    "s1": "#2473b8",
    "s2": "#c46f12",
    "s3": "#7a4fd0",
    "s4": "#0a7d53",
    "s5": "#b23a67",
    "s6": "#66768a",
    "s7": "#86691a",
    "s8": "#258a8a",
    "h0": "#d3ece0",
    "h1": "#cfe3a9",
    "h2": "#f2d77c",
    "h3": "#f0b35c",
    "h4": "#e58445",
    "h5": "#c94f35",
    "h6": "#962828",
    "hn": "#8fc7ea",
}
DARK: Final[Mapping[str, str]] = {
    "price": "#5cc4dd",
    "second": "#f0a35a",
    "below": "#4fd19b",
    "in": "#5aa9e6",
    "out": "#b08cf0",
    "charge": "#4fd19b",
    "discharge": "#f28c52",
    "held": "#5aa9e6",
    "now": "#ff8a7a",
    "s1": "#5aa9e6",
    "s2": "#eda14b",
    "s3": "#b08cf0",
    "s4": "#4fd19b",
    "s5": "#ee7fa8",
    "s6": "#97a6b6",
    "s7": "#cfae52",
    "s8": "#5cc9c9",
    "h0": "#17352b",
    "h1": "#2f5233",
    "h2": "#6a6426",
    "h3": "#a5722a",
    "h4": "#d2763a",
    "h5": "#ee8866",
    "h6": "#ffb3a0",
    "hn": "#2d6d9c",
}
_PAGE: Final[Mapping[str, str]] = {
    "paper": "#ffffff",
    "ink": "#1a222c",
    "faint": "#566372",
    "line": "#d8dee6",
}
"""Tokens that a page has anyway, in their light form for a file by itself."""


def _area(token: str, opacity: str) -> Mapping[str, str]:
    return {"fill": token, "fill-opacity": opacity}


def _curve(token: str, width: str = "2") -> Mapping[str, str]:
    return {"fill": "none", "stroke": token, "stroke-width": width, "stroke-linejoin": "round"}


def _filled(token: str) -> Mapping[str, str]:
    return {"fill": token, "stroke": "paper", "stroke-width": "1"}


def _text(token: str, size: str = "12", weight: str = "400") -> Mapping[str, str]:
    return {"fill": token, "font-size": size, "font-weight": weight}


STYLES: Final[Mapping[str, Mapping[str, str]]] = {
    "grid": {"stroke": "line", "stroke-width": "1"},
    "day": {"stroke": "faint", "stroke-width": "1", "stroke-opacity": "0.55"},
    "zero": {"stroke": "faint", "stroke-width": "1.5"},
    "tick": _text("faint"),
    "unit": _text("faint"),
    "name": _text("ink", weight="600"),
    "value": _text("ink", "13", "600"),
    "price": _curve("price"),
    "price-fine": _curve("price", "1"),
    "price-area": _area("price", "0.16"),
    "second": _curve("second"),
    "second-fine": _curve("second", "1"),
    "below-area": _area("below", "0.3"),
    "forecast": {
        "fill": "price",
        "fill-opacity": "0.35",
        "stroke": "price",
        "stroke-dasharray": "2",
    },
    **{f"stripes{n}": {"stroke": "paper", "stroke-width": f"{1.5 + 1.5 * n}"} for n in (1, 2, 3)},
    "now": {"stroke": "now", "stroke-width": "1.5", "stroke-dasharray": "4 3"},
    "now-text": _text("now", weight="600"),
    "in": {"fill": "in"},
    "out": {"fill": "out"},
    "charge": {"fill": "charge"},
    "discharge": {"fill": "discharge"},
    "held": _curve("held"),
    "held-fine": _curve("held", "1"),
    "held-area": _area("held", "0.16"),
    "target": _text("now", "14"),
    "target-text": _text("now", weight="600"),
    "deadline": {"fill": "none", "stroke": "now", "stroke-width": "1"},
    "reserve": {"fill": "none", "stroke": "now", "stroke-width": "1.5", "stroke-dasharray": "2 4"},
    **{f"s{n}": _filled(f"s{n}") for n in range(1, 9)},
    **{f"h{n}": _filled(f"h{n}") for n in range(7)},
    "hn": _filled("hn"),
    "hx": {"fill": "none", "stroke": "line", "stroke-width": "1"},
    "unread": {"fill": "faint", "fill-opacity": "0.28"},
    "total": {"stroke": "ink", "stroke-width": "2"},
    "total-bar": {"fill": "faint"},
    "hour": {"stroke": "paper", "stroke-width": "2"},
    "spark-fine": _curve("price", "1"),
    "spark": _curve("price", "1.5"),
}
"""By style, presentation attributes; colours are tokens."""

_COLOURED: Final = ("fill", "stroke")


def attributes(style: str) -> dict[str, str]:
    """Give the presentation attributes of a style, its colours as they are on white paper."""
    tokens = {**_PAGE, **LIGHT}
    return {
        name: tokens.get(value, value) if name in _COLOURED else value
        for name, value in STYLES[style].items()
    }


def stylesheet() -> str:
    """Write tokens, light and dark, and the rules of all styles as CSS."""
    return "\n".join(_rules())


def _rules() -> Iterator[str]:
    yield f".chart {{ {_tokens(LIGHT)} }}"
    yield f"@media (prefers-color-scheme: dark) {{ .chart {{ {_tokens(DARK)} }} }}"
    for style, found in STYLES.items():
        rules = " ".join(f"{name}: {_value(name, value)};" for name, value in found.items())
        yield f".chart .{style} {{ {rules} }}"


def _tokens(colours: Mapping[str, str]) -> str:
    return " ".join(f"--c-{name}: {value};" for name, value in colours.items())


def _value(name: str, value: str) -> str:
    if name in _COLOURED and value in _PAGE:
        return f"var(--{value})"
    if name in _COLOURED and value in LIGHT:
        return f"var(--c-{value})"
    return f"{value}px" if name == "font-size" else value
