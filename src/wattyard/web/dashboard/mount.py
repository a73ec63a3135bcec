"""The dashboard as the front door sees it: loaded with the first call that asks for it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from wattyard.kernel.context import Contexts
from wattyard.kernel.values import dataclass
from wattyard.people.service import AuditLog, Sessions
from wattyard.platform.db import Database
from wattyard.platform.http import Call
from wattyard.platform.http.arguments import Provided
from wattyard.platform.http.inside import Inside
from wattyard.platform.settings import Settings
from wattyard.platform.work import Stopping

if TYPE_CHECKING:
    from wattyard.web.dashboard.door import Door


class Dashboard:
    """Answers what is asked of `/dashboard` and below.

    Its pages take modules that nothing else needs, and memory; both are for whoever looks at them.
    """

    def __init__(self, services: Provided, route: Callable[[Call], Awaitable[None]]) -> None:
        self._services = services
        self._route = route
        self._opening: asyncio.Future[Door] | None = None

    async def answer(self, call: Call) -> None:
        """Answer a call."""
        if self._opening is None or (self._opening.done() and self._opening.exception()):
            self._opening = asyncio.ensure_future(self._opened())
        await (await asyncio.shield(self._opening)).answer(call)

    async def _opened(self) -> "Door":
        await asyncio.to_thread(_load)
        return self.open()

    def open(self) -> "Door":
        """Put the pages together.

        Raises:
            TypeError: when a page asks for something that nobody provides.
        """
        from wattyard.web.dashboard.door import Door  # noqa: PLC0415 (with the first page only)
        from wattyard.web.dashboard.live import Live  # noqa: PLC0415 (as above)
        from wattyard.web.dashboard.origins import DashboardAddress  # noqa: PLC0415 (as above)
        from wattyard.web.dashboard.screens import PAGES  # noqa: PLC0415 (as above)
        from wattyard.web.dashboard.visit import Tools  # noqa: PLC0415 (as above)

        services = self._services
        place = DashboardAddress.of(services[Settings])
        tools = Tools(
            Inside(self._route),
            services[Contexts],
            services[AuditLog],
            services[Database],
            place.prefix,
            place.is_secure,
        )
        live = Live(services[Sessions], place, services[Stopping])
        given = _Beside(services, {DashboardAddress: place, Live: live})
        return Door(PAGES, given, tools, services[Sessions], place)


@dataclass(frozen=True, slots=True)
class _Beside:
    """What the app provides, and what the dashboard has besides for its own pages."""

    services: Provided
    own: Mapping[object, object]

    def __contains__(self, wanted: object) -> bool:
        return wanted in self.own or wanted in self.services

    def __getitem__(self, wanted: type) -> Any:  # noqa: ANN401 (of that type)
        return self.own[wanted] if wanted in self.own else self.services[wanted]


def _load() -> None:
    import wattyard.web.dashboard.screens  # noqa: PLC0415, F401 (its modules take a moment)
