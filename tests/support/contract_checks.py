"""What the code does of that which the contract names: each check returns the differences."""

import ast
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from inspect import signature
from typing import Any, get_args, get_origin

import msgspec

from tests.support import contract_text
from tests.support.contract_text import ROOT, Block, Mention, differences
from wattyard.accounts.tokens import TOKEN_LIFETIME
from wattyard.app import ENDPOINTS
from wattyard.events.domain.endpoints import DISABLED_TYPE, TEST_TYPE
from wattyard.kernel import ids
from wattyard.kernel.local_periods import THIRTEEN_MONTHS
from wattyard.kernel.refusals import Refusal
from wattyard.meters.domain.readings import RECORDS_AT_ONCE, RECORDS_IN_A_STREAM
from wattyard.meters.wire.records import SearchBody
from wattyard.platform.decoding import Patch
from wattyard.platform.http import ListQuery
from wattyard.platform.http.bodies import LINE_LIMIT_BYTES
from wattyard.platform.http.connections import HEAD_BYTES
from wattyard.platform.http.declare import MEBIBYTE, Endpoint
from wattyard.platform.http.errors import status_of
from wattyard.platform.http.idempotency import _KEPT_FOR, KEPT_BYTES
from wattyard.platform.http.lists import PAGE_BYTES
from wattyard.platform.settings import Settings
from wattyard.schedules.domain.by_amount import request as amount_request
from wattyard.schedules.domain.by_price import listing
from wattyard.schedules.domain.by_state_of_charge import request as charge_request
from wattyard.schedules.domain.site import request as site_request
from wattyard.schedules.domain.solver.ranked import SECONDS_AT_MOST
from wattyard.schedules.service.turns import PLANS_IN_PROGRESS
from wattyard.schedules.service.turns import WAIT_SECONDS as PLAN_WAIT_SECONDS
from wattyard.tariffs.domain import formula
from wattyard.tariffs.domain.sources import PRICES_AT_ONCE
from wattyard.tariffs.wire import prices
from wattyard.tariffs.wire.schedules import BLOCK_LIMIT
from wattyard.web.dashboard import door, screens

HOUR = timedelta(hours=1)
DAY_US = timedelta(days=1) // timedelta(microseconds=1)
PAGES = (door, screens)
"""Loaded, so that what pages refuse is known too."""
SOURCE = ROOT / "src" / "wattyard"


def refusal_classes(base: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for kind in base.__subclasses__():
        of_the_api = not kind.__module__.startswith("wattyard.tariffs.feeds.")  # only for commands
        if kind.__module__.startswith("wattyard.") and of_the_api and "<" not in kind.code:
            yield kind
        yield from refusal_classes(kind)


@cache
def literal_codes() -> frozenset[str]:
    """Codes that the source gives by word: `code="…"` to a refusal, or the first of a fault."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or "log" in ast.unparse(node.func):
                continue
            name = ast.unparse(node.func).rpartition(".")[2]
            given = [k.value for k in node.keywords if k.arg == "code"]
            given += node.args[:1] if name == "Fault" else []
            found |= {g.value for g in given if isinstance(g, ast.Constant)}
    return frozenset(found) - {"not_priced"}  # a warning, not a refusal


@cache
def parameter_names() -> frozenset[str]:
    """The fields of bodies and queries: each may be refused as `<name>_invalid|_missing`."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        if "wire" not in str(path) and "routes" not in str(path):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                found |= {
                    one.target.id
                    for one in node.body
                    if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
                }
    return frozenset(found)


def of_a_parameter(code: str) -> bool:
    name, _, kind = code.rpartition("_")
    return kind in ("invalid", "missing") and name in parameter_names()


def statuses() -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for kind in refusal_classes():
        found.setdefault(kind.code, set()).add(status_of(kind) if _has_status(kind) else 0)
    return found


def _has_status(kind: type[Refusal]) -> bool:
    try:
        status_of(kind)
    except StopIteration:
        return False
    return True


