"""What every page has: head, header with search, navigation, and the place of the contents."""

from collections.abc import Sequence
from typing import NamedTuple

import htpy as h
from htpy import Node

STYLE = "/docs/assets/wattyard.css"
SCRIPT = "/docs/assets/wattyard.js"
ICON = "/docs/assets/wattyard.svg"


class Link(NamedTuple):
    """A line of the navigation; `parts` are places on its page, shown where that is open."""

    title: str
    path: str
    parts: tuple[tuple[str, Node], ...] = ()


class Section(NamedTuple):
    """Links under one heading."""

    title: str
    links: Sequence[Link]


class Contents(NamedTuple):
    """What a page says."""

    path: str
    title: str
    description: str
    body: Node
    plain: str | None = None
    """Where the same is as Markdown."""


def page(contents: Contents, sections: Sequence[Section]) -> str:
    """Lay a page out."""
    document = h.html(lang="en")[
        h.head[
            h.meta(charset="utf-8"),
            h.meta(name="viewport", content="width=device-width, initial-scale=1"),
            h.meta(name="description", content=contents.description),
            h.meta(name="color-scheme", content="light dark"),
            h.title[f"{contents.title} · Wattyard"],
            h.link(rel="icon", type="image/svg+xml", href=ICON),
            h.link(rel="stylesheet", href=STYLE),
            contents.plain and h.link(rel="alternate", type="text/markdown", href=contents.plain),
            h.script(type="module", src=SCRIPT),
        ],
        h.body[
            h.a(".skip", href="#main")["Skip to the contents"],
            _header(),
            h.nav("#navigation", aria_label="Documentation")[
                (_section(section, contents.path) for section in sections)
            ],
            h.main("#main")[
                contents.plain and h.a(".plain", href=contents.plain)["Markdown"],
                contents.body,
            ],
        ],
    ]
    return str(document)


def _header() -> Node:
    return h.header[
        h.a(".brand", href="/docs")["Wattyard"],
        h.label(".menu", for_="menu")["Menu"],
        h.input("#menu", type="checkbox", aria_label="Show the navigation"),
        h.div("#search", hidden=True),
    ]


def _section(section: Section, path: str) -> Node:
    return h.section[
        h.h2[section.title],
        h.ul[(h.li[_line(link, path)] for link in section.links)],
    ]


def _line(link: Link, path: str) -> Node:
    if link.path != path:
        return h.a(href=link.path)[link.title]
    return [
        h.a(href=link.path, aria_current="page")[link.title],
        link.parts and h.ul[(h.li[h.a(href=f"#{place}")[title]] for place, title in link.parts)],
    ]
