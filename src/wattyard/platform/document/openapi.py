"""OpenAPI 3.1 from the endpoints' declarations."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from wattyard.kernel.refusals import (
    AccountDisabled,
    AccountMoving,
    Conflict,
    Malformed,
    PreconditionFailed,
    Refusal,
    TooLarge,
    TooMany,
    Unavailable,
)
from wattyard.platform.decoding import JsonInvalid, ParameterUnknown
from wattyard.platform.decoding import type_forms as forms
from wattyard.platform.document.schemas import Schemas
from wattyard.platform.document.tags import tag, tag_of
from wattyard.platform.document.webhooks import EventKinds, webhooks
from wattyard.platform.http import idempotency
from wattyard.platform.http.bodies import BodyIncomplete
from wattyard.platform.http.declare import Access, Endpoint
from wattyard.platform.http.errors import (
    Error,
    HeadTooLarge,
    InternalError,
    MediaTypeUnsupported,
    RequestInvalid,
    ScopeMissing,
    reason,
    status_of,
    type_of,
)
from wattyard.platform.http.releases import RELEASE, ApiVersionNotSupported, VersionUnknown

Json = dict[str, Any]

AccessRefusals = Mapping[Access, tuple[type[Refusal], ...]]

_SCHEMES: Final[Json] = {
    "bearerAuth": {
        "type": "http",
        "scheme": "bearer",
        "description": (
            "A bearer token of `POST /auth/tokens`, a secret key (`sk_…`) or a restricted key "
            "(`rk_…`). A restricted key has scopes: each operation says which one it needs. "
            "Programs that can only send a fixed URL put a restricted key in front of the path of "
            "a GET: `/k/rk_…/prices?…`."
        ),
    },
    "basicAuth": {
        "type": "http",
        "scheme": "basic",
        "description": "account id as the user, secret or restricted key as the password",
    },
}
_SCHEMES_OF: Final[Mapping[Access, tuple[str, ...]]] = {
    Access.PUBLIC: (),
    Access.BEARER: ("bearerAuth", "basicAuth"),
    Access.BASIC: ("basicAuth", "bearerAuth"),
}
_REFERENCE = "#/components/schemas/{name}"
_HEADER_TEXTS: Final = {
    "Request-Id": "names this call; quote it when you report a fault",
    "ETag": "the version of the object, for `If-Match` and `If-None-Match`",
}
_ALWAYS: tuple[type[Refusal], ...] = (
    RequestInvalid,
    HeadTooLarge,
    VersionUnknown,
    ApiVersionNotSupported,
    ParameterUnknown,
    AccountDisabled,
    TooMany,
    InternalError,
    Unavailable,
    AccountMoving,
)
_WITH_BODY: tuple[type[Refusal], ...] = (JsonInvalid, Malformed, TooLarge, MediaTypeUnsupported)


class ParameterInvalid(Malformed):
    """`<param>_invalid`: the parameter or field named in `param` is malformed or out of range."""

    code = "<param>_invalid"


class ParameterMissing(Malformed):
    """`<param>_missing`: the parameter or field named in `param` is needed."""

    code = "<param>_missing"


class Description:
    """The OpenAPI document of an application, made when it is first asked for."""

    def __init__(self, make: Callable[[], Json]) -> None:
        self._make = make

    @cached_property
    def document(self) -> Json:
        """The document; it is shared, and nobody changes it."""
        return self._make()


def document(
    endpoints: Sequence[Endpoint],
    *,
    version: str,
    refused: AccessRefusals,
    events: EventKinds | None = None,
) -> Json:
    """Describe the endpoints, and the events that webhooks bring.

    `refused` tells how the credentials of each access can fail.
    """
    schemas = _schemas(endpoints)
    paths: dict[str, Json] = defaultdict(dict)
    for endpoint in endpoints:
        paths[endpoint.path][endpoint.method.lower()] = _operation(endpoint, refused, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Wattyard",
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": (
                "Sites, devices, energy prices, costs and schedules. Speaks the FlatPeak Busbar "
                f"contract, release `{RELEASE}`. Money is in major units next to "
                "`currency_code`, energy in kWh, power in kW, time in RFC 3339."
            ),
        },
        "servers": [{"url": "/"}],
        "tags": [
            tag(name)._asdict()
            for name in dict.fromkeys(tag_of(endpoint.path) for endpoint in endpoints)
        ],
        "paths": dict(paths),
        "webhooks": webhooks(endpoints, schemas, events or {}),
        "components": {
            "schemas": schemas.components,
            "securitySchemes": _security_schemes(endpoints),
        },
    }


def refusals_of(endpoint: Endpoint, refused: AccessRefusals) -> list[type[Refusal]]:
    """List every refusal that an endpoint can answer, each once."""
    found = [*endpoint.refuses, *_ALWAYS]
    found += refused.get(endpoint.access, ())
    if endpoint.access in (Access.BEARER, Access.BASIC) and not endpoint.any_key:
        found += [ScopeMissing]
    if endpoint.body is not None:
        found += [*_WITH_BODY, ParameterMissing]
    elif endpoint.query is not None and any(f.required for f in forms.fields(endpoint.query)):
        found += [ParameterMissing]
    if endpoint.takes_gzip:
        found += [BodyIncomplete]
    if endpoint.query is not None or endpoint.body is not None:
        found += [ParameterInvalid]
    if endpoint.effect is not None:
        found += idempotency.REFUSALS
    if endpoint.method in ("PATCH", "DELETE"):
        found += [PreconditionFailed, Conflict]
    return [kind for kind in dict.fromkeys(found) if kind is not Malformed]


def _operation(endpoint: Endpoint, refused: AccessRefusals, schemas: Schemas) -> Json:
    operation: Json = {
        "operationId": endpoint.operation,
        "tags": [tag_of(endpoint.path)],
        "summary": endpoint.summary,
        "parameters": [
            *_path_parameters(endpoint),
            *_query_parameters(endpoint, schemas),
            *_header_parameters(endpoint),
        ],
        "responses": {
            str(endpoint.status): _answer(endpoint, schemas),
            **_unchanged(endpoint),
            **_refused(refusals_of(endpoint, refused)),
        },
    }
    description = endpoint.description
    if endpoint.events:
        written = ", ".join(f"`{event}`" for event in endpoint.events)
        description = f"{description}\n\nWrites the events {written}.".strip()
    description = "\n\n".join(filter(None, (description, _scope_text(endpoint))))
    if description:
        operation["description"] = description
    if endpoint.body is not None:
        operation["requestBody"] = _body(endpoint, schemas)
    scopes = [endpoint.scope.value] if endpoint.scope else []
    operation["security"] = [{scheme: scopes} for scheme in _SCHEMES_OF[endpoint.access]]
    return operation


def _scope_text(endpoint: Endpoint) -> str:
    """Say what a restricted key needs to call an endpoint; empty where nobody needs a key."""
    if endpoint.access not in (Access.BEARER, Access.BASIC):
        return ""
    if endpoint.any_key:
        return "Restricted keys: any."
    if endpoint.scope is None:
        return "Restricted keys: closed to them."
    return f"Restricted keys: scope `{endpoint.scope.value}`."


def _security_schemes(endpoints: Iterable[Endpoint]) -> Json:
    used = {scheme for endpoint in endpoints for scheme in _SCHEMES_OF[endpoint.access]}
    return {name: scheme for name, scheme in _SCHEMES.items() if name in used}


def _path_parameters(endpoint: Endpoint) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "description": f"id of the {name.removesuffix('_id').replace('_', ' ')}",
        }
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]


def _query_parameters(endpoint: Endpoint, schemas: Schemas) -> list[Json]:
    if endpoint.query is None:
        return []
    schema = schemas.members(endpoint.query)
    required = schema.get("required", ())
    examples = endpoint.example_query or {}
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": _without_null(property_),
            **({"description": property_["description"]} if "description" in property_ else {}),
            **({"example": examples[name]} if name in examples else {}),
        }
        for name, property_ in schema["properties"].items()
    ]


def _header_parameters(endpoint: Endpoint) -> list[Json]:
    headers = []
    if endpoint.effect is not None:
        told = "makes the call safe to repeat: the first answer is kept for 24 hours"
        headers.append(("Idempotency-Key", told))
    if endpoint.tagged and endpoint.method == "GET":
        headers.append(("If-None-Match", "answers 304 when the object is still this version"))
    if endpoint.media_type == "text/event-stream":
        headers.append(("Last-Event-ID", "resumes after the event with this id"))
    if endpoint.method in ("PATCH", "DELETE"):
        headers.append(("If-Match", "refuses when the object is no longer this version"))
    return [
        {
            "name": name,
            "in": "header",
            "required": False,
            "schema": {"type": "string", "maxLength": 255},
            "description": text,
        }
        for name, text in headers
    ]


def _without_null(schema: Json) -> Json:
    """A query parameter is there or not; null is not a value of it."""
    schema = {
        key: value
        for key, value in schema.items()
        if key != "description" and (key, value) != ("default", None)
    }
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        schema = {**choices[0], **rest}
        schema.pop("description", None)
    return schema


def _body(endpoint: Endpoint, schemas: Schemas) -> Json:
    media_type = "application/json"
    content: Json = {"schema": schemas.form(endpoint.body)}
    if endpoint.example_body is not None:
        content["example"] = endpoint.example_body
    return {"required": not endpoint.body_optional, "content": {media_type: content}}


def _answer(endpoint: Endpoint, schemas: Schemas) -> Json:
    answer: Json = {"description": reason(endpoint.status)}
    if endpoint.answers is not None:
        content: Json = {"schema": schemas.form(endpoint.answers)}
        if endpoint.example is not None:
            content["example"] = endpoint.example
        answer["content"] = {"application/json": content}
    elif endpoint.media_type:
        answer["content"] = {endpoint.media_type.partition(";")[0]: {}}
    return {**answer, "headers": _answer_headers(endpoint)}


def _unchanged(endpoint: Endpoint) -> Json:
    if not (endpoint.tagged and endpoint.method == "GET"):
        return {}
    told = "the object is still the version that If-None-Match names; without a body"
    return {"304": {"description": told, "headers": _answer_headers(endpoint)}}


def _answer_headers(endpoint: Endpoint) -> Json:
    names = ("Request-Id", "ETag") if endpoint.tagged else ("Request-Id",)
    return {
        name: {"description": _HEADER_TEXTS[name], "schema": {"type": "string"}} for name in names
    }


def _refused(kinds: Iterable[type[Refusal]]) -> Json:
    by_status: dict[int, list[type[Refusal]]] = defaultdict(list)
    for kind in kinds:
        by_status[status_of(kind)].append(kind)
    return {
        str(status): {
            "description": "\n".join(
                [
                    reason(status) + ".",
                    "",
                    *(f"* `{kind.code}`: {_message(kind)}" for kind in by_status[status]),
                ]
            ),
            "content": {
                "application/json": {
                    "schema": {"$ref": _REFERENCE.format(name="Error")},
                    "example": _example_error(by_status[status][0]),
                }
            },
            "x-error-codes": [kind.code for kind in by_status[status]],
        }
        for status in sorted(by_status)
    }


def _message(kind: type[Refusal]) -> str:
    return " ".join((kind.__doc__ or "").split())


def _example_error(kind: type[Refusal]) -> Json:
    return {
        "object": "error",
        "live_mode": False,
        "type": type_of(kind),
        "code": kind.code.replace("<param>", "limit"),
        "message": _message(kind),
        "context": "api.site_list",
        "request_id": "req_01939f3a6b7c7d11a1b2c3d4e5f60718",
        "time_created": "2026-03-01T10:00:00.123Z",
    }


def _schemas(endpoints: Sequence[Endpoint]) -> Schemas:
    return Schemas(
        queries=[one.query for one in endpoints if one.query is not None],
        bodies=[one.body for one in endpoints if one.body is not None],
        answers=[Error, *(one.answers for one in endpoints if one.answers is not None)],
    )