def code_faults(found: list[Block]) -> list[str]:
    mentions = contract_text.codes(found)
    by_class = statuses()
    by_word = {code for code in literal_codes() if not of_a_parameter(code)}
    known = set(by_class) | by_word
    wanted = [
        one for one in mentions if "<" not in one.word and not _is_plain_parameter(one.word, known)
    ]
    wrong = [
        f"code {one.word} is documented as {one.beside}, but is {sorted(by_class[one.word])}"
        for one in mentions
        if one.served
        and one.beside.isdigit()
        and one.word in by_class
        and int(one.beside) not in by_class[one.word]
        and not (int(one.beside) == 400 and of_a_parameter(one.word))
    ]
    return differences(wanted, known, "code") + wrong


def _is_plain_parameter(code: str, known: set[str]) -> bool:
    return code not in known and of_a_parameter(code)


def path_faults(found: list[Block]) -> list[str]:
    declared = {f"{e.method} {contract_text.pattern(e.path)}" for e in ENDPOINTS}
    return differences(contract_text.endpoints(found), declared, "endpoint")


def prefix_faults(found: list[Block]) -> list[str]:
    mentions = contract_text.tabled(found, "prefix", "object")
    wrong = [
        f"prefix {one.word} is documented as {one.beside}, but names {ids.NAMES[one.word]}"
        for one in mentions
        if one.word in ids.NAMES and one.beside != ids.NAMES[one.word]
    ]
    return differences(mentions, ids.NAMES, "prefix") + wrong


def event_faults(found: list[Block]) -> list[str]:
    written = {type_ for declared in ENDPOINTS for type_ in declared.events}
    written |= {TEST_TYPE, DISABLED_TYPE, "tariff.expiring", "tariff.expired"}
    return differences(contract_text.tabled(found, "event type"), written, "event type")


