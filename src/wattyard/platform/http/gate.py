"""What a call passes before its endpoint: its credentials are judged, then its account's rate."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Contexts
from wattyard.kernel.scopes import Scope
from wattyard.kernel.values import dataclass
from wattyard.platform.http.arguments import EndpointUnfit
from wattyard.platform.http.declare import Access, Endpoint
from wattyard.platform.http.errors import ScopeMissing
from wattyard.platform.http.idempotency import Replays
from wattyard.platform.http.rate_limits import CallLimits


class Authenticate(Protocol):
    """The port that finds out who calls, or refuses; filled by the app for each access."""

    async def __call__(
        self, authorization: str | None, now: datetime, *, address: str = ""
    ) -> Caller:
        """Judge what a call's `Authorization` says."""


@dataclass(frozen=True, slots=True)
class Gate:
    """How callers are identified and kept within their limits."""

    contexts: Contexts
    authenticators: Mapping[Access, Authenticate]
    limits: CallLimits
    replays: Replays

    def authenticator(self, declared: Endpoint) -> Authenticate | None:
        """Find how the callers of an endpoint prove who they are; None where nobody has to.

        Raises:
            EndpointUnfit: when this server has no way to judge the endpoint's access.
        """
        if declared.access is Access.PUBLIC:
            return None
        if declared.access not in self.authenticators:
            raise EndpointUnfit(
                f"{declared.title}: this server cannot judge the access {declared.access.value!r}"
            )
        return self.authenticators[declared.access]


def judge_scope(declared: Endpoint, query: bytes, scopes: Collection[Scope]) -> None:
    """Judge whether a restricted key opens an endpoint.

    Raises:
        ScopeMissing: naming the scope that it lacks.
    """
    if declared.any_key:
        return
    if declared.scope is None:
        raise ScopeMissing(
            f"{declared.method} {declared.path} is closed to restricted keys; call it with a "
            "secret key (sk_…)"
        )
    further = declared.further_scope(query) if declared.further_scope else None
    for scope in filter(None, (declared.scope, further)):
        if not scope.is_in(scopes):
            raise ScopeMissing(
                f"{declared.method} {declared.path} needs the scope {scope.value}; this key has "
                f"{', '.join(sorted(scopes))}"
            )
