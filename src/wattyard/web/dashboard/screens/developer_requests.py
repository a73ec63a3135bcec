"""The screen Developers: the request log, by id, status and endpoint, with the error's body."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.kernel import ids, instants
from wattyard.kernel.pages import LIMIT, PageWindow
from wattyard.kernel.pages import Page as Found
from wattyard.kernel.refusals import Malformed
from wattyard.platform.http import Access, Answer, Endpoint
from wattyard.platform.settings import Settings
from wattyard.requests.domain import LoggedRequest, RequestFilter, RequestLine, RequestNotFound
from wattyard.requests.service import Requests
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.forms import Fields, FormFaults
from wattyard.web.dashboard.screens.developer_parts import PATH, above, readable, tabs
from wattyard.web.dashboard.visit import Visit

_PATH: Final = f"{PATH}/requests"
_STATUSES: Final = (("", "any status"), ("2", "2xx"), ("4", "4xx"), ("5", "5xx"))
_SINCE: Final = (
    ("", "the last 7 days"),
    ("24", "the last 24 hours"),
    ("1", "the last hour"),
)
_KEPT: Final[Mapping[str, str]] = {
    "errors-and-writes": "Errors and requests that change something are kept",
    "all": "All requests are kept",
    "none": "This server logs none, unless its operator sets WATTYARD_REQUEST_LOG; old ones stay",
}


@page("GET", _PATH)
async def requests(
    visit: Visit, log: Requests, endpoints: Sequence[Endpoint], settings: Settings
) -> Screen | Answer:
    """Show the newest requests of programs, or those that are looked for."""
    faults = FormFaults()
    if text := visit.query.get("id", "").strip():
        try:
            wanted = ids.wire("req", ids.read(text, "req", param="id"))
            return visit.go(visit.link(f"{_PATH}/{wanted}"))
        except Malformed as refusal:
            faults = FormFaults(refusal)
    found = await log.page(visit.context, _window(visit), _filter(visit))
    titles = _titles(endpoints)
    data = {"data": [{"id": ids.wire("req", one.id)} for one in found.items]}
    return Screen(
        title="Requests",
        path=PATH,
        above=above(visit),
        status=400 if faults.any else 200,
        body=[
            tabs(visit, _PATH),
            await _figures(visit, log),
            _search(visit, titles, faults),
            _table(visit, found, titles),
            parts.pager(visit, {**data, "has_more": found.has_more}),
            h.p[
                f"{_KEPT[settings.request_log]} for 7 days, without secrets. What people do in "
                "this dashboard is in the audit log."
            ],
        ],
    )


@page("GET", f"{_PATH}/{{request}}")
async def request(
    visit: Visit, request: str, log: Requests, endpoints: Sequence[Endpoint]
) -> Screen:
    """Show one request: what was sent, and the error that was answered."""
    try:
        id_ = ids.read(request, "req", param="request")
    except Malformed:
        raise RequestNotFound(f"there is no request {ids.shown(request)}") from None
    found = await log.request(visit.context, id_)
    line = found.line
    return Screen(
        title=f"{line.method} {line.path}",
        path=PATH,
        above=above(visit, ("Requests", visit.link(_PATH))),
        body=[
            _facts(visit, line, _titles(endpoints)),
            _answer(found),
            _body(found),
        ],
    )


async def _figures(visit: Visit, log: Requests) -> Node:
    form = visit.formats()
    counts = await log.counts(visit.context, visit.call.now - timedelta(hours=24))
    return h.div(".figures")[
        parts.figure(form.number(counts.requests), "requests in 24 hours"),
        parts.figure(
            form.number(counts.errors_4xx),
            "refused (4xx)",
            visit.link(_PATH, status="4", hours="24"),
            "warn" if counts.errors_4xx else "",
        ),
        parts.figure(
            form.number(counts.errors_5xx),
            "faults of the server (5xx)",
            visit.link(_PATH, status="5", hours="24"),
            "bad" if counts.errors_5xx else "",
        ),
    ]


def _search(visit: Visit, titles: Mapping[str, str], faults: FormFaults) -> Node:
    fields = Fields(visit.query, faults)
    routes = [("", "any endpoint"), *sorted(titles.items(), key=lambda one: one[1])]
    return parts.search_form(
        visit.link(_PATH),
        h.div(".first")[
            fields.text("Request id, as in the header Request-Id", "id", type="search")
        ],
        fields.choice("Status", "status", _STATUSES),
        fields.choice("Endpoint", "endpoint", routes),
        fields.choice("Time", "hours", _SINCE),
        parts.submit("Look", main=False),
    )


def _window(visit: Visit) -> PageWindow:
    """Read which page is asked for.

    Raises:
        Malformed: when a position is no id of a request.
    """
    places = {
        name: ids.read(text, "req", param=param)
        for param, name in (("starting_after", "older_than"), ("ending_before", "newer_than"))
        if (text := visit.query.get(param))
    }
    if len(places) > 1:
        del places["newer_than"]
    return PageWindow(limit=LIMIT, **places)


def _filter(visit: Visit) -> RequestFilter:
    status, hours = visit.query.get("status", ""), visit.query.get("hours", "")
    known = {value for value, _ in _SINCE}
    return RequestFilter(
        int(status) if status in ("2", "4", "5") else None,
        visit.query.get("endpoint") or None,
        visit.call.now - timedelta(hours=int(hours)) if hours and hours in known else None,
    )


def _table(visit: Visit, found: Found[RequestLine], titles: Mapping[str, str]) -> Node:
    asked = any(visit.query.get(name) for name in ("status", "endpoint", "hours"))
    nothing = (
        parts.empty("No request in the log fits.", parts.button("All", visit.link(_PATH)))
        if asked
        else parts.empty(
            "No request in the last 7 days was an error or changed something.",
            parts.button("Make a key", visit.link(f"{PATH}/keys/new")),
            parts.button("The first call", visit.root("/docs")),
        )
    )
    form = visit.formats()
    heads = ("Time", "Request", "Status", "Error", h.div(".number")["Took"])
    rows = (
        (
            form.when(one.time),
            [
                h.a(href=visit.link(f"{_PATH}/{ids.wire('req', one.id)}"))[
                    f"{one.method} {one.path}"
                ],
                _route(one, titles),
            ],
            _status(one),
            one.error_code and h.code[one.error_code],
            h.div(".number")[_took(form, one)],
        )
        for one in found.items
    )
    return parts.table(heads, rows, empty=nothing, label="Requests")


def _route(one: RequestLine, titles: Mapping[str, str]) -> Node:
    """The endpoint of a request, where its path has something in the place of a name."""
    title = titles.get(one.operation, one.operation)
    return None if title == f"{one.method} {one.path}" else [h.br, h.small[title]]


def _facts(visit: Visit, line: RequestLine, titles: Mapping[str, str]) -> Node:
    form = visit.formats()
    return parts.facts(
        ("Status", _status(line)),
        ("Error", line.error_code and h.code[line.error_code]),
        ("Time", [form.when(line.time), h.br, h.code[instants.text(line.time)]]),
        ("Took", _took(form, line)),
        ("Endpoint", titles.get(line.operation, line.operation)),
        ("Query", line.query and h.code[line.query]),
        ("Request id", h.code[ids.wire("req", line.id)]),
        ("Key", h.code[ids.wire("key", line.key_id)] if line.key_id else None),
        ("Address", line.address),
        ("Answered before", "the same Idempotency-Key came earlier" if line.replayed else None),
    )


def _answer(found: LoggedRequest) -> Node:
    if not found.answer:
        return None
    text = readable(found.answer)
    message = _message(found.answer)
    return parts.card(
        "What was answered", message and h.p[message], h.pre(tabindex="0")[h.code[text]]
    )


def _message(answer: bytes) -> str:
    try:
        document: Any = json.loads(answer)
    except ValueError:
        return ""
    return str(document.get("message", "")) if isinstance(document, dict) else ""


def _body(found: LoggedRequest) -> Node:
    if not found.body:
        return None
    cut = found.body_is_cut and h.p["The first 8 KiB of it."]
    return parts.card(
        "What was sent", cut, h.pre(".code", tabindex="0")[h.code[readable(found.body)]]
    )


def _status(line: RequestLine) -> Node:
    if not line.status:
        return parts.badge("no answer: the caller left", "warn")
    try:
        words = f"{line.status} {HTTPStatus(line.status).phrase}"
    except ValueError:
        words = str(line.status)
    kind = "good" if line.status < 400 else "warn" if line.status < 500 else "bad"
    return parts.badge(words, kind)


def _took(form: Formats, line: RequestLine) -> str:
    return form.number(line.duration_ms, "ms", digits=1)


def _titles(endpoints: Sequence[Endpoint]) -> Mapping[str, str]:
    """The endpoints that are logged: their paths by operation."""
    return {
        one.operation: f"{one.method} {one.path}"
        for one in endpoints
        if one.access in (Access.BEARER, Access.BASIC)
    }


PAGES: Final[tuple[DashboardPage, ...]] = (requests, request)
