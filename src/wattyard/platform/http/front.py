"""The front door: every request comes in here and every answer goes out here."""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol

from wattyard.kernel import ids
from wattyard.kernel.callers import on_behalf_of
from wattyard.kernel.context import Contexts
from wattyard.kernel.refusals import Refusal
from wattyard.platform.http import asgi_scopes, cors, errors, path_keys
from wattyard.platform.http.asgi_scopes import Failed
from wattyard.platform.http.binding import Bound
from wattyard.platform.http.call import Call, Receive, Scope, Send
from wattyard.platform.http.errors import (
    InternalError,
    MethodNotAllowed,
    PathUnknown,
    RequestInvalid,
)
from wattyard.platform.http.proxies import TrustedProxies

Finished = Callable[[Call, BaseException | None], None]
"""Called after every request, with the error where one was our fault."""


class CallWatch(Protocol):
    """The port of those who look at every call that is finished, in no time."""

    def finished(self, call: Call) -> None:
        """Look at a call that has been answered."""


Work = Callable[[Call], Awaitable[None]]

REFUSED: Final = "wattyard.refused"
"""In the scope of what the server could not read as a request."""
_Headers = tuple[tuple[bytes, bytes], ...]
_CLOSING: Final[_Headers] = ((b"connection", b"close"),)


