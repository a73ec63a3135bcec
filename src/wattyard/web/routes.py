"""The pages of the documentation, and what answers at `/`."""

from typing import Final, Literal

import msgspec

from wattyard import __version__
from wattyard.kernel import ids
from wattyard.platform.http import Access, Answer, Call, endpoint
from wattyard.platform.http.declare import EndpointOptions
from wattyard.platform.http.errors import PathUnknown
from wattyard.web.pages import Pages

_HTML: Final = "text/html; charset=utf-8"


class Entrance(msgspec.Struct, kw_only=True):
    """Where to begin.

    Attributes:
        name: what runs here
        version: its release
        documentation: pages for people
        openapi: the whole API as OpenAPI 3.1
        llms: an index of the documentation as Markdown
        health: whether the server can answer requests
        tokens: where keys are exchanged for bearer tokens
    """

    object: Literal["api"] = "api"
    name: str = "Wattyard"
    version: str
    documentation: str = "/docs"
    openapi: str = "/openapi.json"
    llms: str = "/llms.txt"
    health: str = "/health/ready"
    tokens: str = "/auth/tokens"


_TERMS: Final[EndpointOptions] = {
    "access": Access.PUBLIC,
    "media_type": _HTML,
    "refuses": (PathUnknown,),
}
_ENTRANCE: Final = Entrance(version=__version__)


@endpoint(
    "GET",
    "/",
    "entrance",
    answers=Entrance,
    example=msgspec.to_builtins(_ENTRANCE),
    access=Access.PUBLIC,
)
async def entrance(call: Call, pages: Pages) -> Answer | Entrance:
    """Show programs where to begin; browsers are led to the documentation."""
    vary = [(b"vary", b"accept")]
    if "text/html" in (call.header(b"accept") or ""):
        address = f"{pages.prefix}/docs".encode()
        return Answer(b"", 303, headers=[(b"location", address), *vary])
    return Answer(msgspec.json.encode(_ENTRANCE), headers=vary)


@endpoint("GET", "/docs", "docs", access=Access.PUBLIC, media_type=_HTML)
async def docs(call: Call, pages: Pages) -> Answer:
    """Describe this API as pages for people."""
    return await _found("/docs", call, pages)


@endpoint("GET", "/docs/{page}", "docs_page", **_TERMS)
async def docs_page(call: Call, page: str, pages: Pages) -> Answer:
    """Show the page of a group, such as `sites`; with `.md`, as Markdown."""
    return await _found(f"/docs/{page}", call, pages)


@endpoint("GET", "/docs/{section}/{page}", "docs_text", **_TERMS)
async def docs_text(call: Call, section: str, page: str, pages: Pages) -> Answer:
    """Show a guide, a part of the contract, a decision or an asset; with `.md`, as Markdown."""
    return await _found(f"/docs/{section}/{page}", call, pages)


@endpoint("GET", "/llms.txt", "llms", access=Access.PUBLIC, media_type="text/markdown")
async def llms(call: Call, pages: Pages) -> Answer:
    """List the documentation for programs that read."""
    return await _found("/llms.txt", call, pages)


async def _found(path: str, call: Call, pages: Pages) -> Answer:
    document = await pages.find(path)
    if document is None:
        raise PathUnknown(f"there is no page at {ids.shown(path)}; GET /docs lists all")
    return document.answer(call)


ENDPOINTS: Final = (docs, docs_page, docs_text, llms, entrance)
