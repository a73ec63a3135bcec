"""The page of a group: its operations, each with samples, and the types that they are made of."""

from collections.abc import Iterator
from typing import Final

import htpy as h
from htpy import Node

from wattyard.web import markdown
from wattyard.web.reference import literals, samples, types
from wattyard.web.reference.outline import (
    DescribedError,
    DescribedOperation,
    Group,
    Json,
    Outline,
    name_of,
)

_CREDENTIALS: Final = {
    "bearerAuth": "a key or a token as bearer",
    "basicAuth": "an account id and a key by HTTP Basic",
}


class GroupPage:
    """The contents of a group's page. A type is shown where it is met first, and linked then."""

    def __init__(self, group: Group, outline: Outline) -> None:
        self._group = group
        self._outline = outline
        self._shown: set[str] = set()
        self._sent = {
            name
            for operation in group.operations
            for name in outline.used_by((operation.body or {}).get("schema"))
        }

    def body(self) -> Node:
        """Write the page."""
        operations = [self._operation(operation) for operation in self._group.operations]
        return [
            h.h1[self._group.title],
            h.p(".lead")[markdown.inline(self._group.description)],
            h.ul(".operations")[
                (
                    h.li[
                        h.a(href=f"#{one.name}")[h.span(".method")[one.method], " ", one.path],
                        h.span[markdown.inline(one.summary)],
                    ]
                    for one in self._group.operations
                )
            ],
            operations,
            self._events() if self._group.name == "webhooks" else None,
            self._types(),
        ]

    def _operation(self, operation: DescribedOperation) -> Node:
        status, answer = operation.answer
        return h.article(f"#{operation.name}")[
            h.h2[
                h.span(".method")[operation.method],
                " ",
                h.code[operation.path],
                h.a(".anchor", href=f"#{operation.name}", aria_label="Link to this operation")["#"],
            ],
            h.div(".words")[
                h.p(".summary")[markdown.inline(operation.summary)],
                operation.description and markdown.prose(operation.description),
                h.p(".access")[_access(operation)],
                self._parameters(operation),
                self._part("Body", (operation.body or {}).get("schema")),
                self._part(f"Answer {status}", answer.get("schema")),
                _refusals(list(operation.refusals)),
            ],
            h.div(".examples")[
                self._samples(operation),
                "example" in answer and _example(f"Answer {status}", answer["example"]),
            ],
        ]

    def _samples(self, operation: DescribedOperation) -> Node:
        written = samples.samples(operation, self._outline)
        group = f"samples-{operation.name}"
        tabs = [
            [
                h.input(
                    f"#{group}-{number}",
                    type="radio",
                    name=group,
                    checked=number == 0,
                ),
                h.label(for_=f"{group}-{number}")[one.title],
            ]
            for number, one in enumerate(written)
        ]
        panels = [h.div(".panel")[markdown.block(one.code, one.language)] for one in written]
        return h.div(
            ".samples",
            role="group",
            aria_label="Request",
            data_method=operation.method,
            data_path=self._outline.sample_path(operation),
            data_open=operation.is_open or None,
        )[tabs, panels]

    def _parameters(self, operation: DescribedOperation) -> Node:
        if not operation.parameters:
            return None
        rows = [
            _row(
                one["name"],
                {**one["schema"], "description": one.get("description", "")},
                needed=one["required"],
                beside=one["in"],
            )
            for one in operation.parameters
        ]
        return [h.h3["Parameters"], _table(rows)]

    def _part(self, title: str, schema: Json | None) -> Node:
        if schema is None:
            return None
        name = name_of(schema)
        if name is None or name in self._shown:
            return [h.h3[title], h.p[types.kind(schema)]]
        return [
            h.h3(f"#type-{name}")[title, " ", h.span(".type")[name]],
            self._members(name),
        ]

    def _types(self) -> Node:
        left: dict[str, None] = {}
        for operation in self._group.operations:
            for schema in ((operation.body or {}).get("schema"), operation.answer[1].get("schema")):
                left |= dict.fromkeys(self._outline.used_by(schema))
        if self._group.name == "webhooks":
            left |= dict.fromkeys(self._outline.used_by(self._outline.document["webhooks"]))
        names = [name for name in left if name not in self._shown]
        if not names:
            return None
        return h.section("#types")[
            h.h2["Types"],
            [
                h.article(".one")[h.h3(f"#type-{name}")[h.span(".type")[name]], self._members(name)]
                for name in names
            ],
        ]

    def _members(self, name: str) -> Node:
        self._shown.add(name)
        schema = self._outline.types[name]
        needed = schema.get("required", ())
        sent = name in self._sent
        rows = [
            _row(
                field,
                member,
                needed=sent and field in needed,
                absent=not sent and field not in needed,
            )
            for field, member in schema.get("properties", {}).items()
        ]
        return [markdown.prose(schema.get("description", "")), _table(rows)]

    def _events(self) -> Node:
        return h.section("#event-types")[
            h.h2["Types of events"],
            _table(
                [
                    h.tr[
                        h.td[h.code[type_]],
                        h.td[types.kind(_data_of(one))],
                        h.td[markdown.inline(one["post"]["summary"])],
                    ]
                    for type_, one in self._outline.document["webhooks"].items()
                ],
                ("event", "data"),
            ),
        ]


def _data_of(webhook: Json) -> Json:
    content = webhook["post"]["requestBody"]["content"]["application/json"]
    data: Json = content["schema"]["properties"]["data"]
    return data


def _access(operation: DescribedOperation) -> Node:
    if operation.is_open:
        return "Needs no credentials."
    return "Takes " + " or ".join(_CREDENTIALS[name] for name in operation.schemes) + "."


def _row(name: str, schema: Json, *, needed: bool, absent: bool = False, beside: str = "") -> Node:
    range_ = types.limits(schema)
    return h.tr[
        h.td[
            h.code[name],
            needed and h.span(".needed")["required"],
            absent and h.span(".where")["may be absent"],
            beside and h.span(".where")[beside],
        ],
        h.td[types.kind(schema), range_ and h.span(".range")[range_]],
        h.td[markdown.inline(schema.get("description", ""))],
    ]


def _table(rows: list[Node], head: tuple[str, str] = ("field", "value")) -> Node:
    return h.div(".wide")[
        h.table[
            h.thead[h.tr[(h.th(scope="col")[one] for one in (*head, "meaning"))]],
            h.tbody[rows],
        ]
    ]


def _refusals(refusals: list[DescribedError]) -> Node:
    if not refusals:
        return None
    return h.details[
        h.summary["Errors"],
        _table(list(_refusal_rows(refusals)), ("status", "code")),
        h.p[h.a(href="/docs/errors")["What to do about each"]],
    ]


def _refusal_rows(refusals: list[DescribedError]) -> Iterator[Node]:
    for one in refusals:
        yield h.tr[h.td[one.status], h.td[h.code[one.code]], h.td[markdown.inline(one.meaning)]]


def _example(title: str, example: object) -> Node:
    return [h.h3[title], markdown.block(literals.written(example), "json")]
