"""The reference as Markdown, for programs that read: each group, its operations and types."""

import json
from collections.abc import Iterator

from wattyard.web.reference import samples, types
from wattyard.web.reference.outline import DescribedOperation, Group, Json, Outline


def group_text(group: Group, outline: Outline) -> str:
    """Write a group as Markdown."""
    lines = [f"# {group.title}", "", group.description, ""]
    names: dict[str, None] = {}
    for operation in group.operations:
        lines += _operation(operation, outline)
        for schema in ((operation.body or {}).get("schema"), operation.answer[1].get("schema")):
            names |= dict.fromkeys(outline.used_by(schema))
    if names:
        lines += ["## Types", ""]
    for name in names:
        lines += _type(name, outline.types[name])
    return "\n".join(lines)


def _operation(operation: DescribedOperation, outline: Outline) -> Iterator[str]:
    yield from (f"## {operation.method} {operation.path}", "", operation.summary, "")
    if operation.description:
        yield from (operation.description, "")
    if operation.parameters:
        yield from ("| parameter | in | value | meaning |", "|---|---|---|---|")
        for one in operation.parameters:
            name = f"`{one['name']}`" + ("\\*" if one["required"] else "")
            yield _row(name, one["in"], _value(one["schema"]), one.get("description", ""))
        yield ""
    if operation.body is not None:
        yield from (f"Body: {types.plain_kind(operation.body['schema'])}", "")
    status, answer = operation.answer
    if "schema" in answer:
        yield from (f"Answer {status}: {types.plain_kind(answer['schema'])}", "")
    curl = samples.samples(operation, outline)[0]
    yield from ("```sh", curl.code, "```", "")
    if "example" in answer:
        yield from ("```json", json.dumps(answer["example"], ensure_ascii=False), "```", "")
    yield "Errors: " + ", ".join(f"{one.status} `{one.code}`" for one in operation.refusals)
    yield ""


def _type(name: str, schema: Json) -> Iterator[str]:
    yield from (f"### {name}", "", schema.get("description", ""), "")
    needed = schema.get("required", ())
    yield from ("| field | value | meaning |", "|---|---|---|")
    for field, member in schema.get("properties", {}).items():
        shown = f"`{field}`" + ("\\*" if field in needed else "")
        yield _row(shown, _value(member), member.get("description", ""))
    yield ""


def _value(schema: Json) -> str:
    limits = types.limits(schema)
    return types.plain_kind(schema) + (f" ({limits})" if limits else "")


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
