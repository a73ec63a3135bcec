"""Refusals: the named reasons why a caller does not get what it asked for.

A refusal is a class with a `code` (contract 0, Errors). Its docstring is the public
documentation of that code. What a refusal means in HTTP is decided in one table,
`platform.http.errors`. Any other exception is our own bug.
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple


class Fault(NamedTuple):
    """One thing wrong with what the caller sent.

    `param` is a path such as `devices[2].type`, or None when the fault belongs to no parameter.
    """

    code: str
    message: str
    param: str | None = None

    @property
    def placed(self) -> str:
        """The message with the path of the parameter in front, where it does not name it."""
        if self.param is None or self.param in self.message:
            return self.message
        return f"{self.param}: {self.message}"


class Refusal(Exception):
    """The request cannot be granted as it is."""

    code: ClassVar[str]

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.faults: tuple[Fault, ...] = (Fault(code or type(self).code, message, param),)

    @property
    def first(self) -> Fault:
        return self.faults[0]

    def under(self, path: str) -> "Refusal":
        """Put every fault under `path`, for a part that was judged on its own (`devices[2]`)."""
        self.faults = tuple(
            fault._replace(param=path if fault.param is None else _joined(path, fault.param))
            for fault in self.faults
        )
        return self


class Malformed(Refusal):
    """A parameter or the body is malformed, missing, unknown or out of range."""

    code = "parameter_invalid"

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> "Malformed":
        """Build one refusal that reports several faults; its code is that of the first."""
        refusal = cls(faults[0].message, param=faults[0].param, code=faults[0].code)
        refusal.faults = tuple(faults)
        return refusal


class Unauthenticated(Refusal):
    """The caller is not authenticated."""

    code = "credentials_invalid"


class Missing(Refusal):
    """The object does not exist, or belongs to another account or the other mode."""

    code = "not_found"


class Conflict(Refusal):
    """The request conflicts with the present state, or with a request that is still running."""

    code = "conflict"


class PreconditionFailed(Refusal):
    """`If-Match` names a version that is no longer the current one: read the object again."""

    code = "precondition_failed"


class StateForbids(Refusal):
    """The request is well formed, but the state does not allow it."""

    code = "state_invalid"


class AccountDisabled(Refusal):
    """The account is disabled; the operator of this server can enable it again."""

    code = "account_disabled"


class TooLarge(Refusal):
    """The body is larger than this endpoint allows."""

    code = "body_too_large"


class TooMany(Refusal):
    """Too many requests; `retry_after_seconds` says when to come back."""

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(Refusal):
    """The database cannot be reached at the moment; nothing was changed: try again."""

    code = "unavailable"


class AccountMoving(Unavailable):
    """The account is being moved, or was moved, to another part of the service: try again."""

    code = "account_moving"


def _joined(path: str, rest: str) -> str:
    return f"{path}{rest}" if rest.startswith("[") else f"{path}.{rest}"
