"""What pages are built of: tables, pages of lists, badges, empty states, and "As API"."""

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.web.dashboard.forms import Attribute
from wattyard.web.dashboard.visit import Shown, Visit

_SHOWN_CHARACTERS: Final = 3_000
"""So much of an answer stands in "As API"; the page stays small, and the curl line gives it all."""
_WRITTEN: Final = json.JSONEncoder(indent=2, ensure_ascii=False)
_SHOWN_REQUESTS: Final = 6
_BESIDE: Final = 3
"""So many columns of words fit beside each other on a telephone."""


def table(
    heads: Sequence[Node], rows: Iterable[Sequence[Node]], *, empty: Node = None, label: str = ""
) -> Node:
    """A table; `empty` stands for no rows.

    Where the screen is narrow, a table of up to three columns, or with columns of numbers, scrolls
    by itself. Of any other each row becomes a block, in which each cell stands below its head.
    """
    by_row = len(heads) > _BESIDE and all(isinstance(one, str) for one in heads)
    named = [str(one) or None if by_row else None for one in heads]
    lines = [
        h.tr[(h.td(data_head=head)[cell] for head, cell in zip(named, row, strict=True))]
        for row in rows
    ]
    if not lines and empty is not None:
        return empty
    classes = ".wide.by-row" if by_row else ".wide"
    return h.div(classes, tabindex="0", role="region", aria_label=label or "Table")[
        h.table[h.thead[h.tr[map(_head, heads)]], h.tbody[lines]]
    ]


def _head(words: Node) -> Node:
    """Head a column; one of buttons has no words, and a cell is no head then."""
    return h.th(scope="col")[words] if words else h.td


def empty(says: Node, *actions: Node) -> Node:
    """What stands where there is nothing yet: what would be here, and what to do next."""
    return h.div(".empty")[h.p[says], any(actions) and h.p(".actions")[actions]]


def button(words: Node, address: str, *, main: bool = False) -> Node:
    """A link that looks like a button."""
    return h.a(".button.main" if main else ".button", href=address)[words]


def form(address: str, *contents: Node, upload: bool = False, **attributes: Attribute) -> Node:
    """A form that changes something; it is checked by the API, not by the browser."""
    if upload:
        attributes["enctype"] = "multipart/form-data"
    return h.form(method="post", action=address, novalidate=True, **attributes)[contents]


def search_form(address: str, *contents: Node) -> Node:
    """A form that asks: its fields become the address."""
    return h.form(".search", method="get", action=address, role="search")[contents]


def submit(
    words: Node, *, main: bool = True, danger: bool = False, name: str = "", value: str = ""
) -> Node:
    """The button that sends a form."""
    kind = "danger" if danger else "main" if main else ""
    given = {"name": name, "value": value} if name else {}
    return h.button(f".{kind}" if kind else "", type="submit", **given)[words]


def badge(words: Node, kind: str = "") -> Node:
    """A short state in a frame; `kind` is good, warn, bad or empty. The words say it all."""
    return h.span(f".badge.{kind}" if kind else ".badge")[words]


def number(contents: Node) -> Node:
    """A cell, or the head of a column, of numbers."""
    return h.div(".number")[contents]


def facts(*pairs: tuple[Node, Node]) -> Node:
    """Names and values; those without a value are left out."""
    return h.dl(".facts")[
        (h.div[h.dt[name], h.dd[value]] for name, value in pairs if value not in (None, ""))
    ]


def card(title: Node, *contents: Node, actions: Node = None, id_: str = "") -> Node:
    """A part of a page under a heading."""
    return h.section(".card", **({"id": id_} if id_ else {}))[
        h.div(".head")[h.h2[title], actions], contents
    ]


def figure(number: Node, words: Node, address: str | None = None, kind: str = "") -> Node:
    """A number with its words, which leads to the list that it counts."""
    inside = [h.strong[number], h.span[words]]
    classes = f".figure.{kind}" if kind else ".figure"
    return h.a(classes, href=address)[inside] if address else h.div(classes)[inside]


def tabs(visit: Visit, name: str, choices: Sequence[tuple[str, str]], present: str) -> Node:
    """Links between the forms of one page: the parameter `name` with each of several values."""
    return h.div(".tabs", role="group")[
        (
            h.a(
                href=visit.here(**{name: value}),
                aria_current="true" if value == present else None,
            )[words]
            for value, words in choices
        )
    ]


def pager(visit: Visit, page: Mapping[str, Any]) -> Node:
    """Links to the older and newer part of a list, of which `page` is the API's answer."""
    data = page.get("data") or []
    backwards = "ending_before" in visit.query
    older = bool(data) and (page["has_more"] or backwards)
    newer = bool(data) and ("starting_after" in visit.query or (backwards and page["has_more"]))
    if not older and not newer:
        return None
    return h.nav(".pager", aria_label="Pages")[
        newer and h.a(href=visit.here(starting_after=None, ending_before=data[0]["id"]))["Newer"],
        older and h.a(href=visit.here(ending_before=None, starting_after=data[-1]["id"]))["Older"],
    ]


def change_table(seen: Mapping[str, Any], present: Mapping[str, Any]) -> Node:
    """How an object differs from the one that the person saw: field, then and now."""
    rows = [
        (h.code[name], h.code[_text(seen.get(name))], h.code[_text(present.get(name))])
        for name in {**seen, **present}
        if seen.get(name) != present.get(name)
    ]
    return table(("Field", "You saw", "Now"), rows, label="What has changed")


def as_api(visit: Visit) -> Node:
    """The requests behind the page, as lines for a shell, and what they were answered with."""
    if not visit.shown:
        return None
    return h.details(".api")[
        h.summary["As API"],
        h.p[
            "What this page shows comes from these requests. ",
            h.a(href=visit.root("/docs"))["The reference"],
            " describes them.",
        ],
        (_request(one) for one in visit.shown[:_SHOWN_REQUESTS]),
    ]


def _request(one: Shown) -> Node:
    return [
        h.pre(".code", tabindex="0")[h.code[curl(one)]],
        h.pre(tabindex="0")[h.code[_readable(one.body)]],
    ]


def curl(one: Shown) -> str:
    """The line for a shell that makes a request; the key comes from the environment."""
    request = one.request
    words = ['curl -H "Authorization: Bearer $WATTYARD_SECRET_KEY"']
    if request.method != "GET":
        words.append(f"-X {request.method}")
    if request.body is not None and not isinstance(request.body, bytes):
        words.append("-H 'Content-Type: application/json'")
        words.append(f"-d {shlex.quote(json.dumps(request.body, ensure_ascii=False))}")
    words.append(f'"$WATTYARD_URL{request.address}"')
    return " \\\n  ".join(words)


def _readable(body: bytes) -> str:
    """Write the beginning of an answer; the rest of a long one is not even written."""
    try:
        pieces = _WRITTEN.iterencode(json.loads(body))
    except ValueError:
        pieces = iter([body.decode("utf-8", "replace")])
    text = ""
    for piece in pieces:
        text += piece
        if len(text) > _SHOWN_CHARACTERS:
            return f"{text[:_SHOWN_CHARACTERS]}\n… ({len(body):,} bytes in all)"
    return text


def _text(value: object) -> str:
    return "–" if value is None else json.dumps(value, ensure_ascii=False)
