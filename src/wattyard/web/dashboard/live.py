"""Live parts of a page: fragments of HTML by server-sent events, while somebody looks."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Final

from htpy import Node, fragment

from wattyard.kernel.refusals import Refusal, TooMany, Unavailable
from wattyard.people.service import Sessions
from wattyard.platform.http.call import StreamedAnswer
from wattyard.platform.work import Stopping, in_its_share
from wattyard.web.dashboard.origins import DashboardAddress
from wattyard.web.dashboard.visit import Visit

Render = Callable[[], Coroutine[Any, Any, Mapping[str, Node]]]
"""Gives parts of a page by the ids of the elements whose contents they become."""

_MOST: Final = 8
"""Live pages that one person may have open on a node: browsers allow six to one host."""
_HEARTBEAT: Final = b": still here\n\n"


class Live:
    """Streams fragments to pages."""

    def __init__(self, sessions: Sessions, place: DashboardAddress, stopping: Stopping) -> None:
        self._sessions = sessions
        self._place = place
        self._stopping = stopping
        self._open: Counter[object] = Counter()

    def stream(self, visit: Visit, render: Render, *, seconds: float = 2.0) -> StreamedAnswer:
        """Render parts of a page every few seconds, and send those that have changed.

        It ends when the page is closed or hidden, when the person may not see it any more, or the
        server ends.

        Raises:
            TooMany: when the person has too many live pages open.
        """
        if self._open[visit.person.id] >= _MOST:
            raise TooMany("too many live pages are open: close some", retry_after_seconds=5)
        return StreamedAnswer(self._fragments(visit, render, seconds))

    async def _fragments(
        self, visit: Visit, render: Render, seconds: float
    ) -> AsyncGenerator[bytes, None]:
        self._open[visit.person.id] += 1
        sent: dict[str, str] = {}
        try:
            yield b"retry: 3000\n\n"
            while not self._stopping.asked.is_set() and await self._may_see(visit):
                changed = await self._changed(visit, render, sent)
                for name, html in changed.items():
                    data = json.dumps({"id": name, "html": html}, ensure_ascii=False)
                    yield f"event: fragment\ndata: {data}\n\n".encode()
                if not changed:
                    yield _HEARTBEAT
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.asked.wait(), seconds)
                visit.call.now = visit.tools.contexts.clock()
                visit.shown.clear()
        except Refusal:
            return  # such as when what it showed was deleted: the page asks again, and is told
        finally:
            self._open[visit.person.id] -= 1
            if not self._open[visit.person.id]:
                del self._open[visit.person.id]

    async def _changed(self, visit: Visit, render: Render, sent: dict[str, str]) -> dict[str, str]:
        """Render the parts in the account's share, and give those that are not as sent last.

        Nothing while the account has used up its share, or the database is away.
        """
        caller = visit.call.caller
        work = _rendered(render)
        try:
            html = await (in_its_share(caller.account, work) if caller else work)
        except (TooMany, Unavailable):
            return {}
        changed = {name: text for name, text in html.items() if sent.get(name) != text}
        sent |= changed
        return changed

    async def _may_see(self, visit: Visit) -> bool:
        """Whether the session, and the membership in the account, are still what they were."""
        token = self._place.session_token(visit.call)
        try:
            found = await self._sessions.signed_in(visit.tools.contexts.anonymous(), token)
        except Unavailable:
            return True
        member = visit.membership
        return found is not None and (member is None or member in found.memberships)


async def _rendered(render: Render) -> dict[str, str]:
    return {name: str(fragment[node]) for name, node in (await render()).items()}
