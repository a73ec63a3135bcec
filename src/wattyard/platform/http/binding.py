"""Binding of a declared endpoint to its services: one ASGI-shaped callable per endpoint."""

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import msgspec

from wattyard.kernel import ids
from wattyard.kernel.callers import NOBODY, Caller, on_behalf_of
from wattyard.kernel.refusals import Malformed, Missing
from wattyard.platform.db import Database, ReplicaFailed, replicas_allowed
from wattyard.platform.decoding import body_decoder, query_decoder
from wattyard.platform.http import idempotency, releases
from wattyard.platform.http.arguments import Provided, asked_by, names_in_path, services_of
from wattyard.platform.http.bodies import plain_body
from wattyard.platform.http.call import Answer, Call, StreamedAnswer, etag, matches, while_there
from wattyard.platform.http.declare import Access, Effect, Endpoint, LastStep
from wattyard.platform.http.errors import MediaTypeUnsupported
from wattyard.platform.http.gate import Gate, judge_scope
from wattyard.platform.work import beside, in_its_share

_EMPTY_QUERY = query_decoder(msgspec.defstruct("NoQuery", []))
_BESIDE_BYTES: Final = 64 * 1024
"""A body above this is decoded in a thread, so that others are answered meanwhile."""
_READY: Final = (Answer, StreamedAnswer)
_encode = msgspec.json.Encoder().encode


