"""The handbook lists every metric, every log line and every finding of the doctor that exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.docs.test_handbook import HANDBOOK, rows
from tests.support.contract_text import ROOT

SOURCE: Final = ROOT / "src" / "wattyard"
FINDS: Final = re.compile(r"_?(folder_)?complaints?|missing_grants")
"""The functions that word what the doctor finds."""
OF_KEYS: Final = re.compile(r"missing|unknown")
"""Those in the room of encryption keys."""


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        if "migrations" not in path.parts:
            yield path, ast.parse(path.read_text())


def called(node: ast.AST) -> str:
    """The name of what a call calls, with the name before its dot."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return f"{function.value.id}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


def text_of(node: ast.AST) -> str:
    """A text, with a gap where something is put into it."""
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "\0"


def metrics() -> set[str]:
    """Every metric of the code; counters have the ending that they are exported with."""
    found = set()
    for _, tree in trees():
        for node in ast.walk(tree):
            if called(node) == "Measure":
                found.add(f"wattyard_{text_of(node.args[0])}")
            elif called(node) in ("Counter", "Gauge", "Histogram") and node.args:
                name = text_of(node.args[0])
                total = called(node) == "Counter" and not name.endswith("_total")
                found.add(f"{name}_total" if total else name)
    return {name for name in found if name.startswith("wattyard_") and "\0" not in name}


def log_lines() -> dict[str, set[str]]:
    """Every line that the code logs, with its details."""
    found: dict[str, set[str]] = {"answered": set()}
    for _, tree in trees():
        for node in ast.walk(tree):
            if re.fullmatch(r"logs\.(info|warning|error)", called(node)):
                details = {one.arg for one in node.keywords if one.arg not in (None, "fault")}
                found.setdefault(text_of(node.args[0]), set()).update(details)
    return found


def findings() -> Iterator[str]:
    """Every sentence of the doctor: its parts, without what is put into it."""
    for path, tree in trees():
        words = OF_KEYS if path.name == "keyring.py" else FINDS
        for function in ast.walk(tree):
            named = isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            if named and words.fullmatch(function.name):
                yield from _sentences(function)


def _sentences(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    document = ast.get_docstring(function, clean=False)
    inside = {
        id(part)
        for node in ast.walk(function)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    for node in ast.walk(function):
        text = text_of(node) if isinstance(node, ast.JoinedStr | ast.Constant) else ""
        if id(node) not in inside and text != document and len(text.split()) >= 5:
            yield text


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[`*\\]", "", text))


def explained(sentence: str, page: str) -> bool:
    """Whether a page has a part of a sentence that says the same each time."""
    parts = [part.strip(" ,:;()") for part in plain(sentence).split("\0")]
    return any(part[:30] in page for part in parts if len(part.split()) >= 2)


def test_every_metric_is_explained_and_none_besides() -> None:
    named = [row[0] for row in rows("monitoring.md") if row[0].startswith("`wattyard_")]
    documented = [re.sub(r"\{.*", "", name.strip("`")) for name in named]

    assert sorted(documented) == sorted(metrics())


def test_every_log_line_is_explained_with_its_details_and_none_besides() -> None:
    table = [row for row in rows("monitoring.md") if len(row) == 3 and row[0][:1] == '"']
    documented = {row[0].strip('"'): set(re.findall(r"`(\w+)`", row[1])) for row in table}
    found = log_lines()

    assert documented.keys() == found.keys() - {"answered"}
    for line, details in documented.items():
        assert details == found[line], line


def test_every_finding_of_the_doctor_has_what_to_do() -> None:
    page = plain((HANDBOOK / "doctor.md").read_text())
    found = list(findings())

    assert len(found) > 15
    assert [plain(one) for one in found if not explained(one, page)] == []
    assert not explained("the moon is full: close the curtains", page)
