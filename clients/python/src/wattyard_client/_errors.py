"""Why a call failed."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What reading a body that is no JSON, or not the expected, raises."""


class WattyardError(Exception):
    """Any failure of a call; what the server says is in `ApiError`."""


class ConnectionFailed(WattyardError):
    """The server could not be reached, or the connection ended before it had answered."""


class TimedOut(ConnectionFailed):
    """The server did not answer in time; a change may have been made."""


class AnswerInvalid(WattyardError):
    """The answer is not what the API promises: another program may be at that address.

    Attributes:
        status: HTTP status of the answer.
        content: the first 1,000 bytes of its body.
    """

    def __init__(self, message: str, status: int, content: bytes) -> None:
        super().__init__(message)
        self.status = status
        self.content = content[:1000]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.status, self.content)


class SettingMissing(WattyardError):
    """The client was not told where the server is, or who is calling."""


class SignatureInvalid(WattyardError):
    """A webhook was not signed by the server, is too old, or its signature is missing."""


class ErrorDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One of several faults of a request."""

    code: str
    message: str
    param: str | None = None


class ApiError(WattyardError):
    """The server refused the call.

    Attributes:
        status: HTTP status.
        code: stable and safe to branch on, such as `device_not_found`; there is a class for each
            in `wattyard_client.codes`.
        message: what was wrong, expected and got.
        param: path of the fault, such as `devices[2].type`.
        errors: every fault, where there are several.
        request_id: the server's id of the call, `req_…`.
        retry_after: seconds after which the call may succeed, where the server said so.
        headers: the answer's, names in lower case.
    """

    by_code: ClassVar[dict[str, type["ApiError"]]] = {}

    def __init__(self, status: int, document: Mapping[str, Any], headers: dict[str, str]) -> None:
        self.status = status
        self.code = str(document.get("code") or f"http_{status}")
        self.message = str(document.get("message") or f"the server answered {status}")
        param = document.get("param")
        self.param = param if isinstance(param, str) else None
        self.errors = msgspec.convert(document.get("errors") or [], list[ErrorDetail])
        self.request_id: str | None = document.get("request_id") or headers.get("request-id")
        self.retry_after: float | None = None
        self.headers = headers
        super().__init__(self._text())

    def _text(self) -> str:
        where = "" if self.param is None or self.param in self.message else f"{self.param}: "
        others = f"; {len(self.errors) - 1} more in errors" if len(self.errors) > 1 else ""
        told = f"{self.status} {self.code}, {self.request_id or 'no id'}"
        return f"{where}{self.message}{others} ({told})"

    def __reduce__(self) -> tuple[Any, ...]:
        said = {"code": self.code, "message": self.message, "param": self.param}
        details = [msgspec.to_builtins(one) for one in self.errors]
        document = {**said, "errors": details, "request_id": self.request_id}
        more = {"retry_after": self.retry_after}
        return type(self), (self.status, document, self.headers), more


class NotModified(ApiError):
    """304: the object is still the version that `if_none_match` names."""


class BadRequest(ApiError):
    """400: something in the request is malformed or missing."""


class Unauthenticated(ApiError):
    """401: the key or the account is unknown, revoked or disabled."""


class Forbidden(ApiError):
    """403: the key lacks the scope that the call needs."""


class NotFound(ApiError):
    """404: the account has no such object."""


class Conflict(ApiError):
    """409: another change is in the way."""


class PreconditionFailed(ApiError):
    """412: the object is no longer the version that `if_match` names."""


class TooLarge(ApiError):
    """413: the body is too large."""


class Unprocessable(ApiError):
    """422: the request is well formed, but cannot be done as things are."""


class RateLimited(ApiError):
    """429: too many calls; see `retry_after`."""


class ServerError(ApiError):
    """5xx: the server failed or is not usable at the moment."""


BY_STATUS: dict[int, type[ApiError]] = {
    304: NotModified,
    400: BadRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: PreconditionFailed,
    413: TooLarge,
    422: Unprocessable,
    429: RateLimited,
}


def refused(status: int, content: bytes, headers: dict[str, str]) -> ApiError:
    """Turn an answer other than 2xx into the error of its code, else of its status."""
    try:
        document = msgspec.json.decode(content)
    except UNREADABLE:
        document = {}
    if not isinstance(document, dict):
        document = {}
    general = BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
    kind = ApiError.by_code.get(str(document.get("code")), general)
    try:
        return kind(status, document, headers)
    except msgspec.ValidationError:
        return general(status, {"message": "the answer is not an error of this API"}, headers)
