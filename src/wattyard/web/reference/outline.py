"""The OpenAPI document as the reference reads it: groups of operations, types, examples."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from wattyard.kernel.values import dataclass

Json = dict[str, Any]

_PREFIX: Final = "#/components/schemas/"
_ID: Final = re.compile(r"\b([a-z]{3})_[0-9a-f]{32}\b")
_PREFIXES: Final[Mapping[str, str]] = {
    "batch_id": "bat",
    "customer_id": "cus",
    "delivery_id": "whd",
    "device_id": "dev",
    "endpoint_id": "whe",
    "event_id": "evt",
    "location_id": "loc",
    "market_source_id": "mrs",
    "object_id": "loc",
    "site_id": "ste",
    "tariff_id": "trf",
}


class DescribedError(NamedTuple):
    """A code that an operation can answer."""

    status: str
    code: str
    meaning: str


@dataclass(frozen=True, slots=True)
class DescribedOperation:
    """One method on one path."""

    method: str
    path: str
    document: Json

    @property
    def name(self) -> str:
        return str(self.document["operationId"])

    @property
    def summary(self) -> str:
        return str(self.document["summary"])

    @property
    def description(self) -> str:
        return str(self.document.get("description", ""))

    @property
    def parameters(self) -> list[Json]:
        return list(self.document.get("parameters", ()))

    @property
    def path_names(self) -> list[str]:
        """The names in its path, in order."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def is_open(self) -> bool:
        """Whether it needs no credentials."""
        return not self.schemes

    @property
    def schemes(self) -> list[str]:
        """The kinds of credentials that it takes."""
        return [scheme for one in self.document["security"] for scheme in one]

    @property
    def body(self) -> Json | None:
        """The media type of the body: its schema and example."""
        found: Json | None = (
            self.document.get("requestBody", {}).get("content", {}).get("application/json")
        )
        return found

    @property
    def answer(self) -> tuple[str, Json]:
        """The status of success, and its media type: schema and example, or nothing."""
        status = next(status for status in self.document["responses"] if status < "300")
        content = self.document["responses"][status].get("content", {})
        return status, content.get("application/json", {})

    @property
    def refusals(self) -> Iterator[DescribedError]:
        """Every code that it can answer, with what it means."""
        for status, answer in self.document["responses"].items():
            for line in answer["description"].splitlines() if status >= "400" else ():
                code, found, meaning = line.removeprefix("* `").partition("`: ")
                if found:
                    yield DescribedError(status, code, meaning)


class Group(NamedTuple):
    """The operations of a tag."""

    name: str
    description: str
    operations: tuple[DescribedOperation, ...]

    @property
    def title(self) -> str:
        return self.name.replace("-", " ").capitalize()

    @property
    def path(self) -> str:
        return f"/docs/{self.name}"


class Outline:
    """The whole document by groups."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self.types: dict[str, Json] = document["components"]["schemas"]
        self.ids = _sample_ids(document)
        self.groups = tuple(
            Group(tag["name"], tag["description"], tuple(self._operations(tag["name"])))
            for tag in document["tags"]
        )

    def sample_path(self, operation: DescribedOperation) -> str:
        """The path with ids as they look."""
        return re.sub(r"{(\w+)}", lambda found: self.sample(found[1]), operation.path)

    def sample(self, parameter: str) -> str:
        """A value of a parameter in the path."""
        return self.ids.get(_PREFIXES.get(parameter, ""), "charge-2026-03-01")

    def used_by(self, schema: Json | None) -> list[str]:
        """The names of all types that a schema is made of, nearest first."""
        found: dict[str, None] = {}
        rest = [schema or {}]
        while rest:
            for name in _names(rest.pop(0)):
                if name not in found:
                    found[name] = None
                    rest.append(self.types[name])
        return list(found)

    def _operations(self, tag: str) -> Iterator[DescribedOperation]:
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                if tag in operation["tags"]:
                    yield DescribedOperation(method.upper(), path, operation)


def name_of(schema: Json) -> str | None:
    """The name of the type that a schema refers to."""
    reference = schema.get("$ref")
    return reference.removeprefix(_PREFIX) if reference else None


def _names(schema: Any) -> Iterator[str]:  # noqa: ANN401 (a part of a JSON document)
    if isinstance(schema, list):
        for part in schema:
            yield from _names(part)
    elif isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].removeprefix(_PREFIX)
        for word, part in schema.items():
            if word not in ("example", "default", "enum", "required"):
                yield from _names(part)


def _sample_ids(document: Json) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ID.finditer(json.dumps(document["paths"])):
        found.setdefault(match[1], match[0])
    return found
