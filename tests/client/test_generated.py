"""The client's generated files are what the server's declarations say, and reach all of it."""

import inspect
from datetime import UTC, datetime
from typing import Any, get_type_hints

import msgspec
import pytest

from generator import __main__ as generator
from generator import hints
from generator.document import Operation, described, operations
from generator.models import is_page
from wattyard.platform.document.client_calls import argument
from wattyard_client import (
    ApiError,
    AsyncWattyard,
    Model,
    Options,
    Wattyard,
    async_resources,
    codes,
    models,
    resources,
)
from wattyard_client._model import built

DOCUMENT = described()
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = operations(DOCUMENT)
OPEN = {"device_plan"}
"""Answers that have the fields of another besides their own; `raw` holds them."""
DATE = datetime(2026, 3, 1, tzinfo=UTC)
HEADERS = {
    "Idempotency-Key": "idempotency_key",
    "If-Match": "if_match",
    "If-None-Match": "if_none_match",
}


def test_the_generated_files_are_up_to_date() -> None:
    assert generator.stale() == [], "run `make client`"


def method(one: Operation, module: Any = resources) -> Any:
    resource = getattr(module.Resources, one.resource).fget
    return getattr(get_type_hints(resource, vars(module))["return"], one.name)


def names(one: Operation) -> set[str]:
    """What a call of the API takes."""
    found = {q["name"] for place in ("path", "query") for q in one.parameters(place)}
    name = hints.reference(one.body) if one.body else None
    return found | (set(SCHEMAS[name]["properties"]) if name else set())


@pytest.mark.parametrize("module", [resources, async_resources])
def test_every_operation_and_parameter_has_its_method_and_argument(module: Any) -> None:
    for one in OPERATIONS:
        taken = set(inspect.signature(method(one, module)).parameters)
        assert {argument(name) for name in names(one)} <= taken, one.id
        headers = {q["name"] for q in one.parameters("header")}
        assert {HEADERS[name] for name in headers} <= set(get_type_hints(Options)), one.id


def test_the_only_operation_without_a_generated_method_is_the_stream() -> None:
    ids = {o["operationId"] for path in DOCUMENT["paths"].values() for o in path.values()}

    assert ids - {one.id for one in OPERATIONS} == {"event_stream"}
    assert callable(resources.Events.stream)
    assert callable(async_resources.Events.stream)


def test_both_clients_have_the_same_surface() -> None:
    def surface(kind: Any) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert surface(Wattyard) == surface(AsyncWattyard)
    for name in surface(resources.Resources):
        blocking = get_type_hints(getattr(resources.Resources, name).fget, vars(resources))
        awaited = get_type_hints(
            getattr(async_resources.Resources, name).fget, vars(async_resources)
        )
        for own in surface(blocking["return"]):
            first = inspect.signature(getattr(blocking["return"], own)).parameters
            second = inspect.signature(getattr(awaited["return"], own)).parameters
            assert list(first) == list(second), own


def test_every_documented_example_decodes_with_all_its_fields() -> None:
    decoded = 0
    for one in OPERATIONS:
        for status, response in one.described["responses"].items():
            content = response.get("content", {}).get("application/json", {})
            if not status.startswith("2") or "example" not in content:
                continue
            name = hints.reference(content["schema"])
            example = content["example"]
            if name is None:
                continue
            if is_page(SCHEMAS[name]):
                item = hints.reference(SCHEMAS[name]["properties"]["data"]["items"])
                assert item
                parts, name = example["data"], item
            else:
                parts = [example]
            for part in parts:
                found = built(getattr(models, hints.class_name(name)), part)
                assert isinstance(found, Model)
                if one.id not in OPEN:
                    assert set(found.__struct_encode_fields__) >= set(part), one.id
                assert found.raw is part
                decoded += 1
    assert decoded > 50


def test_there_is_an_error_class_for_every_code() -> None:
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                for code in response.get("x-error-codes", ()):
                    if "<" not in code:
                        kind = ApiError.by_code[code]
                        assert kind.__module__ == codes.__name__, (status, code)


def test_models_are_frozen_and_their_unknown_fields_and_values_are_kept() -> None:
    price = models.PriceInterval(
        valid_from=DATE, valid_to=DATE, price=models.Price(value=0.2, confidence=1.0)
    )
    document = {**msgspec.to_builtins(price), "added_later": 1}

    found = built(models.PriceInterval, document)

    assert found.raw["added_later"] == 1
    assert found.price.raw == {"value": 0.2, "confidence": 1.0}
    with pytest.raises(AttributeError):
        found.price.value = 0.3  # type: ignore[misc]
