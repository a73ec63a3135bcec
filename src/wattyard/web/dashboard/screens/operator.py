"""The screen Operator: is the server well, what is it doing, and what keeps its data safe."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import htpy as h
from htpy import Node

from wattyard import __version__
from wattyard.accounts.service.doctor import Doctor, folder_complaints
from wattyard.events.service import SigningKeys
from wattyard.kernel.callers import OPERATOR
from wattyard.kernel.context import Context
from wattyard.kernel.measures import Measure
from wattyard.kernel.pages import PageWindow
from wattyard.kernel.refusals import Unavailable
from wattyard.people.domain import NewEntry
from wattyard.people.service import AuditLog
from wattyard.platform.db import Database, health, schema
from wattyard.platform.http import Answer
from wattyard.platform.services import Services
from wattyard.platform.settings import Settings
from wattyard.tariffs.domain.fetching import Subscription, staleness
from wattyard.tariffs.service.markets import OperatorMarkets
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import Audience, DashboardPage, Screen, page
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.forms import sentence
from wattyard.web.dashboard.screens import operator_backups, operator_queues
from wattyard.web.dashboard.visit import Visit

PATH: Final = "/operator"
_TABLES: Final = 8
_MIB: Final = 1024**2
_LATEST: Final = 8


@page("GET", PATH, audience=Audience.OPERATOR)
async def operator(
    visit: Visit,
    services: Services,
    db: Database,
    keys: SigningKeys,
    markets: OperatorMarkets,
    log: AuditLog,
) -> Screen:
    """Show health, work, storage, keys and backups of the whole server."""
    form, context = visit.formats(), _context(visit)
    measures = await _measures(services, context)
    settings = services.get(Settings)
    body = [
        await _figures(visit, form, db, measures),
        h.div(".cards-2")[
            h.div[
                operator_queues.jobs_card(visit, form, measures),
                _feeds_card(visit, form, await markets.subscriptions()),
                operator_backups.card(visit, form, settings, measures),
            ],
            h.div[
                operator_queues.card(visit, form, measures),
                await _storage_card(form, db),
                await _keys_card(visit, form, keys, context),
                await _changes_card(form, log),
            ],
        ],
    ]
    actions = [
        parts.button("Accounts", visit.root(f"/dashboard{PATH}/accounts")),
        parts.form(visit.root(f"/dashboard{PATH}/doctor"), parts.submit("Run doctor")),
    ]
    return Screen(title="Operator", path=PATH, body=body, actions=actions)


def _context(visit: Visit) -> Context:
    """The operator's context, of this call."""
    return visit.context.on_behalf_of(OPERATOR)


async def _measures(services: Services, context: Context) -> list[Measure]:
    """What every capability measures, as `/metrics` shows it."""
    found: list[Measure] = []
    for capability in services.capabilities:
        for measured in capability.measured:
            found += await services.get(measured).measures(context)
    return found


async def _figures(visit: Visit, form: Formats, db: Database, measures: Sequence[Measure]) -> Node:
    try:
        await db.check_ready()
        ready, kind = "ready", ""
    except Unavailable:
        ready, kind = "not ready", "bad"
    waiting = operator_queues.value(measures, "delivery_backlog")
    oldest = operator_queues.value(measures, "delivery_oldest_seconds")
    return h.div(".figures")[
        parts.figure(ready, "to answer requests", kind=kind),
        parts.figure(__version__, "release"),
        parts.figure(await schema.present_revision(db) or "none", "schema of the database"),
        parts.figure(form.number(waiting, digits=0), "webhook deliveries due", "#queues"),
        parts.figure(
            operator_queues.length(form, oldest) if waiting else "–",
            "since the oldest of them was due",
            "#queues",
            "warn" if oldest and oldest > timedelta(minutes=5).total_seconds() else "",
        ),
    ]


@page("POST", f"{PATH}/doctor", audience=Audience.OPERATOR)
async def run_doctor(visit: Visit, doctor: Doctor, services: Services) -> Screen:
    """Look for what is wrong, and say what to do about it."""
    found = await doctor.missing_grants()
    if not found:
        found = await doctor.complaints(_context(visit))
        settings = services.get(Settings)
        if operator_backups.is_embedded(settings):
            found += folder_complaints(settings.data)
        found += settings.doubts
    shown: Node = h.p[parts.badge("well", "good"), " Nothing is wrong."]
    if found:
        shown = h.ul[(h.li[sentence(one)] for one in found)]
    return Screen(
        title="What the doctor found",
        path=PATH,
        above=(("Operator", visit.root(f"/dashboard{PATH}")),),
        body=[
            shown,
            h.p[
                "Looked at: clock and durability of the database, rows without an owner, secrets, "
                "overdue webhooks and events, jobs, market sources, and the disk."
            ],
            h.p[
                "At the command line ",
                h.code["wattyard doctor"],
                " also computes the summaries of all sites anew, in minutes for a million; ",
                h.code["--repair"],
                " corrects them.",
            ],
        ],
        actions=parts.form(
            visit.root(f"/dashboard{PATH}/doctor"), parts.submit("Run again", main=False)
        ),
    )


