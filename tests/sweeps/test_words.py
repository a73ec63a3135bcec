"""One name has one meaning, and words that only insiders knew stay away; faults are planted."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import wattyard

SOURCE = Path(wattyard.__file__).parent
RETIRED = {  # what to write instead
    "bell": "notifier",
    "face": "serializer",
    "letter": "signer",
    "letters": "signer",
    "neighbourhood": "forecast",
    "news": "event",
    "parcel": "delivery",
    "place": "site",
    "said": "request",
    "tell": "record",
    "wanted": "request",
}
ALLOWED = {  # not the retired meaning
    "_place_of_fault",
}


def sources() -> dict[str, str]:
    return {
        path.relative_to(SOURCE).as_posix(): path.read_text()
        for path in sorted(SOURCE.rglob("*.py"))
        if "migrations" not in path.parts
    }


@cache
def defined(text: str) -> tuple[tuple[str, bool], ...]:
    """Every class, function, field and parameter of a module, and whether it is a class."""
    return tuple(_defined(text))


def _defined(text: str) -> Iterator[tuple[str, bool]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            yield node.name, True
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    yield field.target.id, False
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, False


def words(name: str) -> set[str]:
    """The words of a name, in any of the usual cases, in the singular."""
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return {part.lower() for part in parts} | {part.lower().removesuffix("s") for part in parts}


def faults_of(modules: Mapping[str, str]) -> list[str]:
    classes = defaultdict(list)
    faults = []
    for path, text in modules.items():
        stem = path.rpartition("/")[2].removesuffix(".py")
        for name, is_class in [(stem, False), *defined(text)]:
            if is_class and not name.startswith("_"):
                classes[name].append(path)
            if name not in ALLOWED:
                faults += [
                    f"{path}: {name}: say {RETIRED[word]} instead of {word}"
                    for word in sorted(words(name) & RETIRED.keys())
                ]
    doubled = {name: paths for name, paths in classes.items() if len(paths) > 1}
    return faults + [f"{name} is defined in {', '.join(p)}" for name, p in sorted(doubled.items())]


def test_no_public_class_name_has_two_meanings_and_no_retired_word_is_back() -> None:
    assert faults_of(sources()) == []


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("costs/domain/more.py", "class Site:\n    pass\n", "Site is defined in "),
        ("costs/domain/more.py", "class BillPlace:\n    pass\n", "say site instead of place"),
        ("costs/domain/more.py", "class Bill:\n    place_id: int\n", "say site instead of place"),
        ("events/service/more.py", "async def tell_all(): ...\n", "say record instead of tell"),
        ("events/service/bells.py", "", "say notifier instead of bell"),
        ("costs/domain/more.py", "class BillWanted: ...\n", "say request instead of wanted"),
    ],
)
def test_a_planted_fault_is_found(path: str, text: str, fault: str) -> None:
    assert fault in "\n".join(faults_of(sources() | {path: text}))


def read_by_people(text: str) -> Iterator[str]:
    """The texts of a module that are no docstrings and no annotations."""
    tree = ast.parse(text)
    apart: set[int] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            apart.add(id(body[0].value))
        for name in ("annotation", "returns"):
            if (kind := getattr(node, name, None)) is not None:
                apart |= {id(one) for one in ast.walk(kind)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart:
            yield node.value


def classes_named(modules: Mapping[str, str]) -> list[str]:
    """Find names of classes, of several words, that stand in the texts of pages."""
    known = {
        name
        for text in modules.values()
        for name, is_class in defined(text)
        if is_class and re.fullmatch(r"(?:[A-Z][a-z]+){2,}", name)
    }
    return [
        f"{path}: {word!r} in {text[:60]!r}"
        for path, module in modules.items()
        if path.startswith("web/dashboard/")
        for text in read_by_people(module)
        for word in re.findall(r"\w+", text)
        if word in known
    ]


def test_no_page_shows_the_name_of_a_class() -> None:
    assert classes_named(sources()) == []


def test_a_planted_name_of_a_class_on_a_page_is_found() -> None:
    planted = {
        "web/dashboard/forms.py": "class UploadedFile: ...",
        "web/dashboard/screens/site.py": '"""UploadedFile."""\nTITLE = "UploadedFile readings"',
    }
    assert classes_named(planted) == [
        "web/dashboard/screens/site.py: 'UploadedFile' in 'UploadedFile readings'"
    ]
