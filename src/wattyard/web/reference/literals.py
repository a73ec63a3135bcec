"""Values as JSON or Python writes them: what is short stands on one line."""

import json
from collections.abc import Mapping
from typing import Final

_WIDTH: Final = 76

JSON: Final[Mapping[object, str]] = {None: "null", True: "true", False: "false"}
PYTHON: Final[Mapping[object, str]] = {None: "None", True: "True", False: "False"}


def written(value: object, words: Mapping[object, str] = JSON, *, indent: int = 0) -> str:
    """Write a value; its later lines are indented by so many spaces."""
    line = _inline(value, words)
    if len(line) + indent <= _WIDTH or not isinstance(value, dict | list):
        return line
    inner = indent + (4 if words is PYTHON else 2)
    if isinstance(value, dict):
        left, right = "{", "}"
        parts = [
            f"{_inline(key, words)}: {written(part, words, indent=inner)}"
            for key, part in value.items()
        ]
    else:
        left, right = "[", "]"
        parts = [written(part, words, indent=inner) for part in value]
    lines = ",\n".join(" " * inner + part for part in parts)
    return f"{left}\n{lines}\n{' ' * indent}{right}"


def _inline(value: object, words: Mapping[object, str]) -> str:
    if value is None or isinstance(value, bool):
        return words[value]
    if isinstance(value, dict):
        parts = [f"{_inline(key, words)}: {_inline(part, words)}" for key, part in value.items()]
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(part, words) for part in value) + "]"
    return json.dumps(value, ensure_ascii=False)