def record_code_faults(found: list[Block]) -> list[str]:
    words = {
        node.value
        for path in (SOURCE / "meters").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    words |= set(statuses())
    mentions = [
        one for one in contract_text.tabled(found, "code of a record") if "<" not in one.word
    ]
    return differences(mentions, {one.word for one in mentions} & words, "code of a record")


def _endpoint(method: str, path: str) -> Endpoint:
    return next(e for e in ENDPOINTS if (e.method, contract_text.pattern(e.path)) == (method, path))


def _mebibytes(size: int) -> str:
    return f"{size // MEBIBYTE} MiB"


def _range(shape: type, field: str) -> str:
    info: Any = msgspec.inspect.type_info(shape)
    (found,) = (f for f in info.fields if f.name == field)
    number = getattr(found.type, "type", found.type)  # a description wraps the type
    return f"{number.ge} to {number.le:,}, default {found.default:,}"


def limits() -> dict[str, str]:
    rate = Settings().rate_limit
    interval = _endpoint("PUT", "/meters/interval")
    uploads = _endpoint("PUT", "/market-sources/{}/prices")
    return {
        "request body": _mebibytes(signature(Endpoint).parameters["body_limit_bytes"].default),
        "body of `PUT /meters/interval`, after decompression": _mebibytes(
            interval.body_limit_bytes
        ),
        "body of `PUT /market-sources/{id}/prices`, after decompression": _mebibytes(
            uploads.body_limit_bytes
        ),
        "line of an NDJSON body": f"{LINE_LIMIT_BYTES // 1024} KiB",
        "objects on a list page": _range(ListQuery, "limit"),
        "head of a request, trailers included": f"{HEAD_BYTES // 1024} KiB, "
        f"and it must arrive within {Settings().head_seconds:.0f} s",
        "list page": f"{_mebibytes(PAGE_BYTES)}; fewer objects, at least one, and `has_more` true; "
        "with `ending_before` the nearest are kept",
        "requests per second, account and mode": f"{rate}, burst {2 * rate:,}",
        "lifetime of a bearer token": f"{TOKEN_LIFETIME.total_seconds():,.0f} s",
        "answers kept for an idempotency key": f"{_KEPT_FOR // HOUR} h, "
        f"up to {_mebibytes(KEPT_BYTES)} each",
        "webhook endpoints of an account and mode": f"{Settings().webhook_endpoints}, settable",
        "plans in progress, account and process": f"{PLANS_IN_PROGRESS}; more wait in turn for up "
        f"to {PLAN_WAIT_SECONDS:.0f} s, then 429 `plans_in_progress`",
        "devices at a site": f"{Settings().site_devices:,}, settable",
        "tariffs at a location": f"{Settings().site_tariffs:,}, settable",
        "span of a price request": f"{prices.LONGEST.days} days",
        "prices in one upload": f"{PRICES_AT_ONCE:,}",
        "nodes of a formula": f"{formula.NODE_LIMIT}",
        "depth of a formula": f"{formula.DEPTH_LIMIT}",
        "`days_and_hours` items of a schedule": f"{BLOCK_LIMIT:,}",
        "readings in a batch": f"{RECORDS_AT_ONCE:,}",
        "records in an NDJSON stream": f"{RECORDS_IN_A_STREAM:,}",
        "records of a search page": _range(SearchBody, "limit"),
        "span of an interval cost": f"{THIRTEEN_MONTHS.days // 30} months",
        "window of a schedule by duration or by limit": f"{listing.LONGEST.days} days",
        "devices of a schedule by amount": f"{amount_request.DEVICES_AT_MOST}",
        "horizon of a schedule by amount": f"{amount_request.LONGEST_US // DAY_US} days",
        "horizon of a schedule by state of charge": f"{charge_request.LONGEST // HOUR} h",
        "horizon of a site plan": f"{site_request.LONGEST // HOUR} h",
        "devices of a site plan": f"{site_request.DEVICES_AT_MOST}",
        "time in the solver": f"{SECONDS_AT_MOST:.0f} s",
    }


def limit_faults(found: list[Block]) -> list[str]:
    rows = {b.cells[0]: b for b in found if b.head == ("limit", "value")}
    real = limits()
    mentions = [Mention(name, row.served) for name, row in rows.items()]
    wrong = [
        f"limit {name} is documented as {row.cells[1]}, but is {real[name]}"
        for name, row in rows.items()
        if row.served and name in real and row.cells[1] != real[name]
    ]
    return differences(mentions, real, "limit") + wrong


def api_fields() -> frozenset[str]:
    """The names of all query parameters and of all fields of bodies and answers."""
    declared = [t for e in ENDPOINTS for t in (e.query, e.body, e.answers) if t is not None]
    types = [get_args(t)[0] if get_origin(t) is Patch else t for t in declared]
    _, shapes = msgspec.json.schema_components(types)
    return frozenset(name for shape in shapes.values() for name in shape.get("properties", ()))


@cache
def source_words() -> frozenset[str]:
    folders = SOURCE, ROOT / "clients" / "python" / "src"
    texts = (path.read_text() for folder in folders for path in folder.rglob("*.py"))
    return frozenset(word for text in texts for word in re.findall(r"\w+", text))


def field_faults(found: list[Block]) -> list[str]:
    """Fields that the documents lack, and words in backticks that the code does not know."""
    quoted = [text for b in found if b.served for text in re.findall(r"`([^`]+)`", b.text)]
    named = {word for text in quoted for word in re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", text)}
    written = {word for b in found if b.served for word in re.findall(r"\w+", b.text)}
    return [
        *(f"field {one} is documented, but does not exist" for one in named - source_words()),
        *(f"field {one} is not documented in docs/contract" for one in api_fields() - written),
    ]


CHECKS: dict[str, Callable[[list[Block]], list[str]]] = {
    "codes": code_faults,
    "paths": path_faults,
    "prefixes": prefix_faults,
    "event types": event_faults,
    "codes of records": record_code_faults,
    "limits": limit_faults,
    "fields": field_faults,
}