class FrontDoor:
    """The ASGI application: routes to the endpoints, and writes each refusal as the envelope."""

    def __init__(
        self,
        endpoints: Iterable[Bound],
        *,
        contexts: Contexts,
        begun: Callable[[], None],
        finished: Finished,
        failed: Failed,
        lifespan: Callable[[Any], AbstractAsyncContextManager[None]],
    ) -> None:
        self._contexts = contexts
        self._begun = begun
        self._finished = finished
        self._watches: tuple[Callable[[Call], None], ...] = ()
        self._failed = failed
        self._lifespan = lifespan
        self._origins: frozenset[bytes] = frozenset()
        by_path = _resources(endpoints)
        self._fixed: dict[str, Work] = {
            path: one.answer for path, one in by_path.items() if "{" not in path
        }
        self._mounted: dict[str, Work] = {}
        self._proxies: TrustedProxies | None = None
        self._closing: _Headers = ()
        with_names = sorted((path for path in by_path if "{" in path), key=lambda p: p.count("{"))
        self._named = [(_pattern(path), by_path[path]) for path in with_names]

    def open_to(self, origins: frozenset[bytes]) -> None:
        """Let pages of these origins read answers in browsers."""
        self._origins = origins

    def behind(self, proxies: TrustedProxies) -> None:
        """Take the word of the operator's proxies for whom they speak."""
        self._proxies = proxies or None

    def drain(self) -> None:
        """Close each connection behind its next answer from now on.

        Clients and proxies that keep connections open then go elsewhere before the server ends,
        which would cut off the request that they are about to send.
        """
        self._closing = _CLOSING

    def mount(self, name: str, work: Work) -> None:
        """Leave the path `/name`, and all paths below it, to `work`."""
        self._mounted[name] = work

    def route(self, call: Call) -> Awaitable[None]:
        """Lead a call to what answers it.

        Raises:
            PathUnknown: when nothing is at its path.
        """
        path = call.scope["path"]
        work = self._fixed.get(path) or self._mounted.get(path[1:].partition("/")[0])
        if work is not None:
            return work(call)
        for pattern, resource in self._named:
            if found := pattern.fullmatch(path):
                call.path_values = found.groupdict()
                return resource.answer(call)
        raise _unknown(path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await asgi_scopes.live(self._lifespan(self), receive, send, self._failed)
            return
        if scope["type"] == "websocket":
            await asgi_scopes.connect(_nowhere, scope, receive, send, self._failed)
            return
        on_behalf_of.set(None)  # a pipelined request's task has what the one before it had set
        contexts = self._contexts
        request_id = ids.wire("req", contexts.new_id())
        if self._proxies is not None and scope.get("client"):
            peer, port = scope["client"]
            scope["client"] = (self._proxies.client(peer, scope["headers"]), port)
        call = Call(scope, receive, send, request_id, contexts.clock())
        call.extra_headers += self._closing
        fault: BaseException | None = None
        self._begun()
        try:
            in_path = scope["path"].startswith(path_keys.PREFIX)
            refusal = path_keys.take_off(call) if in_path else None
            preflight = cors.open_to(call, self._origins) if self._origins else None
            _check_request(call)
            if preflight is not None:
                await call.answer(preflight)
            elif refusal is not None:
                raise refusal
            else:
                await self.route(call)
        except Refusal as refusal:
            await self._refuse(call, refusal)
        except Exception as error:  # noqa: BLE001 (our own fault, whatever it is: logged, answered with 500)
            fault = error
            await self._refuse(
                call,
                InternalError(
                    "something went wrong on our side; the server's log has it under the request id"
                ),
            )
        finally:
            self._end(call, fault)

    def watched_by(self, watches: Iterable[CallWatch]) -> None:
        """Show every call that is finished to these, too."""
        self._watches = tuple(watch.finished for watch in watches)

    def _end(self, call: Call, fault: BaseException | None) -> None:
        self._finished(call, fault)
        for watch in self._watches:
            watch(call)

    async def _refuse(self, call: Call, refusal: Refusal) -> None:
        if call.status == 0:
            await call.answer(errors.answer(refusal, call))


class Resource:
    """All methods of one path."""

    def __init__(self, endpoints: Iterable[Bound]) -> None:
        self._by_method: dict[str, Work] = {e.declared.method: e for e in endpoints}
        if "GET" in self._by_method:
            self._by_method["HEAD"] = self._by_method["GET"]
        self._allowed = ", ".join(sorted(self._by_method))

    def answer(self, call: Call) -> Awaitable[None]:
        """Answer the call by its method."""
        work = self._by_method.get(call.method)
        if work is None:
            raise MethodNotAllowed(
                f"{call.path} has no method {call.method}; it has {self._allowed}",
                allowed=self._allowed,
            )
        return work(call)


def _resources(endpoints: Iterable[Bound]) -> dict[str, Resource]:
    by_path: dict[str, list[Bound]] = defaultdict(list)
    for bound in endpoints:
        by_path[bound.declared.path].append(bound)
    return {path: Resource(all_) for path, all_ in by_path.items()}


def _pattern(path: str) -> re.Pattern[str]:
    """Match a path with names: each is one part, but a client's own reference may hold a slash.

    A reference is always the last one.
    """
    pieces = re.split(r"{(\w+)}", path)
    for at, name in enumerate(pieces):
        text = ".*" if name.endswith("_reference_id") else "[^/]+"
        pieces[at] = f"(?P<{name}>{text})" if at % 2 else re.escape(name)
    return re.compile("".join(pieces))


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    raise _unknown(scope["path"])


def _unknown(path: str) -> PathUnknown:
    return PathUnknown(
        f"there is nothing at {ids.shown(path_keys.without_keys(path))}; "
        "GET /openapi.json lists every path, "
        "and /docs shows them to people"
    )


def _check_request(call: Call) -> None:
    """Refuse what is not a request, and one that does not name its host exactly once (RFC 9112,
    3.2).

    A NUL, which no name of anything has, is in no path.
    """
    if "\x00" in call.scope["path"]:
        raise PathUnknown("there is nothing at a path with a NUL; GET /openapi.json lists all")
    doubled = len(call.headers) < len(call.scope["headers"]) and (
        sum(name == b"host" for name, _ in call.scope["headers"]) > 1
    )
    if b"host" in call.headers and not doubled:
        return
    if REFUSED in call.scope:
        raise call.scope[REFUSED]
    if doubled or call.scope.get("http_version") != "1.0":
        raise RequestInvalid(
            f"a request has one Host header; this one has {'several' if doubled else 'none'}",
            param="Host",
        )
