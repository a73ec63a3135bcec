"""The documents that are served as pages: guides, the contract, decisions, the changelog."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from wattyard.kernel.values import dataclass

SECTIONS: Final[Mapping[str, str]] = {
    "guides": "Guides",
    "integrations": "Integrations",
    "operations": "Operations",
    "contract": "Contract",
    "decisions": "Decisions",
}
_FOLDERS: Final[Mapping[str, str]] = {
    "guides": "",
    "integrations": "integrations",
    "operations": "operations",
    "contract": "contract",
    "decisions": "decisions",
}
_PACKAGED: Final = Path(__file__).parent / "documents"
_CHECKOUT: Final = Path(__file__).parents[3]
_HEADING: Final = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_FENCED: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_NOT_OF_ANCHORS: Final = re.compile(r"[^\w\- ]")


_FIRST: Final = (
    "README",
    "tariffs",
    "costs",
    "webhooks",
    "import",
    "glossary",
    "benchmarks",
)
"""What most readers look for, before what is left."""


class Heading(NamedTuple):
    """A heading of a document, and the anchor by which it is found."""

    level: int
    title: str
    anchor: str


def anchor(title: str) -> str:
    """Name a heading as code hosts do."""
    return _NOT_OF_ANCHORS.sub("", title.lower()).replace(" ", "-")


class TextAddress(NamedTuple):
    """Where a document is served: `/docs/<section>/<name>`."""

    section: str
    name: str

    @property
    def path(self) -> str:
        return f"/docs/{self.section}/{self.name}" if self.section else f"/docs/{self.name}"


@dataclass(frozen=True)
class Text:
    """A document as it is written, in Markdown."""

    address: TextAddress
    file: Path

    @cached_property
    def markdown(self) -> str:
        return self.file.read_text("utf-8")

    @cached_property
    def title(self) -> str:
        return next((one.title for one in self.headings() if one.level == 1), self.address.name)

    def headings(self) -> Iterator[Heading]:
        """The headings of the document, those in code left out."""
        for part in _FENCED.split(self.markdown):
            for found in _HEADING.finditer(part):
                title = found[2].replace("`", "")
                yield Heading(len(found[1]), title, anchor(title))


class Library:
    """The documents of this installation, found once.

    The wheel has them beside this file (`pyproject.toml`); in a checkout they are where they are
    written.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._folder = root or (_PACKAGED if _PACKAGED.is_dir() else _CHECKOUT)

    @cached_property
    def texts(self) -> Mapping[TextAddress, Text]:
        """Every document by its address, in the order of its section."""
        return {text.address: text for text in self._found()}

    @cached_property
    def by_file(self) -> Mapping[Path, TextAddress]:
        """The address of each file, for links between documents."""
        return {text.file.resolve(): address for address, text in self.texts.items()}

    def of(self, section: str) -> list[Text]:
        """The documents of a section."""
        return [text for address, text in self.texts.items() if address.section == section]

    def _found(self) -> Iterator[Text]:
        for section, folder in _FOLDERS.items():
            files = sorted((self._folder / "docs" / folder).glob("*.md"))
            files.sort(key=_rank)
            for file in files:
                if section == "guides" and file.name == "README.md":
                    continue
                name = "index" if file.name == "README.md" else file.stem
                yield Text(TextAddress(section, name), file)
        changelog = self._folder / "CHANGELOG.md"
        if changelog.exists():
            yield Text(TextAddress("", "changelog"), changelog)


def _rank(file: Path) -> tuple[int, str]:
    return (_FIRST.index(file.stem) if file.stem in _FIRST else len(_FIRST), file.name)
