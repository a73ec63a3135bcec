"""The contract's Markdown, read as a person reads it: blocks, served or marked "(not yet)".

Each check takes what the documents say and what the code does, and returns one sentence for every
difference, so that a test can also give it a doctored text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MARK = "(not yet)"
ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "docs" / "contract"

_METHODS = "GET|POST|PUT|PATCH|DELETE"
_ENDPOINT = re.compile(rf"`({_METHODS}) (/[^`?\s]*)`")
_INLINE_CODES = re.compile(r"\b([45]\d\d) `([a-z_<>]+)`")
_QUOTED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Block:
    """A paragraph, a list item or a row of a table; `head` is the row's header, lower case."""

    text: str
    served: bool
    head: tuple[str, ...] = ()

    @property
    def cells(self) -> list[str]:
        return cells(self.text)


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def blocks(markdown: str) -> list[Block]:
    """Read a document; code fences are passed over."""
    found: list[Block] = []
    for lines, head, served in _runs(re.sub(r"(?ms)^ *```.*?^ *```", "", markdown)):
        text = " ".join(line.strip() for line in lines)
        found.append(Block(text, served and MARK not in text, head))
    return found


def _runs(markdown: str) -> Iterator[tuple[list[str], tuple[str, ...], bool]]:
    """Give the lines of each block, the header of its table, and whether its section is served."""
    marked: dict[int, bool] = {}
    head: tuple[str, ...] = ()
    run: list[str] = []
    for line in [*markdown.splitlines(), ""]:
        text = line.strip()
        if run and (not text or re.match(r"#+ |\||[*-] ", text)):
            yield run, (), not any(marked.values())
            run = []
        if heading := re.match(r"#+", line):
            level = len(heading[0])
            above = {at: mark for at, mark in marked.items() if at < level}
            marked = above | {level: MARK in line}
        if text.startswith("|") and head and not re.fullmatch(r"[|\s:-]+", text):
            yield [text], head, not any(marked.values())
        elif text and not text.startswith("|"):
            run.append(line)
        head = (head or tuple(map(str.lower, cells(text)))) if text.startswith("|") else ()


def contract() -> dict[str, str]:
    """The text of each file of the contract, by its name."""
    return {path.name: path.read_text() for path in sorted(CONTRACT.glob("*.md"))}


def whole(texts: Mapping[str, str]) -> list[Block]:
    """The blocks of all files but the README, which only explains."""
    return [b for name, text in texts.items() if name != "README.md" for b in blocks(text)]


@dataclass(frozen=True)
class Mention:
    """A word that the documents name, where it is said to be served, with what stands beside it."""

    word: str
    served: bool
    beside: str = ""


def tabled(found: Iterable[Block], first: str, second: str = "") -> list[Mention]:
    """The first cells of all tables whose header begins with `first` (and `second`)."""
    return [
        Mention(word, block.served, block.cells[1].replace(MARK, "").strip())
        for block in found
        if block.head[:1] == (first,) and (not second or block.head[1:2] == (second,))
        for word in _QUOTED.findall(block.cells[0]) or [block.cells[0]]
    ]


def endpoints(found: Iterable[Block]) -> list[Mention]:
    """Every method and path, with `{}` for each name in it."""
    return [
        Mention(f"{method} {pattern(path)}", block.served)
        for block in found
        for method, path in _ENDPOINT.findall(block.text)
    ]


def pattern(path: str) -> str:
    return re.sub(r"{\w+}", "{}", path)


def codes(found: Iterable[Block]) -> list[Mention]:
    """Every refusal code with its HTTP status, from tables and from the text."""
    found = list(found)
    inline = [
        Mention(code, block.served, status)
        for block in found
        if block.head[:1] != ("code",)
        for status, code in _INLINE_CODES.findall(block.text)
    ]
    return tabled(found, "code", "http") + inline


def differences(mentions: Iterable[Mention], present: Iterable[str], what: str) -> list[str]:
    """Compare what the documents name, and what is marked, with what there is."""
    mentions, present = list(mentions), set(present)
    served = {one.word for one in mentions if one.served}
    marked = {one.word for one in mentions if not one.served}
    return [
        *(f"{what} {word} is documented, but does not exist" for word in sorted(served - present)),
        *(
            f"{what} {word} exists, but is marked {MARK}: delete the mark"
            for word in sorted((marked - served) & present)
        ),
        *(
            f"{what} {word} is not documented in docs/contract"
            for word in sorted(present - served - marked)
        ),
    ]
