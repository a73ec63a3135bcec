"""The API called from inside the server, for pages: the same endpoints, without HTTP."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from wattyard.kernel.callers import Caller
from wattyard.kernel.values import dataclass, field
from wattyard.platform.http.call import Answer, Call, Message, StreamedAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to the API that does not come from outside.

    Attributes:
        path: not escaped, such as `/sites/sit_0…`.
        query: values by name; what is None is left out.
        body: a JSON document, or bytes that are sent as they are.
        headers: by lower-case name.
    """

    method: str
    path: str
    query: Mapping[str, object] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def query_string(self) -> str:
        return urlencode(
            {name: value for name, value in self.query.items() if value is not None}, doseq=True
        )

    @property
    def address(self) -> str:
        """Path and query, as a client writes them."""
        asked = self.query_string
        return quote(self.path) + (f"?{asked}" if asked else "")

    @property
    def content(self) -> bytes:
        """The body, as a client sends it."""
        if self.body is None or isinstance(self.body, bytes):
            return self.body or b""
        return json.dumps(self.body, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class InsideReply:
    """What the API answered; a refusal is raised instead."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def document(self) -> Any:  # noqa: ANN401 (whatever the endpoint answers)
        """The body as JSON; None where there is none."""
        return json.loads(self.body) if self.body else None

    @property
    def etag(self) -> str | None:
        """The version of a single object, for `If-Match`."""
        return self.headers.get("etag")


class _InsideCall(Call):
    """A call whose answer is kept rather than sent."""

    __slots__ = ("given",)

    def __init__(self, outer: Call, request: Request, caller: Caller) -> None:
        content = request.content
        headers = {"host": "inside", "content-type": "application/json", **request.headers}
        scope = {
            "type": "http",
            "method": request.method,
            "path": request.path,
            "raw_path": quote(request.path).encode(),
            "query_string": request.query_string.encode(),
            "headers": [(n.encode(), v.encode()) for n, v in headers.items()],
            "client": outer.scope.get("client"),
        }
        body: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

        async def receive() -> Message:
            return body.pop() if body else await outer.receive()

        super().__init__(scope, receive, _nothing, outer.request_id, outer.now)
        self.caller = caller
        self.given: Answer | StreamedAnswer | None = None

    async def answer(self, answer: Answer | StreamedAnswer) -> None:
        """Keep the answer."""
        self.given = answer
        self.status = answer.status if isinstance(answer, Answer) else 200


class Inside:
    """The API for callers who were identified otherwise, such as people who are signed in."""

    def __init__(self, route: Callable[[Call], Awaitable[None]]) -> None:
        self._route = route

    async def reply(self, outer: Call, caller: Caller, request: Request) -> InsideReply:
        """Make a request on behalf of a caller, as a part of the call that it belongs to.

        Raises:
            Refusal: whatever the API refuses it with.
        """
        call = _InsideCall(outer, request, caller)
        await self._route(call)
        given = call.given
        if not isinstance(given, Answer):
            raise TypeError(f"{request.method} {request.path} answers with a stream")
        headers = {name.decode(): value.decode("latin-1") for name, value in given.headers}
        headers["content-type"] = given.media_type.decode()
        return InsideReply(given.status, given.body, headers)


async def _nothing(_: Message) -> None:
    """Send nothing: the answer is kept."""
