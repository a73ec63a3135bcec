"""Every page of the documentation, rendered when it is first asked for."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wattyard import __version__
from wattyard.platform.document import Description
from wattyard.platform.http.documents import Document, Rendered
from wattyard.platform.settings import Settings
from wattyard.web.library import SECTIONS, Library, Text, TextAddress

if TYPE_CHECKING:
    from htpy import Node

    from wattyard.web.layout import Section
    from wattyard.web.reference.outline import Group, Outline

_HTML: Final = b"text/html; charset=utf-8"
_MARKDOWN: Final = b"text/markdown; charset=utf-8"
_JSON: Final = b"application/json; charset=utf-8"
_ADDRESS: Final = re.compile(rb'\b(href|src)="/(?!/)')
"""Where an element of a page names a path of this server."""
_STATIC: Final = Path(__file__).parent / "static"
_ASSETS: Final[Mapping[str, bytes]] = {
    "wattyard.css": b"text/css; charset=utf-8",
    "wattyard.js": b"text/javascript; charset=utf-8",
    "wattyard.svg": b"image/svg+xml",
}


class Pages:
    """The pages by path. Rendering takes a moment and modules that nothing else needs."""

    def __init__(self, description: Description, library: Library, settings: Settings) -> None:
        self._description = description
        self._library = library
        self.prefix = settings.prefix
        """The path before those of this server, where a proxy shows it under one."""
        self._rendered: dict[str, Rendered] = {}

    async def find(self, path: str) -> Document | None:
        """The document at a path; None where there is none."""
        if path not in self._rendered:
            makers = await asyncio.to_thread(lambda: self._makers)
            if path not in makers:
                return None
            self._rendered[path] = Rendered(partial(asyncio.to_thread, makers[path]))
        return await self._rendered[path].current()

    @cached_property
    def _makers(self) -> Mapping[str, Callable[[], Document]]:
        """What makes each document, by its path."""
        return dict(self._all())

    def _all(self) -> Iterator[tuple[str, Callable[[], Document]]]:
        yield "/docs", self._index
        yield "/llms.txt", lambda: Document.of(self._llms().encode(), _MARKDOWN)
        yield "/docs/index.md", lambda: Document.of(self._llms().encode(), _MARKDOWN)
        yield "/docs/errors", self._errors
        yield "/docs/search.json", self._search
        for group in self._outline.groups:
            yield group.path, partial(self._group, group)
            yield f"{group.path}.md", partial(self._group_text, group)
        for place, text in self._library.texts.items():
            yield place.path, partial(self._text, text)
            yield f"{place.path}.md", partial(self._plain, text)
        for name, media_type in _ASSETS.items():
            yield f"/docs/assets/{name}", partial(_asset, name, media_type)

    @cached_property
    def _outline(self) -> "Outline":
        from wattyard.web.reference.outline import Outline  # noqa: PLC0415 (with its page only)

        return Outline(json.loads(json.dumps(self._description.document)))

    @cached_property
    def _sections(self) -> "list[Section]":
        from wattyard.web.layout import Link, Section  # noqa: PLC0415 (with its page only)

        reference = [
            Link("Introduction", "/docs"),
            *(
                Link(
                    group.title,
                    group.path,
                    tuple((one.name, f"{one.method} {one.path}") for one in group.operations),
                )
                for group in self._outline.groups
            ),
            Link("Errors", "/docs/errors"),
        ]
        found = [Section("Reference", reference)]
        found += [
            Section(title, [Link(text.title, text.address.path) for text in self._library.of(name)])
            for name, title in SECTIONS.items()
            if name != "decisions"
        ]
        more = [Link("Decisions", "/docs/decisions/index")]
        more += [Link(text.title, text.address.path) for text in self._library.of("")]
        more += [Link("OpenAPI", "/openapi.json"), Link("For programs that read", "/llms.txt")]
        return [*found, Section("More", more)]

    def _page(
        self, path: str, title: str, description: str, body: "Node", *, plain: str | None = None
    ) -> Document:
        from wattyard.web import layout  # noqa: PLC0415 (with its page only)

        contents = layout.Contents(path, title, description, body, plain)
        whole = layout.page(contents, self._sections).encode()
        if self.prefix:
            whole = _ADDRESS.sub(rb'\1="%b/' % self.prefix.encode(), whole)
        return Document.of(whole, _HTML)

    def _index(self) -> Document:
        from wattyard.web.reference import introduction  # noqa: PLC0415 (with its page only)

        body = introduction.body(self._outline, self._library)
        told = str(self._outline.document["info"]["description"])
        return self._page("/docs", "API", told, body, plain="/docs/index.md")

    def _group(self, group: "Group") -> Document:
        from wattyard.web.reference.groups import GroupPage  # noqa: PLC0415 (with its page only)

        body = GroupPage(group, self._outline).body()
        plain = f"{group.path}.md"
        return self._page(group.path, group.title, group.description, body, plain=plain)

    def _group_text(self, group: "Group") -> Document:
        from wattyard.web.reference.texts import group_text  # noqa: PLC0415 (with its page only)

        return Document.of(group_text(group, self._outline).encode(), _MARKDOWN)

    def _errors(self) -> Document:
        from wattyard.web.reference import errors  # noqa: PLC0415 (with its page only)

        told = "Every error code of the API, what it means and what to do."
        return self._page("/docs/errors", "Errors", told, errors.body(self._outline))

    def _text(self, text: Text) -> Document:
        from htpy import article  # noqa: PLC0415 (with its page only)

        from wattyard.web import markdown  # noqa: PLC0415 (with its page only)

        body = article(".text")[markdown.page(text.markdown, text.file, self._located)]
        path = text.address.path
        return self._page(path, text.title, text.title, body, plain=f"{path}.md")

    def _plain(self, text: Text) -> Document:
        return Document.of(text.markdown.encode(), _MARKDOWN)

    def _located(self, file: Path) -> str | None:
        address: TextAddress | None = self._library.by_file.get(file)
        return address.path if address else None

    def _search(self) -> Document:
        from wattyard.web.reference.search import entries  # noqa: PLC0415 (with its page only)

        found = entries(self._outline, self._library)
        return Document.of(json.dumps(found, ensure_ascii=False).encode(), _JSON)

    def _llms(self) -> str:
        lines = [
            "# Wattyard",
            "",
            f"> {self._outline.document['info']['description']}",
            "",
            f"Release {__version__}. `/openapi.json` is the whole API as OpenAPI 3.1.",
            "",
            "## Reference",
            "",
            *(
                f"- [{group.title}]({self.prefix}{group.path}.md): {group.description}"
                for group in self._outline.groups
            ),
        ]
        for section, title in {**SECTIONS, "": "More"}.items():
            texts = self._library.of(section)
            lines += ["", f"## {title}", ""]
            lines += [f"- [{text.title}]({self.prefix}{text.address.path}.md)" for text in texts]
        return "\n".join([*lines, ""])


def _asset(name: str, media_type: bytes) -> Document:
    return Document.of((_STATIC / name).read_bytes(), media_type)
