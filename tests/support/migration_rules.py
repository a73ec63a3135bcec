"""What every migration must say and must not do, so that two releases live on one schema."""

import ast
import re
from typing import Final

FIRST_HELD: Final = "0011"
"""Programs before it run on their own schema only, whatever a migration does."""

_CONTRACTS: Final = {
    "drops": r"\bDROP\s+(TABLE|COLUMN|VIEW|SEQUENCE|FUNCTION|TYPE)\b",
    "renames": r"\bRENAME\b",
    "makes mandatory": r"\bSET\s+NOT\s+NULL\b",
    "changes a type": r"\bALTER\s+(COLUMN\s+)?\w+\s+(SET\s+DATA\s+)?TYPE\b",
    "adds a mandatory column": r"\bADD\s+COLUMN\s+(?:(?!\bADD\b|\bDEFAULT\b)[^;])*\bNOT\s+NULL\b"
    r"(?!\s+DEFAULT)",
}


def faults(source: str) -> list[str]:
    """List what is wrong with the text of one migration."""
    tree = ast.parse(source)
    declared = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in ("revision", "down_revision", "WORKS_WITH")
    }
    revision, works_with = declared["revision"], declared.get("WORKS_WITH")
    if not isinstance(works_with, str) or not re.fullmatch(r"\d{4}", works_with):
        return [f"{revision} does not say with which programs it works (WORKS_WITH)"]
    if works_with > revision:
        return [f"{revision} says that it works with later programs only: {works_with}"]
    if revision < FIRST_HELD:
        return []
    return _statement_faults(tree, revision, expands=works_with < revision)


def _statement_faults(tree: ast.Module, revision: str, *, expands: bool) -> list[str]:
    batched = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("in_batches")
        for argument in node.args
    }
    texts = [
        (node.value, id(node) in batched)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value != ast.get_docstring(tree, clean=False)
    ]
    made = re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", " ".join(t for t, _ in texts))
    found = []
    for text, in_batches in texts:
        if expands:
            found += [
                f"{revision} {what}, which programs before it do not survive"
                for what, pattern in _CONTRACTS.items()
                if re.search(pattern, text, re.IGNORECASE)
            ]
        if re.match(r"\s*(UPDATE|DELETE)\b", text, re.IGNORECASE) and not in_batches:
            found.append(f"{revision} changes many rows at once: use steps.in_batches")
        index = re.match(r"\s*CREATE (?:UNIQUE )?INDEX \w+\s+ON (\w+)", text, re.IGNORECASE)
        if index and index[1] not in made:
            found.append(f"{revision} locks {index[1]} for an index: use steps.make_index")
    return found
