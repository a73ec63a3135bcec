"""What docstrings and documents do not say: words that only this project would understand."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.contract_text import ROOT

SOURCE = ROOT / "src" / "wattyard"
EDITED = (
    "accounts",
    "cli",
    "costs",
    "events",
    "kernel",
    "meters",
    "schedules",
    "sites",
    "tariffs",
)
"""Packages whose docstrings have been edited; the others follow."""
METAPHORS = re.compile(
    r"\b(told to nobody|is told|by our fault|in the way for too long|bells?|parcels?)\b",
    re.IGNORECASE,
)


def docstrings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def says_what_it_does(docstring: str) -> bool:
    """Is this more than "it tells"? A function finds, reads, lists or answers something."""
    return not docstring.startswith("Tell ") and not METAPHORS.search(docstring)


@pytest.mark.parametrize("package", EDITED)
def test_docstrings_say_what_is_done(package: str) -> None:
    found = [
        (path.name, docstring)
        for path in sorted((SOURCE / package).rglob("*.py"))
        for docstring in docstrings(path)
    ]

    assert len(found) > 50
    assert [one for one in found if not says_what_it_does(one[1])] == []


def test_documents_are_free_of_metaphors() -> None:
    documents = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
    documents += sorted((ROOT / "docs").rglob("*.md"))

    assert [
        (path.name, found[0]) for path in documents if (found := METAPHORS.search(path.read_text()))
    ] == []


def test_such_words_are_noticed() -> None:
    assert not says_what_it_does("Tell whether a device is known.")
    assert not says_what_it_does("The bell is rung.")
    assert METAPHORS.search("This is told to nobody.")
    assert says_what_it_does("Find the first instant of a day.")
