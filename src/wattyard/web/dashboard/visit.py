"""One request for a page: who asks, for which account, and what the page may do for them."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from wattyard.kernel import ids
from wattyard.kernel.callers import NOBODY, Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.refusals import Malformed
from wattyard.people.domain import Membership, NewEntry, Person, Role, SignedIn
from wattyard.people.service import AuditLog
from wattyard.platform.db import Database
from wattyard.platform.http import Answer, Call
from wattyard.platform.http.errors import MethodNotAllowed, PathUnknown
from wattyard.platform.http.inside import Inside, InsideReply, Request
from wattyard.web.dashboard.formats import Formats, language_of
from wattyard.web.dashboard.forms import Form

TOLD_COOKIE: Final = "wattyard-told"
"""Holds the sentence that the next page shows once, such as that a change was saved."""
_TOLD_SECONDS: Final = 60
_TOLD_LENGTH: Final = 500
_MOST_PARAMETERS: Final = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """A request to the API whose answer a page shows, for the part "As API" of that page."""

    request: Request
    body: bytes


@dataclass(frozen=True, slots=True)
class Tools:
    """What visits do their work with."""

    inside: Inside
    contexts: Contexts
    audit: AuditLog
    db: Database
    prefix: str
    """The path under which a proxy shows this server; empty where it is the root."""
    secure: bool = False
    """Whether people come by https."""


@dataclass(slots=True)
class Visit:
    """A request for a page.

    Attributes:
        signed_in: the person and their session; None where nobody is signed in.
        membership: of the account in the path; None on pages that are of no account.
        live_mode: whether the page shows the live mode of that account.
        query: the parameters of the address; of several with one name the last.
        form: what a POST sent.
        shown: the API's answers that the page rests on.
        if_broken: what a fault of ours leaves behind, where it is not nothing.
    """

    call: Call
    tools: Tools
    signed_in: SignedIn | None = None
    membership: Membership | None = None
    live_mode: bool = False
    query: Mapping[str, str] = field(default_factory=dict)
    form: Form = field(default_factory=Form)
    shown: list[Shown] = field(default_factory=list)
    if_broken: str = ""

    @property
    def person(self) -> Person:
        """Who asks."""
        assert self.signed_in is not None  # noqa: S101 (pages for anybody do not ask)
        return self.signed_in.person

    @property
    def account(self) -> Membership:
        """The account that the page is of."""
        assert self.membership is not None  # noqa: S101 (only members' pages ask)
        return self.membership

    @property
    def account_id(self) -> str:
        """The account's id, `acc_…`."""
        return ids.wire("acc", self.account.account_id)

    @property
    def mode(self) -> str:
        return "live" if self.live_mode else "test"

    @property
    def caller(self) -> Caller:
        """Whoever the page's work is done for: the account in its mode."""
        if self.membership is None:
            return NOBODY
        return Caller(self.membership.account, self.membership.account_id, self.live_mode)

    @property
    def context(self) -> Context:
        """The context of use-cases that the page calls itself."""
        return self.tools.contexts.of(self.caller, self.call.request_id, self.call.now)

    def may(self, role: Role) -> bool:
        """Whether the person has at least this role in the account."""
        return self.membership is not None and self.membership.role >= role

    def formats(self, zone: str = "UTC") -> Formats:
        """How the reader writes numbers and dates, with times in a zone."""
        language = self.signed_in.person.language if self.signed_in else ""
        return Formats(language or language_of(self.call.header(b"accept-language") or ""), zone)

    # Addresses

    def root(self, path: str) -> str:
        """The address of a path of this server, such as `/docs`."""
        return f"{self.tools.prefix}{path}"

    def link(self, path: str = "", /, *, live_mode: bool | None = None, **query: object) -> str:
        """The address of a page of this account and mode, such as `/sites`; None is left out."""
        live = self.live_mode if live_mode is None else live_mode
        given = {name: value for name, value in query.items() if value not in (None, "")}
        asked = f"?{urlencode(given, doseq=True)}" if given else ""
        mode = "live" if live else "test"
        return self.root(f"/dashboard/{self.account_id}/{mode}{quote(path)}{asked}")

    def here(self, **changed: object) -> str:
        """The address of this page with other parameters; None takes one away."""
        asked = {**self.query, **changed}
        given = {name: value for name, value in asked.items() if value not in (None, "")}
        return self.root(quote(self.call.path)) + (f"?{urlencode(given)}" if given else "")

    def go(self, address: str, *, told: str = "") -> Answer:
        """Lead the browser to another page (303), which shows the sentence `told` once."""
        headers = [(b"location", address.encode())]
        if told:
            headers.append((b"set-cookie", _told(self, told, _TOLD_SECONDS)))
        return Answer(b"", 303, headers=headers)

    # The API

    async def api(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: object = None,
        shown: bool = True,
    ) -> Any:  # noqa: ANN401 (the JSON document)
        """Ask the API, as the account in its mode; the answer stands in the page's "As API".

        For questions: what changes something goes through `change`.

        Raises:
            Refusal: as the API answers it, with the paths of its faults.
        """
        request = Request(method=method, path=path, query=query or {}, body=body)
        reply = await self._reply(request)
        if shown:
            self.shown.append(Shown(request, reply.body))
        return reply.document

    async def ask(self, request: Request) -> InsideReply:
        """Ask the API for an answer with its headers, such as a CSV file or an `ETag`.

        Raises:
            Refusal: as the API answers it.
        """
        return await self._reply(request)

    async def change(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: object = None,
        if_match: str = "",
        computes: bool = False,
    ) -> Any:  # noqa: ANN401 (the JSON document)
        """Change something through the API, as the account in its mode, and note who did it.

        The change and its entry in the audit log are kept together or not at all. `if_match` is the
        version that the person saw: where the object has changed since, nothing is changed. What
        `computes` before it writes has no connection of the database meanwhile.

        Raises:
            PreconditionFailed: when the object has changed since.
            Refusal: as the API answers it, with the paths of its faults.
        """
        headers = {"if-match": if_match} if if_match else {}
        request = Request(method=method, path=path, query=query or {}, body=body, headers=headers)
        before = await self._before(request)
        db = self.tools.db
        async with db.transaction_with_first_write() if computes else db.transaction():
            document = (await self._reply(request)).document
            changed = document if isinstance(document, dict) else before or {}
            await self.note(
                f"{method} {path}", object_id=changed.get("id"), before=before, after=document
            )
        return document

    async def note(
        self,
        action: str,
        *,
        object_id: str | None = None,
        before: object = None,
        after: object = None,
    ) -> None:
        """Write what the person did into the audit log, in the transaction of what was done.

        Raises:
            RuntimeError: outside a transaction.
        """
        live_mode = self.live_mode if self.membership else None
        entry = NewEntry(action, self.person, object_id, before, after, live_mode)
        await self.tools.audit.record(self.context, entry)

    async def together(self, *requests: Request) -> list[Any]:
        """Ask the API several questions at once; the answers in order."""
        replies = await asyncio.gather(*(self._reply(one) for one in requests))
        self.shown += [Shown(one, reply.body) for one, reply in zip(requests, replies, strict=True)]
        return [reply.document for reply in replies]

    async def _before(self, request: Request) -> Any:  # noqa: ANN401 (the JSON document)
        if request.method not in ("PATCH", "PUT", "DELETE"):
            return None
        with suppress(MethodNotAllowed, PathUnknown, Malformed):  # some are only written, or parts
            asked = replace(request, method="GET", query={}, body=None, headers={})
            return (await self._reply(asked)).document
        return None

    async def _reply(self, request: Request) -> InsideReply:
        return await self.tools.inside.reply(self.call, self.caller, request)


def query_of(call: Call) -> dict[str, str]:
    """The first 100 parameters of a page's address, without empty ones.

    A NUL, which the database does not take, is replaced.
    """
    raw = call.scope["query_string"].decode("latin-1").replace("%00", "%EF%BF%BD")
    return dict(parse_qsl(raw)[:_MOST_PARAMETERS])


def _told(visit: Visit, sentence: str, seconds: int) -> bytes:
    value, path = quote(sentence[:_TOLD_LENGTH]), visit.root("/dashboard")
    secure = "; Secure" if visit.tools.secure else ""
    return (
        f"{TOLD_COOKIE}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    ).encode()


def forget_told(visit: Visit) -> tuple[bytes, bytes]:
    """The header that takes the sentence back once it was shown."""
    return (b"set-cookie", _told(visit, "", 0))
