"""Every error code, what it means, and what to do about its status."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import htpy as h
from htpy import Node

from wattyard.web import markdown
from wattyard.web.reference.outline import DescribedOperation, Group, Outline

ADVICE: Final[Mapping[str, str]] = {
    "400": "Change the request: `param` names the field, `errors[]` every fault where there are "
    "several. The same request fails again.",
    "401": "Send credentials, or new ones: a bearer token is good for an hour; "
    "`POST /auth/tokens` gives the next.",
    "403": "The key is restricted: use one with the scope that the message names.",
    "404": "Check the id and the mode: what belongs to another account, or to the other mode, "
    "does not exist for you.",
    "405": "Use one of the methods that `Allow` lists.",
    "408": "Send the request without a pause.",
    "409": "Read the object again, then repeat; with `idempotency_in_progress`, wait and repeat "
    "with the same `Idempotency-Key`.",
    "412": "Read the object again and apply the change to its present version.",
    "413": "Send less at a time.",
    "415": "Send JSON with `Content-Type: application/json`.",
    "422": "The request is well formed, but what is stored forbids it: the message says what to "
    "change first.",
    "429": "Wait for the seconds in `Retry-After`, then repeat.",
    "431": "Send shorter headers.",
    "500": "Our fault: repeat with the same `Idempotency-Key`, and report `request_id` if it "
    "stays.",
    "503": "Repeat after the seconds in `Retry-After`, with the same `Idempotency-Key`.",
}


By = list[tuple[Group, DescribedOperation]]
"""The operations that answer a code."""


def codes(outline: Outline) -> dict[str, dict[str, tuple[str, By]]]:
    """Every code by status: what it means, and which operations answer it."""
    found: dict[str, dict[str, tuple[str, By]]] = {}
    for group in outline.groups:
        for operation in group.operations:
            for one in operation.refusals:
                by_code = found.setdefault(one.status, {})
                by_code.setdefault(one.code, (one.meaning, []))[1].append((group, operation))
    return dict(sorted(found.items()))


def body(outline: Outline) -> Node:
    """Write the page of all errors."""
    return [
        h.h1["Errors"],
        h.p(".lead")[
            "Every refusal is one JSON object: branch on ",
            h.code["code"],
            ", show ",
            h.code["message"],
            ", quote ",
            h.code["request_id"],
            ".",
        ],
        [
            h.section(f"#status-{status}")[
                h.h2[f"{status} {HTTPStatus(int(status)).phrase}"],
                h.p[markdown.inline(ADVICE[status])],
                h.div(".wide")[
                    h.table[
                        h.thead[h.tr[(h.th(scope="col")[one] for one in _HEAD)]],
                        h.tbody[(_row(code, *found) for code, found in by_code.items())],
                    ]
                ],
            ]
            for status, by_code in codes(outline).items()
        ],
    ]


_HEAD: Final = ("code", "meaning", "answered by")
_SOME: Final = 4


def _row(code: str, meaning: str, by: By) -> Node:
    shown: Node = "many operations"
    if len(by) <= _SOME:
        shown = [
            h.div[h.a(href=f"{group.path}#{operation.name}")[operation.name]]
            for group, operation in by
        ]
    return h.tr(id=None if "<" in code else code)[
        h.td[h.code[code]], h.td[markdown.inline(meaning)], h.td[shown]
    ]
