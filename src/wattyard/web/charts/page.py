"""A drawing on a page: legend, picture, and the table behind it."""

from html import escape

import htpy as h
from htpy import Node
from markupsafe import Markup

from wattyard.web.charts import palette
from wattyard.web.charts.drawing import DataTable, Drawing, LegendEntry
from wattyard.web.charts.writing import page_svg


def chart(drawing: Drawing, name: str) -> Node:
    """Put a drawing on a page, with its legend above and its table behind it.

    `name` is unique on the page, and a word of letters, digits and hyphens.
    """
    parts: list[Node] = [picture(drawing, name)]
    if drawing.legend:
        parts.insert(0, h.ul(".chart-legend")[(_entry(entry) for entry in drawing.legend)])
    if drawing.table.rows:
        parts.append(_behind(drawing))
    return h.figure(".chart-figure")[parts]


def _behind(drawing: Drawing) -> Node:
    label = f"{drawing.title}: table"
    return h.details(".chart-table")[
        h.summary["Show as a table"],
        h.div(".wide", tabindex="0", role="region", aria_label=label)[
            table(drawing.table, drawing.title)
        ],
    ]


def picture(drawing: Drawing, name: str) -> Markup:
    """Give the picture alone."""
    # The writer escapes every text of a drawing (tests/web, hostile names).
    return Markup(page_svg(drawing, name))  # noqa: S704


def table(found: DataTable, caption: str) -> Markup:
    """Give the table alone."""
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        f"{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>"
        for row in found.rows
    )
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in found.head)
    # As text, because a table has hundreds of rows; every cell is escaped.
    return Markup(  # noqa: S704
        f'<table class="numbers"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _entry(entry: LegendEntry) -> Node:
    line = palette.STYLES[entry.style].get("fill") == "none"
    mark = 'path d="M0 5H14"' if line else 'rect width="14" height="10" rx="2"'
    swatch = (
        f'<svg class="chart swatch" width="14" height="10" aria-hidden="true">'
        f'<{mark} class="{entry.style}"/></svg>'
    )
    return h.li[Markup(swatch), entry.text]  # noqa: S704 (styles are words of our own)