class Bound:
    """An endpoint with its readers and services; calling it answers one call."""

    def __init__(self, declared: Endpoint, services: Provided, gate: Gate) -> None:
        self.declared = declared
        self._gate = gate
        self._has_query = declared.query is not None
        self._takes_body = declared.body is not None and not declared.reads_body
        wants, _ = asked_by(declared.handler)
        self._names_in_path = names_in_path(declared)
        self._wants_query, self._wants_context, self._wants_call = (
            name in wants for name in ("query", "context", "call")
        )
        self._fixed = services_of(declared, services)
        self._authenticate = gate.authenticator(declared)
        self._abandons = declared.effect is Effect.COMPUTES
        has_replicas = Database in services and bool(services[Database].replicas)
        self._reads_replicas = has_replicas and declared.reads_replicas

    @cached_property
    def _read_query(self) -> Callable[[bytes], Any]:
        query = self.declared.query
        return query_decoder(query) if query else _EMPTY_QUERY

    @cached_property
    def _read_body(self) -> Callable[[bytes], Any]:
        """What reads a body; made for the first one, since most endpoints see none for long."""
        return body_decoder(self.declared.body)

    async def __call__(self, call: Call) -> None:
        """Answer the call; a refusal is raised for the front door to write."""
        declared = self.declared
        call.operation, call.route = declared.operation, declared.path
        if declared.shows_secret and not call.key_in_path:
            call.extra_headers.append((b"cache-control", b"no-store"))
        if self._authenticate is None:
            _check_release(call)
            await self._work(call)
            return
        if call.caller is not None:  # a part of another call
            await self._answer(call, call.caller)
            return
        caller = await self._admitted(call)
        await in_its_share(caller.account, self._answer(call, caller))

    async def _answer(self, call: Call, caller: Caller) -> None:
        declared = self.declared
        if declared.effect is not None and b"idempotency-key" in call.headers:
            await call.answer(
                await self._gate.replays.once(
                    call,
                    caller,
                    declared,
                    raw=await call.body(declared.body_limit_bytes),
                    work=lambda: self._whole(call),
                )
            )
        else:
            await self._work(call)

    async def _admitted(self, call: Call) -> Caller:
        """Find out who calls, and judge whether they may: their rate, their scopes, the release."""
        assert self._authenticate is not None  # noqa: S101 (asked for where callers are known)
        caller = call.caller = await self._authenticate(
            call.header(b"authorization"), call.now, address=call.address
        )
        on_behalf_of.set(caller.account)
        if self.declared.access is Access.BASIC:
            self._gate.limits.admit_log_in(caller)
        else:
            self._gate.limits.admit(call, caller)
        if caller.scopes is not None:
            judge_scope(self.declared, call.scope["query_string"], caller.scopes)
        _check_release(call)
        return caller

    async def _work(self, call: Call) -> None:
        """Read what the handler wants, run it, and send its answer."""
        result = await self._handled(call)
        if isinstance(result, LastStep):
            result = await result.work()
        await call.answer(self._written(result, call))

    async def _handled(self, call: Call) -> Any:  # noqa: ANN401 (a shape)
        given = dict(self._fixed)
        raw_query = call.scope["query_string"]
        if raw_query or self._has_query:
            query = self._read_query(raw_query)
            if self._wants_query:
                given["query"] = query
        for name in self._names_in_path:
            given[name] = call.path_values[name]
        if self._wants_context:
            given["context"] = self._gate.contexts.of(
                call.caller or NOBODY, call.request_id, call.now
            )
        if self._wants_call:
            given["call"] = call
        if self._takes_body:
            given["body"] = await self._body(call)
        if self._reads_replicas:
            return await self._read(given, call)
        return await self._run(given, call)

    async def _read(self, given: dict[str, Any], call: Call) -> Any:  # noqa: ANN401 (a shape)
        try:
            with replicas_allowed():
                return await self._run(given, call)
        except* ReplicaFailed:  # also out of a group of tasks
            pass
        return await self._run(given, call)

    def _run(self, given: dict[str, Any], call: Call) -> Awaitable[Any]:
        work = self.declared.handler(**given)
        return while_there(call, work) if self._abandons else work

    async def _whole(self, call: Call) -> Answer | idempotency.LastStep:
        result = await self._handled(call)
        if not isinstance(result, LastStep):
            return self._whole_answer(result, call)

        async def last() -> Answer:
            return self._whole_answer(await result.work(), call)

        return last

    def _whole_answer(self, result: Any, call: Call) -> Answer:  # noqa: ANN401 (a shape)
        answer = self._written(result, call)
        assert isinstance(answer, Answer)  # noqa: S101 (a stream has no key: it is a GET)
        return answer

    async def _body(self, call: Call) -> Any:  # noqa: ANN401 (the declared type)
        raw = await self._raw(call)
        if not raw and self.declared.body_optional:
            return None
        media_type = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
        if raw and media_type not in ("application/json", "application/merge-patch+json"):
            raise MediaTypeUnsupported(
                "Content-Type must be application/json; got "
                + (ids.shown(media_type) if media_type else "none")
            )
        if len(raw) > _BESIDE_BYTES:
            return await beside(self._read_body, raw)
        return self._read_body(raw)

    async def _raw(self, call: Call) -> bytes:
        limit_bytes = self.declared.body_limit_bytes
        coding = (call.header(b"content-encoding") or "identity").lower()
        if coding == "identity":
            return await call.body(limit_bytes)
        if self.declared.takes_gzip:
            return await plain_body(call, limit_bytes)
        raise MediaTypeUnsupported(f"Content-Encoding must be none here; got {ids.shown(coding)}")

    def _written(self, result: Any, call: Call) -> Answer | StreamedAnswer:  # noqa: ANN401 (a shape)
        if isinstance(result, _READY):
            return result
        body = result if isinstance(result, bytes) else _encode(result)
        answer = Answer(body, self.declared.status)
        if self.declared.tagged:
            tag = etag(body)
            answer.headers.append((b"etag", tag.encode()))
            seen = call.header(b"if-none-match")
            if call.method in ("GET", "HEAD") and seen is not None and matches(seen, tag):
                return call.not_modified(answer)
        return answer


def _check_release(call: Call) -> None:
    """Judge the release that the call asks for; every account's default is Busbar."""
    if b"flatpeak-version" in call.headers:
        releases.judge(call.header(b"flatpeak-version") or "")


def path_id(text: str, *prefixes: str, missing: type[Missing]) -> UUID:
    """Read the id in a path: whatever is not an id of ours names nothing.

    Raises:
        Missing: `<object>_not_found`, when it is malformed or of another type.
    """
    try:
        return ids.read(text, *prefixes, param="id")
    except Malformed:
        noun = missing.code.removesuffix("_not_found").replace("_", " ")
        raise missing(f"there is no {noun} {ids.shown(text)}") from None
