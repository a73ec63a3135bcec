"""The events that webhooks bring, as OpenAPI's `webhooks`."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from wattyard.platform.document.schemas import Schemas
from wattyard.platform.http.declare import Endpoint

Json = dict[str, Any]

_DELIVERED = (
    "An attempt fails without a 2xx within 10 s, and is made again; a 410 disables the endpoint."
)


class DescribedEvent(Protocol):
    """A type of event: when it is written, and the kind of object that its `data` is."""

    @property
    def written(self) -> str: ...

    @property
    def object(self) -> str: ...


EventKinds = Mapping[str, DescribedEvent]


def webhooks(endpoints: Sequence[Endpoint], schemas: Schemas, events: EventKinds) -> Json:
    """Describe each type of event; its `data` is the object as its `…_retrieve` answers it."""
    answers = {one.operation: one for one in endpoints}
    event = answers.get("event_retrieve")
    if event is None:
        return {}
    return {
        type_: {"post": _delivery(type_, kind, event, answers[f"{kind.object}_retrieve"], schemas)}
        for type_, kind in events.items()
    }


def _delivery(
    type_: str, kind: DescribedEvent, event: Endpoint, of: Endpoint, schemas: Schemas
) -> Json:
    whole = schemas.members(event.answers)
    name = "".join(part.title() for part in type_.replace("_", ".").split("."))
    of_type = {**whole["properties"]["type"], "enum": [type_]}
    data = {**whole["properties"]["data"], **schemas.form(of.answers)}
    data.pop("type", None)
    schema = {
        **whole,
        "title": f"{name}Event",
        "description": f"Written when {kind.written}.",
        "properties": {**whole["properties"], "type": of_type, "data": data},
    }
    example = {**event.example, "type": type_, "data": of.example}
    return {
        "operationId": f"on_{type_.replace('.', '_')}",
        "tags": ["webhooks"],
        "security": [],
        "summary": f"{kind.written[0].upper()}{kind.written[1:]}.",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "example": example}},
        },
        "responses": {
            "2XX": {"description": "The event arrived."},
            "default": {"description": _DELIVERED},
        },
    }
