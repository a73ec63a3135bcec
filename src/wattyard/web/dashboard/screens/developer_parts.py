"""What the pages of the screen Developers share."""

import json
from collections.abc import Sequence
from typing import Final

import htpy as h
from htpy import Node

from wattyard.web.dashboard.visit import Visit

PATH: Final = "/developers"
_TABS: Final = (
    (PATH, "Keys"),
    (f"{PATH}/requests", "Requests"),
    (f"{PATH}/webhooks", "Webhooks"),
    (f"{PATH}/events", "Events"),
)


def tabs(visit: Visit, present: str) -> Node:
    """Links to the parts of the screen."""
    return h.div(".tabs", role="group", aria_label="Developers")[
        (
            h.a(href=visit.link(path), aria_current="true" if path == present else None)[words]
            for path, words in _TABS
        )
    ]


def once(says: Node, secret: str, *actions: Node) -> Node:
    """A secret that is shown this once, and is in no other page."""
    return h.section(".card")[
        h.p(role="status")[says],
        h.pre(".code", tabindex="0")[h.code[secret]],
        h.p(".actions")[actions],
    ]


def above(visit: Visit, *further: tuple[str, str]) -> Sequence[tuple[str, str]]:
    """The pages that a page of the screen stands below."""
    return (("Developers", visit.link(PATH)), *further)


def readable(body: bytes | None) -> str:
    """Write a body as text: JSON with indents, anything else as it came."""
    if not body:
        return ""
    text = body.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def lines_of(text: str) -> list[str]:
    """What stands in the lines of a field, without empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]
