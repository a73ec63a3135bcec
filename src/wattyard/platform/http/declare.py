"""The declaration of an endpoint: everything that HTTP needs to know of it, in one place."""

import inspect
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any, Final, TypedDict, Unpack

from wattyard.kernel.refusals import Refusal
from wattyard.kernel.scopes import Scope
from wattyard.kernel.values import dataclass

MEBIBYTE: Final = 1024 * 1024

Handler = Callable[..., Any]


class Access(Enum):
    """Who may call an endpoint, by the credentials that it takes."""

    PUBLIC = "public"
    """Anybody."""
    BEARER = "bearer"
    """Whoever holds a bearer token, or knows a key: by HTTP Basic or as bearer."""
    BASIC = "basic"
    """Whoever knows a key; a bearer token does not count."""


class Effect(Enum):
    """What a `POST` does, which decides how its `Idempotency-Key` is kept."""

    COMPUTES = "computes"
    """It only reads and computes; done twice, nothing is different. Cancelled when its caller
    goes."""
    WRITES = "writes"
    """It changes this database, in one transaction."""
    EXTERNAL = "external"
    """It asks or changes something outside this server; what it then writes here is its
    `LastStep`."""


@dataclass(frozen=True, slots=True)
class LastStep:
    """What an endpoint returns that has asked something outside: what it writes here at the end.

    `work` gives the answer. It is done in one transaction with the keeping of that answer, where
    the request has an `Idempotency-Key`.
    """

    work: Callable[[], Awaitable[Any]]


class EndpointOptions(TypedDict, total=False):
    """The optional terms of a declaration; see `Endpoint`."""

    query: type
    body: Any
    answers: Any
    status: int
    refuses: tuple[type[Refusal], ...]
    example: Any
    example_body: Any
    example_query: dict[str, str]
    access: Access
    scope: Scope
    further_scope: Callable[[bytes], Scope | None]
    any_key: bool
    effect: Effect
    body_limit_bytes: int
    takes_gzip: bool
    body_optional: bool
    reads_body: bool
    tagged: bool
    reads_primary: bool
    shows_secret: bool
    events: tuple[str, ...]
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method on one path, and the function that answers it.

    The function's parameters say what it is given: `call`, `context`, `query`, `body`, the
    names in the path, and services by their type. It returns a shape, the ready bytes of a
    JSON document, an `Answer`, or a `LastStep` that gives one of them.

    Attributes:
        operation: name of the use-case, `site_list`; `api.site_list` in errors.
        query: struct of the query parameters; others are refused.
        body: type of the JSON body, or `Patch[…]` for a merge patch.
        answers: type of the answer.
        example_query: query parameters that go with `example_body`, where some are needed.
        refuses: refusals that this endpoint can answer besides the general ones.
        access: which credentials it takes.
        scope: what a restricted key needs; None where it is closed to them.
        further_scope: what it needs besides, by the query.
        any_key: True where every restricted key may call it, whatever its scopes.
        effect: what a `POST` does; None where no `Idempotency-Key` is heeded.
        body_limit_bytes: how large a body may be; the two endpoints for batches take more.
        takes_gzip: True where the body may come as gzip; the limit is that of its content.
        reads_body: True where the function reads the body itself, as a stream; `body` only
            describes it then.
        tagged: True where the answer carries an `ETag` (single objects).
        reads_primary: True where it is not read on replicas, though it only reads.
        shows_secret: True where the answer has a token or a secret, which nobody may store.
        events: event types that the call writes.
    """

    method: str
    path: str
    operation: str
    handler: Handler
    query: type | None = None
    body: Any = None
    answers: Any = None
    status: int = 200
    refuses: tuple[type[Refusal], ...] = ()
    example: Any = None
    example_body: Any = None
    example_query: dict[str, str] | None = None
    access: Access = Access.BEARER
    scope: Scope | None = None
    further_scope: Callable[[bytes], Scope | None] | None = None
    any_key: bool = False
    effect: Effect | None = None
    body_limit_bytes: int = MEBIBYTE
    takes_gzip: bool = False
    body_optional: bool = False
    reads_body: bool = False
    tagged: bool = False
    reads_primary: bool = False
    shows_secret: bool = False
    events: tuple[str, ...] = ()
    media_type: str = "application/json; charset=utf-8"

    @property
    def title(self) -> str:
        """The endpoint's name in messages to the people who declare or serve it."""
        return f"{self.method} {self.path} ({self.operation})"

    def __post_init__(self) -> None:
        takes_keys = self.method == "POST" and self.access not in (Access.PUBLIC, Access.BASIC)
        if takes_keys != (self.effect is not None):
            raise TypeError(
                f"{self.title}: a POST of callers who are known, and nothing else, has an effect"
            )

    @property
    def reads_replicas(self) -> bool:
        """Whether what it reads may be read on replicas: it changes nothing, can be done again, and
        its caller was judged before, on the primary."""
        only_reads = self.method == "GET" or self.effect is Effect.COMPUTES
        return only_reads and self.access is Access.BEARER and not self.reads_primary

    @property
    def context(self) -> str:
        return f"api.{self.operation}"

    @property
    def summary(self) -> str:
        return (inspect.getdoc(self.handler) or self.operation).partition("\n")[0]

    @property
    def description(self) -> str:
        """What the handler says after its first line, as Markdown: without our indentation."""
        return (inspect.getdoc(self.handler) or "").partition("\n")[2].strip()


def endpoint(
    method: str, path: str, operation: str, **terms: Unpack[EndpointOptions]
) -> Callable[[Handler], Endpoint]:
    """Declare the decorated function as the endpoint `method path`."""

    def declared(handler: Handler) -> Endpoint:
        return Endpoint(method=method, path=path, operation=operation, handler=handler, **terms)

    return declared
