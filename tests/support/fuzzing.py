"""Random calls of every operation, with values or with ids that are not the caller's."""

import os
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from tests.support.declared import (
    body_fields,
    body_of,
    filled,
    named,
    query_fields,
)
from tests.support.hostile import BODIES, HEADERS, JSON_VALUES, TEXTS, with_value
from tests.support.world import Tenant
from wattyard.app import ENDPOINTS
from wattyard.platform.http import Endpoint

WALKED: Final = [one for one in ENDPOINTS if one.operation != "event_stream"]
"""All but the stream, which does not end."""


def calls_wanted(short: int) -> int:
    return int(os.environ.get("WATTYARD_FUZZ_CALLS", str(short)))


def seed_wanted() -> int:
    """The seed of the environment; without one a fixed one for the short form."""
    return int(os.environ.get("WATTYARD_FUZZ_SEED", "1"))


@dataclass
class Hostile:
    """One call with a hostile value, and where it is."""

    what: str
    declared: Endpoint
    path: str
    query: str = ""
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    async def sent_by(self, tenant: Tenant) -> httpx.Response:
        headers = {"Content-Type": "application/json", **tenant.headers, **self.headers}
        url = self.path + (f"?{self.query}" if self.query else "")
        raw = {name.encode(): text.encode("utf-8") for name, text in headers.items()}
        return await tenant.http.request(
            self.declared.method, url, content=self.content, headers=list(raw.items())
        )


def hostile_calls(chance: random.Random, ids: Mapping[str, str]) -> Iterator[Hostile]:
    """Give hostile calls without end: fields of bodies, queries, paths, bodies, headers."""
    makers = (_in_body, _in_body, _in_body, _in_body, _in_query, _in_path, _as_body, _in_header)
    while True:
        made = chance.choice(makers)(chance, chance.choice(WALKED), ids)
        if made is not None:
            yield made


def every_field(ids: Mapping[str, str]) -> Iterator[Hostile]:
    """Give a call for every field of every body with every value."""
    for declared in WALKED:
        for path in body_fields(declared):
            for what, value in JSON_VALUES.items():
                yield _with_field(declared, path, what, value, ids)


def _with_field(
    declared: Endpoint, path: tuple[str, ...], what: str, value: str, ids: Mapping[str, str]
) -> Hostile:
    return Hostile(
        f"{'.'.join(path)}: {what}",
        declared,
        filled(declared.path, ids),
        _query(named(declared.example_query, ids)),
        with_value(named(body_of(declared), ids), path, value),
    )


def _query(params: Mapping[str, str] | None) -> str:
    return str(httpx.QueryParams(dict(params or {})))


def _in_body(chance: random.Random, declared: Endpoint, ids: Mapping[str, str]) -> Hostile | None:
    fields = list(body_fields(declared))
    if not fields:
        return None
    what, value = chance.choice(list(JSON_VALUES.items()))
    return _with_field(declared, chance.choice(fields), what, value, ids)


def _in_query(chance: random.Random, declared: Endpoint, ids: Mapping[str, str]) -> Hostile | None:
    name = chance.choice([*query_fields(declared), "unknown"])
    text = chance.choice(TEXTS)
    kept = dict(named(declared.example_query, ids) or {})
    kept.pop(name, None)
    query = "&".join(part for part in (_query(kept), f"{name}={text}") if part)
    content = _example(declared, ids)
    return Hostile(f"?{name}={text[:40]}", declared, filled(declared.path, ids), query, content)


def _in_path(chance: random.Random, declared: Endpoint, ids: Mapping[str, str]) -> Hostile | None:
    text = chance.choice(TEXTS) or "%20"
    path = re.sub(r"{\w+}", lambda _: text, declared.path)
    if path == declared.path:
        path = f"{path}/{text}"
    return Hostile(f"path {text[:40]}", declared, path, content=_example(declared, ids))


def _as_body(chance: random.Random, declared: Endpoint, ids: Mapping[str, str]) -> Hostile | None:
    what, content = chance.choice(list(BODIES.items()))
    return Hostile(f"body: {what}", declared, filled(declared.path, ids), content=content)


def _in_header(chance: random.Random, declared: Endpoint, ids: Mapping[str, str]) -> Hostile | None:
    name = chance.choice(list(HEADERS))
    text = chance.choice(HEADERS[name])
    path = filled(declared.path, ids)
    content = _example(declared, ids)
    return Hostile(f"{name}: {text[:40]}", declared, path, content=content, headers={name: text})


def _example(declared: Endpoint, ids: Mapping[str, str]) -> bytes | None:
    if declared.body is None:
        return None
    return httpx.Request("POST", "http://x", json=named(body_of(declared), ids)).content


def crossed(chance: random.Random, own: Mapping[str, str], theirs: Mapping[str, str]) -> Any:
    """Give a random operation with ids of two tenants, mixed: method, path, params, body."""
    declared = chance.choice([one for one in WALKED if one.access.name == "BEARER"])
    mixed = {name: chance.choice((own, theirs, theirs))[name] for name in own}
    if declared.method == "DELETE":
        mixed = dict(theirs)  # what is its own is needed later
    params = dict(named(declared.example_query, mixed) or {})
    for name in query_fields(declared):
        if name in mixed and chance.random() < 0.7:
            params[name] = mixed[name]
        if name in ("starting_after", "ending_before") and chance.random() < 0.2:
            params[name] = chance.choice(list(mixed.values()))
    body = named(body_of(declared), mixed)
    for path in body_fields(declared):
        plain = len(path) == 1 and isinstance(body, dict)
        if plain and path[-1] in mixed and chance.random() < 0.3:
            body[path[-1]] = mixed[path[-1]]
    return declared.method, filled(declared.path, mixed), params, body
