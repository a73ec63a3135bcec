"""The way into the dashboard: finds the page, who asks, and whether they may; writes the answer."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

import htpy as h

from wattyard.kernel import ids
from wattyard.kernel.callers import NOBODY, on_behalf_of
from wattyard.kernel.refusals import Malformed, Refusal, TooLarge
from wattyard.people.domain import Membership, SignedIn
from wattyard.people.service import Sessions
from wattyard.platform.http import Answer, Call
from wattyard.platform.http.arguments import Provided, asked_by
from wattyard.platform.http.call import PageKind, StreamedAnswer
from wattyard.platform.http.errors import (
    MethodNotAllowed,
    PathUnknown,
    headers_of,
    reason,
    status_of,
)
from wattyard.platform.work import in_its_share
from wattyard.web.dashboard import frame, parts, resume
from wattyard.web.dashboard.declare import Audience, DashboardPage, Screen
from wattyard.web.dashboard.forms import FORM_LIMIT_BYTES, STRANGERS_LIMIT_BYTES, form_of, sentence
from wattyard.web.dashboard.origins import (
    ConnectionInsecure,
    DashboardAddress,
    ForeignRequest,
    cookie_of,
)
from wattyard.web.dashboard.refusal_words import placed
from wattyard.web.dashboard.visit import TOLD_COOKIE, Tools, Visit, forget_told, query_of

HTML: Final = b"text/html; charset=utf-8"
_NO_STORE: Final = (b"cache-control", b"no-store")


class RoleTooLow(Refusal):
    """The person's role in the account does not allow it; an owner can give them another one."""

    code = "role_too_low"


_STATUS: Final[Mapping[type[Refusal], int]] = {
    ForeignRequest: 403,
    RoleTooLow: 403,
    ConnectionInsecure: 403,
}
"""The HTTP status of what only pages refuse."""

_SAID_BY_PAGES: Final = (b"allow", b"retry-after")


