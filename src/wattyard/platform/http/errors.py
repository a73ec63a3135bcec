"""What a refusal means in HTTP: one table, one envelope (contract 0, Errors)."""

import math
from http import HTTPStatus
from typing import Final, Literal

import msgspec

from wattyard.kernel import instants
from wattyard.kernel.refusals import (
    AccountDisabled,
    Conflict,
    Malformed,
    Missing,
    PreconditionFailed,
    Refusal,
    StateForbids,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from wattyard.platform.http.call import Answer, Call, CallerGone
from wattyard.platform.http.releases import ApiVersionNotSupported


class PathUnknown(Refusal):
    """There is nothing at this path; `GET /openapi.json` lists what there is."""

    code = "path_unknown"


class ScopeMissing(Refusal):
    """The restricted key lacks the scope that the message names, or none opens the endpoint."""

    code = "scope_missing"


class MethodNotAllowed(Refusal):
    """The path exists, but not with this method; `Allow` lists the methods."""

    code = "method_not_allowed"

    def __init__(self, message: str, *, allowed: str) -> None:
        super().__init__(message)
        self.allowed = allowed


class MediaTypeUnsupported(Refusal):
    """The body's `Content-Type` or `Content-Encoding` is not one that this endpoint reads."""

    code = "media_type_unsupported"


class RequestInvalid(Malformed):
    """The request is not one of HTTP/1.1 (RFC 9112), or lacks its `Host` header."""

    code = "request_invalid"


class HeadTooLarge(Refusal):
    """The request's line, headers and trailers together are larger than 64 KiB."""

    code = "head_too_large"


class InternalError(Refusal):
    """A fault on our side; the server's log has it under the request id."""

    code = "internal_error"


STATUS: Final[dict[type[Refusal], int]] = {
    Malformed: 400,
    Unauthenticated: 401,
    ScopeMissing: 403,
    Missing: 404,
    PathUnknown: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    PreconditionFailed: 412,
    TooLarge: 413,
    MediaTypeUnsupported: 415,
    StateForbids: 422,
    AccountDisabled: 422,
    TooMany: 429,
    HeadTooLarge: 431,
    CallerGone: 499,
    InternalError: 500,
    Unavailable: 503,
}
"""The HTTP status of each kind of refusal; a class not listed has its nearest base's."""

_API_ERRORS: Final = (AccountDisabled, InternalError, Unavailable)

_OF_THE_WHOLE_API: Final = (ApiVersionNotSupported,)
"""Refusals that concern no single operation; their `context` is `api`."""

ErrorType = Literal["invalid_request", "rate_limit", "api_error"]


class ErrorDetail(msgspec.Struct):
    """One of several faults of a body.

    Attributes:
        param: path of the fault: devices[2].type
        code: stable and safe to branch on
        message: what was wrong, expected and got
    """

    param: str | None
    code: str
    message: str


class Error(msgspec.Struct, kw_only=True):
    """Why a request was refused.

    Attributes:
        type: invalid_request: change the request; rate_limit: wait; api_error: the server's side
        code: stable and safe to branch on
        message: what was wrong, expected and got
        param: path of the fault: devices[2].type
        context: the operation, such as api.site_list
        request_id: names this call; quote it when you report a fault
        errors: every fault, where there are several; the first one leads
    """

    object: Literal["error"] = "error"
    live_mode: bool
    type: ErrorType
    code: str
    message: str
    param: str | msgspec.UnsetType = msgspec.UNSET
    context: str
    request_id: str
    time_created: str
    errors: list[ErrorDetail] | msgspec.UnsetType = msgspec.UNSET


def status_of(kind: type[Refusal]) -> int:
    """Find the HTTP status of a refusal class."""
    return next(STATUS[base] for base in kind.__mro__ if base in STATUS)


def type_of(kind: type[Refusal]) -> ErrorType:
    """Find the error type of a refusal class."""
    if issubclass(kind, TooMany):
        return "rate_limit"
    return "api_error" if issubclass(kind, _API_ERRORS) else "invalid_request"


def answer(refusal: Refusal, call: Call) -> Answer:
    """Write the error envelope and the headers that belong to the refusal."""
    kind = type(refusal)
    first = refusal.first
    error = Error(
        live_mode=call.caller.live_mode if call.caller else False,
        type=type_of(kind),
        code=first.code,
        message=first.message,
        param=msgspec.UNSET if first.param is None else first.param,
        context="api" if isinstance(refusal, _OF_THE_WHOLE_API) else f"api.{call.operation}",
        request_id=call.request_id,
        time_created=instants.text(call.now),
        errors=[ErrorDetail(f.param, f.code, f.message) for f in refusal.faults]
        if len(refusal.faults) > 1
        else msgspec.UNSET,
    )
    status = status_of(kind)
    return Answer(msgspec.json.encode(error), status, headers=headers_of(refusal))


def reason(status: int) -> str:
    """Name an HTTP status."""
    return HTTPStatus(status).phrase


def headers_of(refusal: Refusal) -> list[tuple[bytes, bytes]]:
    """What the answer of a refusal says besides its body, such as when to come back."""
    if isinstance(refusal, Unauthenticated):
        return [(b"www-authenticate", b'Bearer realm="wattyard", Basic realm="wattyard"')]
    if isinstance(refusal, MethodNotAllowed):
        return [(b"allow", refusal.allowed.encode())]
    if isinstance(refusal, TooMany):
        seconds = max(1, math.ceil(refusal.retry_after_seconds))
        return [(b"retry-after", str(seconds).encode())]
    if isinstance(refusal, Unavailable):
        return [(b"retry-after", b"1")]
    return []
