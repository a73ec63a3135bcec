"""What a call passes before its endpoint: its credentials are judged, then its account's rate."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Contexts
from wattyard.platform.http.arguments import EndpointUnfit
from wattyard.platform.http.call import Call
from wattyard.platform.http.declare import Access, Endpoint
from wattyard.platform.http.limits import CallLimits
from wattyard.platform.http.replays import Replays

Authenticate = Callable[[Call], Awaitable[Caller]]
"""The port that finds out who calls, or refuses; filled by the app for each access."""


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
