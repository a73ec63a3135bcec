"""The tour of the code says where things are decided, and they are decided there."""

import ast
import re
from pathlib import Path

import pytest

import wattyard
from tests.support.contract_text import ROOT

SOURCE = Path(wattyard.__file__).parent
ROWS = re.findall(
    r"^\| ([^|]+) \| `([\w/]+\.py)` \| `(\w+)` \|$",
    (ROOT / "docs" / "architecture.md").read_text(),
    flags=re.MULTILINE,
)


def names_of(module: Path) -> set[str]:
    """What a module defines itself, imports apart."""
    found: set[str] = set()
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {one.id for one in targets if isinstance(one, ast.Name)}
    return found


def test_the_table_has_rows() -> None:
    assert len(ROWS) >= 20


@pytest.mark.parametrize(("question", "file", "name"), ROWS, ids=[row[0] for row in ROWS])
def test_it_is_decided_where_the_document_says(question: str, file: str, name: str) -> None:
    assert name in names_of(SOURCE / file), question
