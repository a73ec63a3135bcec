"""The first page: what this is, the first call, and what there is to read."""

import htpy as h
from htpy import Node

from wattyard.web import markdown
from wattyard.web.library import SECTIONS, Library
from wattyard.web.reference.outline import Outline

_FIRST_CALL = """\
export WATTYARD_URL=http://127.0.0.1:8080
export WATTYARD_SECRET_KEY=sk_test_…
curl "$WATTYARD_URL/sites" -H "Authorization: Bearer $WATTYARD_SECRET_KEY"
"""


def body(outline: Outline, library: Library) -> Node:
    """Write the page."""
    info = outline.document["info"]
    return [
        h.h1["Wattyard API"],
        h.p(".lead")[markdown.inline(info["description"])],
        h.h2["The first call"],
        h.p[
            "A secret key authenticates a call by itself; ",
            h.code["POST /auth/tokens"],
            " exchanges it for a bearer token of an hour. A test key sees test data only. ",
            h.code["make run"],
            " prints one.",
        ],
        markdown.block(_FIRST_CALL, "bash"),
        h.h2["Reference"],
        h.ul(".cards")[
            (
                h.li[
                    h.a(href=group.path)[group.title],
                    h.span[markdown.inline(group.description)],
                ]
                for group in outline.groups
            ),
            h.li[
                h.a(href="/docs/errors")["Errors"],
                h.span["Every code, what it means and what to do."],
            ],
        ],
        [
            [
                h.h2[title],
                h.ul[
                    (h.li[h.a(href=text.address.path)[text.title]] for text in library.of(section))
                ],
            ]
            for section, title in SECTIONS.items()
            if section != "decisions"
        ],
    ]
