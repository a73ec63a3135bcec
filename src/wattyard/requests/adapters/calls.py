"""What the front door calls after each request: it is counted, and logged if the setting says
so."""

from collections.abc import Iterable
from time import perf_counter
from typing import Final
from uuid import UUID

import msgspec

from wattyard.kernel.callers import Caller
from wattyard.platform.http import Access, Call, Endpoint
from wattyard.platform.http.declare import Effect
from wattyard.platform.http.idempotency import REPLAYED
from wattyard.platform.http.path_keys import MASKED
from wattyard.requests.adapters.secret_fields import Secrets, cleaned, fields_of, masked
from wattyard.requests.domain import BODY_BYTES, Logged, LoggedRequest, NewRequest, RequestLine
from wattyard.requests.service import Recorder

_TEXT_LIMIT: Final = 2_000
_ERROR: Final = 400


class _ErrorCode(msgspec.Struct):
    code: str


_code_of = msgspec.json.Decoder(_ErrorCode).decode


class CallLog:
    """Takes every call of a known account to the API into counts and log.

    No header is kept. A read that succeeds costs a lookup and an increment.
    """

    def __init__(self, log: Recorder, endpoints: Iterable[Endpoint], logged: Logged) -> None:
        called = [one for one in endpoints if one.access in (Access.BEARER, Access.BASIC)]
        self._log = log
        self._bodies = {one.operation: one.body for one in called}
        self._secrets: dict[str, Secrets] = {}
        wanted = [one for one in called if logged is Logged.ALL or _writes(one)]
        self._wanted = frozenset(one.operation for one in wanted if logged is not Logged.NONE)
        self._least_error = 1_000 if logged is Logged.NONE else _ERROR

    def finished(self, call: Call) -> None:
        """Count a call that has been answered, and log it where that is wanted."""
        caller, operation = call.caller, call.operation
        if caller is None or operation not in self._bodies:
            return
        status = call.status
        self._log.count(caller, call.now, status)
        if status >= self._least_error or operation in self._wanted:
            try:
                taken = self._request(call, caller)
            except Exception as fault:  # noqa: BLE001 (whatever it was: no call may fail of its log)
                self._log.not_taken(fault)
            else:
                self._log.add(NewRequest(caller.account, caller.live_mode, taken))

    def _request(self, call: Call, caller: Caller) -> LoggedRequest:
        answered = call.answered
        error = answered.body if answered is not None and call.status >= _ERROR else None
        path = f"{MASKED}{call.path}" if call.key_in_path else call.path
        line = RequestLine(
            id=UUID(hex=call.request_id.partition("_")[2]),
            time=call.now,
            method=call.method,
            operation=call.operation,
            path=_text(path.encode("utf-8", "replace")),
            query=_text(call.scope["query_string"]),
            status=call.status,
            duration_ms=round((perf_counter() - call.started) * 1000, 2),
            error_code=_code(error),
            key_id=caller.key_id,
            address=call.address,
            replayed=answered is not None and REPLAYED in answered.headers,
        )
        return LoggedRequest(line, *self._shown(call, error))

    def _shown(self, call: Call, error: bytes | None) -> tuple[bytes | None, bool, bytes | None]:
        """What may be shown of a body, whether it is cut, and what of the error."""
        secrets = self._secret_fields(call.operation)
        if secrets is None or call.kept_body is None:
            body: bytes | None = masked(call.begun_body) if secrets is None else None
            answer = masked(error) if error else None
        else:
            clean = cleaned(call.kept_body, secrets)
            body, answer = clean.body, clean.answer(error) if error else None
        is_cut = body is not None and len(body) > BODY_BYTES
        return body[:BODY_BYTES] if body else None, is_cut, answer[:BODY_BYTES] if answer else None

    def _secret_fields(self, operation: str) -> Secrets:
        """The secret fields of an operation's body, found with its first call."""
        if operation not in self._secrets:
            body = self._bodies[operation]
            self._secrets[operation] = None if body is None else fields_of(body)
        return self._secrets[operation]


def _writes(declared: Endpoint) -> bool:
    """Whether a call to the endpoint changes something."""
    if declared.access is Access.BASIC or declared.method == "GET":
        return False
    return declared.effect is not Effect.COMPUTES


def _text(raw: bytes) -> str:
    """Write a path or a query as a text of at most 2,000 characters, which the database takes."""
    return masked(raw[:_TEXT_LIMIT]).decode("utf-8", "replace").replace("\x00", "\ufffd")


def _code(error: bytes | None) -> str | None:
    if not error:
        return None
    try:
        return _code_of(error).code
    except msgspec.DecodeError:
        return None
