"""Changes of what a person saw: forms carry the version, and whoever comes second is told."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.kernel.refusals import PreconditionFailed, Refusal
from wattyard.platform.decoding import json_value
from wattyard.platform.http.inside import Request
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import Screen
from wattyard.web.dashboard.forms import Form
from wattyard.web.dashboard.visit import Visit

_TRIES: Final = 5


class ChangedMeanwhile(PreconditionFailed):
    """Somebody else has changed the object since the person saw it; nothing was changed.

    `present` is the object as it is now, `version` its version, and `seen` what the person saw.
    """

    def __init__(self, seen: Mapping[str, Any], present: Mapping[str, Any], version: str) -> None:
        super().__init__("somebody else has changed it since you opened the page")
        self.seen = seen
        self.present = present
        self.version = version


def seen_fields(document: Mapping[str, Any], fields: Sequence[str], version: str) -> Node:
    """Fields of a form that nobody sees: the version of an object, and what of it was shown."""
    seen = {name: document.get(name) for name in fields}
    return [
        h.input(type="hidden", name="version", value=version),
        h.input(type="hidden", name="seen", value=json.dumps(seen, ensure_ascii=False)),
    ]


def seen_of(form: Form) -> dict[str, Any]:
    """What of the object a form showed; empty where the form does not say."""
    try:
        seen = json_value(form["seen"].encode())
        json.dumps(seen, ensure_ascii=False).encode()  # half of a surrogate pair is in no page
    except (Refusal, UnicodeEncodeError):
        return {}
    return seen if isinstance(seen, dict) else {}


async def change_as_seen(
    visit: Visit, method: str, path: str, *, body: object = None, of: str = ""
) -> Any:  # noqa: ANN401 (the JSON document)
    """Change an object, unless what the form showed of it is different now.

    What changes by itself, such as when a device was heard from, makes another version, too: then
    the change is tried again on that. `of` is the path of the object, where the change has another.

    Raises:
        ChangedMeanwhile: when somebody else has changed it.
        Refusal: as the API answers it.
    """
    version, seen = visit.form["version"], seen_of(visit.form)
    present: Mapping[str, Any] = {}
    for _ in range(_TRIES):
        try:
            if not of:
                return await visit.change(method, path, body=body, if_match=version)
            async with visit.tools.db.transaction():
                await _lock(visit, of, version)
                return await visit.change(method, path, body=body)
        except PreconditionFailed:
            reply = await visit.ask(Request(method="GET", path=of or path))
            present, version = reply.document, reply.etag or ""
            if not seen or any(present.get(name) != value for name, value in seen.items()):
                break
    raise ChangedMeanwhile(seen, present, version)


async def _lock(visit: Visit, path: str, version: str) -> None:
    """Keep an object as it was seen until the transaction ends, by a change of nothing.

    Raises:
        PreconditionFailed: when it is another version.
    """
    if version:
        headers = {"if-match": version}
        await visit.ask(Request(method="PATCH", path=path, body={}, headers=headers))


def changed_meanwhile(
    stale: ChangedMeanwhile, title: str, path: str, *, back: str, again: Node
) -> Screen:
    """Say that somebody else was first, and what they changed; `again` does it all the same."""
    present = {name: stale.present.get(name) for name in stale.seen}
    return Screen(
        title=title,
        path=path,
        status=409,
        body=[
            h.div(".told", role="alert")[
                h.p[
                    "Somebody else changed it after you opened the page. Your change was not made."
                ],
                parts.change_table(stale.seen, present),
            ],
            h.div(".actions")[parts.button("Back, without a change", back, main=True), again],
        ],
    )