class Door:
    """Answers every call below `/dashboard`."""

    def __init__(
        self,
        pages: Sequence[DashboardPage],
        services: Provided,
        tools: Tools,
        sessions: Sessions,
        place: DashboardAddress,
    ) -> None:
        self._pages = [(one.pattern, one, _services_of(one, services)) for one in pages]
        self._tools = tools
        self._sessions = sessions
        self._place = place

    async def answer(self, call: Call) -> None:
        """Answer a call; what goes wrong is shown as a page as well."""
        visit = Visit(call, self._tools, query=query_of(call))
        call.operation, call.route = "dashboard", "/dashboard"
        try:
            await call.answer(await self._answered(visit))
        except Refusal as refusal:
            if (
                call.status != 0
            ):  # the answer has begun: it is cut off, so that nobody takes it for all
                raise
            await call.answer(self._refused(visit, refusal))
        except Exception:
            if call.status == 0:
                await call.answer(self._page(visit, _broken(visit)))
            raise

    async def _answered(self, visit: Visit) -> Answer | StreamedAnswer:
        visit.signed_in = await self._signed_in(visit.call)
        if visit.signed_in is None:
            on_behalf_of.set(NOBODY.account)  # a log-in is in the share of those who are not known
        page, services, names = self._found(visit.call)
        visit.call.operation, visit.call.route = page.name, page.route
        if visit.call.method == "POST":
            self._place.check_own(visit.call, page)
        if page.audience is not Audience.ANYBODY and visit.signed_in is None:
            return await self._to_log_in(visit)
        self._admit(visit, page, names)
        if visit.call.method == "POST":
            limit = FORM_LIMIT_BYTES if visit.signed_in else STRANGERS_LIMIT_BYTES
            form = await form_of(visit.call, limit)
            visit.form = replace(form, decimal_comma=visit.formats().decimal_comma)
        given = {name: names[name] for name in asked_by(page.handler)[0] if name in names}
        handled = page.handler(visit, **given, **services)
        caller = visit.call.caller
        result = await (in_its_share(caller.account, handled) if caller else handled)
        if isinstance(result, Screen):
            kind = PageKind.UNREFERRED if page.secret_path else PageKind.FORMS
            return self._page(visit, result, kind=kind)
        return self._with_no_store(result)

    def _found(self, call: Call) -> tuple[DashboardPage, Mapping[str, Any], dict[str, str]]:
        path, method = call.path, "GET" if call.method == "HEAD" else call.method
        allowed = []
        for pattern, page, services in self._pages:
            match = pattern.fullmatch(path)
            if match and page.method == method:
                return page, services, match.groupdict()
            if match:
                allowed.append(page.method)
        if allowed:
            has = ", ".join(sorted(set(allowed)))
            raise MethodNotAllowed(f"this page has no {method}; it has {has}", allowed=has)
        raise PathUnknown(f"there is no page at {ids.shown(path)}")

    async def _signed_in(self, call: Call) -> SignedIn | None:
        token = self._place.session_token(call)
        if not token:
            return None
        context = self._tools.contexts.anonymous(call.request_id, call.now)
        return await self._sessions.signed_in(context, token)

    def _admit(self, visit: Visit, page: DashboardPage, names: Mapping[str, str]) -> None:
        """Judge whether the person may see the page, and note the account that it is of.

        Raises:
            PathUnknown: when the account is not one of theirs, or they are no operator.
            RoleTooLow: when their role does not allow it.
        """
        if page.audience is Audience.OPERATOR and not visit.person.is_operator:
            raise PathUnknown(f"there is no page at {ids.shown(visit.call.path)}")
        if page.audience is not Audience.MEMBER:
            return
        visit.membership = _membership(visit, names["account"])
        if names["mode"] not in ("test", "live"):
            raise PathUnknown(f"there is no page at {ids.shown(visit.call.path)}")
        visit.live_mode = names["mode"] == "live"
        visit.call.caller = visit.caller
        on_behalf_of.set(visit.caller.account)
        if not visit.may(page.role):
            raise RoleTooLow(
                f"this needs the role {page.role.name.lower()}; yours in "
                f"{visit.account.account_name} is {visit.account.role.name.lower()}: "
                "an owner of the account can change it"
            )

    async def _to_log_in(self, visit: Visit) -> Answer:
        """Lead whoever is not signed in to the page for that, and from there back here.

        What they typed into a form is kept, on the page itself.
        """
        if visit.call.method in ("GET", "HEAD"):
            asked = urlencode({"next": visit.here()})
            return visit.go(visit.root(f"/dashboard/login?{asked}"))
        with suppress(TooLarge):  # a file: they choose it again
            visit.form = await form_of(visit.call, STRANGERS_LIMIT_BYTES)
        return self._page(visit, resume.log_in_first(visit))

    def _page(self, visit: Visit, screen: Screen, *, kind: PageKind = PageKind.FORMS) -> Answer:
        headers = [_NO_STORE]
        if cookie_of(visit.call, TOLD_COOKIE):
            headers.append(forget_told(visit))
        body = frame.document(visit, screen).encode()
        return Answer(body, screen.status, HTML, headers=headers, page=kind)

    def _refused(self, visit: Visit, refusal: Refusal) -> Answer:
        kind = type(refusal)
        status = next((_STATUS[one] for one in kind.__mro__ if one in _STATUS), None)
        status = status or status_of(kind)
        title = "Not found" if status == 404 else reason(status)
        says = [sentence(placed(one)) for one in refusal.faults]
        if visit.if_broken and status >= 500:  # its words are of one transaction of several
            says = [visit.if_broken]
        body = h.div(".empty")[
            (h.p[one] for one in says),
            h.p(".actions")[parts.button("To the overview", visit.root("/dashboard"))],
        ]
        page = self._page(visit, Screen(title=title, body=body, status=status))
        said = [one for one in headers_of(refusal) if one[0] in _SAID_BY_PAGES]
        return replace(page, headers=[*page.headers, *said])

    @staticmethod
    def _with_no_store(result: Answer | StreamedAnswer) -> Answer | StreamedAnswer:
        if isinstance(result, Answer):
            return replace(result, headers=[_NO_STORE, *result.headers])
        return result


def _services_of(page: DashboardPage, services: Provided) -> dict[str, Any]:
    """Find what a page's handler asks for besides the visit and the names in its path.

    Raises:
        TypeError: when nothing fills a parameter.
    """
    parameters, hints = asked_by(page.handler)
    names = page.pattern.groupindex
    found = {}
    for name in list(parameters)[1:]:
        if name in names:
            continue
        if hints.get(name) not in services:
            raise TypeError(f"{page.method} {page.route}: nothing fills the parameter {name!r}")
        found[name] = services[hints[name]]
    return found


def _membership(visit: Visit, account: str) -> Membership:
    assert visit.signed_in is not None  # noqa: S101 (members are signed in)
    try:
        wanted = ids.read(account, "acc", param="account")
    except Malformed:
        wanted = None
    for one in visit.signed_in.memberships:
        if one.account_id == wanted:
            return one
    raise PathUnknown(f"there is no page at {ids.shown(visit.call.path)}")


def _left_by(method: str) -> str:
    """Say what a fault of ours leaves behind, where the page does not know better."""
    if method in ("GET", "HEAD"):
        return "Nothing was changed."
    return "Before you send the form again, see whether it was done."


def _broken(visit: Visit) -> Screen:
    return Screen(
        title="Something went wrong",
        status=500,
        body=h.div(".empty")[
            h.p["The fault is on our side. ", visit.if_broken or _left_by(visit.call.method)],
            h.p["The server's log has it under ", h.code[visit.call.request_id], "."],
        ],
    )
