"""What a reader can search for: operations, types, fields, error codes, headings."""

from collections.abc import Iterator

from wattyard.web.library import Library
from wattyard.web.reference import errors
from wattyard.web.reference.outline import Group, Outline

Entry = tuple[str, str, str]
"""What it is called, where it is, and what it is about."""


def entries(outline: Outline, library: Library) -> list[Entry]:
    """List everything that has a place of its own."""
    return [*_of_reference(outline), *_of_errors(outline), *_of_texts(library)]


def _of_reference(outline: Outline) -> Iterator[Entry]:
    for group in outline.groups:
        yield group.title, group.path, group.description
        for one in group.operations:
            fields = " ".join(parameter["name"] for parameter in one.parameters)
            about = f"{one.summary} {one.name} {fields}"
            yield f"{one.method} {one.path}", f"{group.path}#{one.name}", about
    for name, group in _types(outline).items():
        schema = outline.types[name]
        fields = " ".join(schema.get("properties", ()))
        summary = schema.get("description", "").partition("\n")[0]
        yield name, f"{group.path}#type-{name}", f"{summary} {fields}"


def _types(outline: Outline) -> dict[str, Group]:
    """The page on which each type is found first."""
    found: dict[str, Group] = {}
    for group in outline.groups:
        for one in group.operations:
            for schema in ((one.body or {}).get("schema"), one.answer[1].get("schema")):
                for name in outline.used_by(schema):
                    found.setdefault(name, group)
    return found


def _of_errors(outline: Outline) -> Iterator[Entry]:
    for status, by_code in errors.codes(outline).items():
        for code, (meaning, _) in by_code.items():
            if "<" not in code:
                yield code, f"/docs/errors#{code}", f"{status} {meaning}"


def _of_texts(library: Library) -> Iterator[Entry]:
    for place, text in library.texts.items():
        for level, title, anchor in text.headings():
            target = place.path if level == 1 else f"{place.path}#{anchor}"
            yield title, target, "" if level == 1 else text.title
