"""The API's description says everything that a reader or a generator of clients needs."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from wattyard.app import ENDPOINTS
from wattyard.app.endpoints import ACCESS_REFUSALS
from wattyard.events.domain.types import EVENT_TYPES
from wattyard.platform.document import document, field_texts

Json = dict[str, Any]


@cache
def described() -> Json:
    made = document(ENDPOINTS, version="1", refused=ACCESS_REFUSALS, events=EVENT_TYPES)
    whole: Json = json.loads(json.dumps(made))
    return whole


def schemas(whole: Json) -> Iterator[tuple[str, Json]]:
    """Every schema of a document at any depth, with the way to it."""
    for name, schema in whole["components"]["schemas"].items():
        yield from inside(schema, name)
    for path, method, operation in (*operations(whole), *operations(whole, "webhooks")):
        for parameter in operation.get("parameters", ()):
            yield from inside(parameter["schema"], f"{method} {path}: {parameter['name']}")
        for schema, _ in contents(operation):
            yield from inside(schema, f"{method} {path}")


def inside(schema: Json, where: str) -> Iterator[tuple[str, Json]]:
    yield where, schema
    for name, member in schema.get("properties", {}).items():
        yield from inside(member, f"{where}.{name}")
    for word in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(word), dict):
            yield from inside(schema[word], where)
    for member in (*schema.get("anyOf", ()), *schema.get("prefixItems", ())):
        yield from inside(member, where)


def contents(operation: Json) -> Iterator[tuple[Json, Any]]:
    """The schema and the example of each body and answer of an operation."""
    bodies = [operation["requestBody"]] if "requestBody" in operation else []
    for content in [*bodies, *operation["responses"].values()]:
        for media in content.get("content", {}).values():
            if "schema" in media:
                yield media["schema"], media.get("example")


def undescribed(whole: Json) -> list[str]:
    """Properties and parameters without a description, or with one that repeats the name."""
    found = []
    for where, schema in schemas(whole):
        for name, member in schema.get("properties", {}).items():
            if not says_something(name, member.get("description", "")):
                found.append(f"{where}.{name}")
    for path, method, operation in operations(whole):
        found += [
            f"{method} {path}: {parameter['name']}"
            for parameter in operation["parameters"]
            if not says_something(parameter["name"], parameter.get("description", ""))
        ]
    return found


def says_something(name: str, text: str) -> bool:
    words = set(re.findall(r"\w+", text.lower())) - {"a", "an", "the", "its"}
    return bool(words - set(name.lower().split("_")))


def operations(whole: Json, part: str = "paths") -> Iterator[tuple[str, str, Json]]:
    for path, methods in whole[part].items():
        for method, operation in methods.items():
            yield path, method, operation


def untyped(whole: Json) -> list[str]:
    """Enums whose type is not said."""
    return [where for where, schema in schemas(whole) if "enum" in schema and "type" not in schema]


def unreadable_patterns(whole: Json) -> list[str]:
    """Patterns that a regular expression of another language may not have."""
    found = [(where, schema.get("pattern", "")) for where, schema in schemas(whole)]
    return [where for where, pattern in found if "(?" in pattern or "\\Z" in pattern]


def broken_examples(whole: Json) -> list[str]:
    """Examples that their own schema refuses."""
    found = []
    for path, method, operation in (*operations(whole), *operations(whole, "webhooks")):
        for schema, example in contents(operation):
            if example is not None:
                checker = Draft202012Validator({**schema, "components": whole["components"]})
                faults = checker.iter_errors(example)
                found += [f"{method} {path}: {fault.json_path} {fault.message}" for fault in faults]
    return found


CHECKS = (undescribed, untyped, unreadable_patterns, broken_examples)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_description_lacks_nothing(check: Callable[[Json], list[str]]) -> None:
    assert check(described()) == []


def test_what_is_lacking_is_found() -> None:
    whole = copy.deepcopy(described())
    members = whole["components"]["schemas"]["Site"]["properties"]
    del members["status"]["description"]
    members["timezone"]["description"] = "The timezone"
    del members["object"]["type"]
    members["currency_code"]["pattern"] = "^[A-Z]{3}$(?!\\n)"
    whole["paths"]["/sites"]["get"]["parameters"][0]["description"] = ""
    whole["paths"]["/sites/{site_id}"]["get"]["responses"]["200"]["content"]["application/json"][
        "example"
    ]["live_mode"] = "no"

    assert undescribed(whole) == [
        "Site.status",
        "Site.timezone",
        "get /sites: limit",
    ]
    assert untyped(whole) == ["Site.object"]
    assert unreadable_patterns(whole) == ["Site.currency_code"]
    assert len(broken_examples(whole)) >= 1


def test_every_tag_is_described_and_every_event_has_its_webhook() -> None:
    whole = described()
    used = {tag for _, _, operation in operations(whole) for tag in operation["tags"]}

    assert used == {tag["name"] for tag in whole["tags"]}
    assert all(tag["description"].endswith(".") for tag in whole["tags"])
    assert list(whole["webhooks"]) == list(EVENT_TYPES)


def test_a_webhook_says_what_its_data_is() -> None:
    schemas_of = {
        type_: one["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
        for type_, one in described()["webhooks"].items()
    }
    assert schemas_of["tariff.expired"]["data"]["$ref"] == "#/components/schemas/Tariff"
    assert schemas_of["webhook.test"]["type"]["enum"] == ["webhook.test"]


def test_what_an_answer_always_has_is_required_in_it() -> None:
    site = described()["components"]["schemas"]["Site"]
    body = described()["components"]["schemas"]["SiteBody"]

    assert set(site["properties"]) - set(site["required"]) == {"netting"}
    assert body["required"] == []


def test_a_field_is_described_where_its_struct_is() -> None:
    class Base(msgspec.Struct):
        """A base.

        Attributes:
            energy_kwh: kWh,
                meter side
            kept: as it was
        """

    class Shape(Base):
        """A shape.

        It has two paragraphs.

        Attributes:
            kept: otherwise
        """

    assert field_texts.summary(Shape) == "A shape.\n\nIt has two paragraphs."
    assert field_texts.attributes(Shape) == {"energy_kwh": "kWh, meter side", "kept": "otherwise"}