def _feeds_card(visit: Visit, form: Formats, found: Sequence[Subscription]) -> Node:
    rows = (_feed_row(visit, form, one) for one in found if one.feed)
    nothing = h.p[
        "No market is fetched. Add one at the command line, such as ",
        h.code["wattyard market add EPEX_NL --feed energy_charts --option area=NL"],
        ".",
    ]
    heads = ("Source", "Feed", "State", "Fetched", "Next")
    return parts.card("Market feeds", parts.table(heads, rows, empty=nothing, label="Feeds"))


def _feed_row(visit: Visit, form: Formats, one: Subscription) -> Sequence[Node]:
    now = visit.call.now
    behind = staleness(one.source, now)
    state = parts.badge("stale", "warn") if behind else parts.badge("fresh", "good")
    failed = one.failures and one.last_failure and h.small[f" {one.last_failure}"]
    return (
        h.code[one.source.code],
        one.feed,
        [state, failed],
        form.since(one.time_fetched, now),
        form.since(one.next_fetch, now),
    )


async def _storage_card(form: Formats, db: Database) -> Node:
    whole, tables = await health.sizes(db, _TABLES)
    rows = ((h.code[one.name], parts.number(_size(form, one.size_bytes))) for one in tables)
    table = parts.table(("Largest tables", parts.number("Size")), rows, label="Tables")
    return parts.card("Database", h.p[h.strong[_size(form, whole)], " in all"], table)


def _size(form: Formats, size_bytes: int) -> str:
    if size_bytes < 1024 * _MIB:
        return form.number(size_bytes / _MIB, "MiB", digits=1)
    return form.number(size_bytes / _MIB / 1024, "GiB", digits=1)


async def _keys_card(visit: Visit, form: Formats, keys: SigningKeys, context: Context) -> Node:
    rows = (
        (
            h.code[one.id],
            form.when(one.time_created),
            parts.badge("retired") if one.time_retired else parts.badge("signs", "good"),
        )
        for one in await keys.dates(context)
    )
    rotate = parts.form(
        visit.root(f"/dashboard{PATH}/signing-key"), parts.submit("Rotate", main=False)
    )
    lead = h.p[
        "Webhooks are signed with the newest; a retired key stays in ",
        h.a(href=visit.root("/jwks.json"))["/jwks.json"],
        " for 7 days.",
    ]
    table = parts.table(
        ("Key", "Since", "State"),
        rows,
        label="Signing keys",
        empty=h.p["The first is made with the first webhook."],
    )
    return parts.card("Signing keys", lead, table, actions=rotate)


@page("POST", f"{PATH}/signing-key", audience=Audience.OPERATOR)
async def rotate_key(visit: Visit, keys: SigningKeys, log: AuditLog) -> Answer:
    """Sign webhooks with a new key from now on."""
    context = _context(visit)
    async with visit.tools.db.transaction():
        made = await keys.rotate(context)
        entry = NewEntry("signing_key.rotate", visit.person, made.id, None, {"id": made.id})
        await log.record_of_server(context, entry)
    return visit.go(
        visit.root(f"/dashboard{PATH}"),
        told="A new key signs from now on; receivers find the old one for 7 more days.",
    )


async def _changes_card(form: Formats, log: AuditLog) -> Node:
    found = await log.page_of_server(PageWindow(_LATEST))
    rows = (
        (
            form.when(one.time_created),
            one.person_email or "command line",
            h.code[one.action],
            one.object_id,
        )
        for one in found.items
    )
    nothing = h.p["Nothing has been changed at the server from these pages yet."]
    heads = ("When", "Who", "What", "Of")
    return parts.card(
        "Changes by operators", parts.table(heads, rows, empty=nothing, label="Changes")
    )


PAGES: Final[tuple[DashboardPage, ...]] = (operator, run_doctor, rotate_key)
