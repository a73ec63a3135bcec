"""The suite itself: nothing of our own code is replaced in a test; what varies is given to it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
REPLACING = re.compile(r"setattr|setitem|delattr|mock")
OF_THE_LIBRARY = {"time.time"}
"""The clock that a library for receivers reads, in which nothing can be given."""


def patches(source: str) -> Iterator[str]:
    """List what a test replaces with `setattr`, or with `unittest.mock`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom) and "mock" in ast.unparse(node):
            yield ast.unparse(node)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("setattr", "setitem", "delattr")
        ):
            yield ast.unparse(node.args[0]).strip("'\"")


def test_nothing_of_our_own_is_replaced() -> None:
    found = {
        (path.name, patched)
        for path in TESTS.rglob("*.py")
        if REPLACING.search(text := path.read_text())
        for patched in patches(text)
        if patched not in OF_THE_LIBRARY
    }
    assert found == set()


def test_a_planted_replacement_is_found() -> None:
    planted = "def test(monkeypatch):\n    monkeypatch.setattr('wattyard.app.x', 1)\n"
    assert list(patches(planted)) == ["wattyard.app.x"]
    assert list(patches("from unittest import mock")) == ["from unittest import mock"]
    assert list(patches("patch.setattr(world.services, 'tell', broken)")) == ["world.services"]
