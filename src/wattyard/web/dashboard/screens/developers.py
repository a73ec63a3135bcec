"""The screen Developers: the keys of the account in its mode."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import htpy as h
from htpy import Node

from wattyard.accounts.domain import (
    LocationIdsInvalid,
    Restriction,
    ScopesInvalid,
    SecretKey,
    TimeExpiryInvalid,
)
from wattyard.accounts.service import Accounts
from wattyard.accounts.service.accounts import KeyNotFound
from wattyard.kernel import ids
from wattyard.kernel.refusals import Refusal
from wattyard.kernel.scopes import Scope
from wattyard.people.domain import Role
from wattyard.platform.http import Answer
from wattyard.platform.http.errors import status_of
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.forms import NO_FAULTS, Fields, Form, FormFaults, worded
from wattyard.web.dashboard.screens.developer_parts import PATH, once, tabs
from wattyard.web.dashboard.visit import Visit

_PAGE: Final = 100
_SCOPES: Final = (
    (Scope.SITES_READ, "sites, locations, devices and their states"),
    (Scope.PRICES_READ, "every call that prices a kWh"),
    (Scope.SCHEDULES_READ, "every call that plans"),
    (Scope.METERS_READ, "meter records and batches"),
    (Scope.METERS_WRITE, "sending meter readings"),
    (Scope.STATES_WRITE, "reporting the states of devices"),
    (Scope.COSTS_READ, "every call that prices metered energy"),
    (Scope.EVENTS_READ, "events and their stream"),
    (Scope.ALL_READ, "all that the others read; customers, tariffs, markets and webhooks, too"),
)


@page("GET", PATH)
async def keys(visit: Visit, accounts: Accounts) -> Screen:
    """Show the keys of the account in this mode."""
    found = [one for one in await _keys(visit, accounts) if one.live_mode is visit.live_mode]
    may_act = visit.may(Role.DEVELOPER)
    shown, more = _page_of(visit, found)
    rows = [_row(visit, one, may_act=may_act) for one in shown]
    heads = ("Key", "May do", "Made", "Last used", "State", *(["Revoke"] if may_act else []))
    make = parts.button("Make a key", visit.link(f"{PATH}/keys/new"), main=True)
    nothing = parts.empty(
        f"The account has no key in {visit.mode} mode, so no program can call the API.",
        make if may_act else None,
    )
    return Screen(
        title="Developers",
        path=PATH,
        actions=[_token_button(visit), make] if may_act else None,
        body=[
            tabs(visit, PATH),
            h.p[
                f"Keys of the {visit.mode} mode. A program sends one as ",
                h.code["Authorization: Bearer …"],
                "; ",
                h.a(href=visit.root("/docs/guides/keys"))["how keys work"],
                ".",
            ],
            parts.table(heads, rows, empty=nothing, label="Keys"),
            parts.pager(
                visit,
                {"data": [{"id": ids.wire("key", one.id)} for one in shown], "has_more": more},
            ),
        ],
    )


@page("GET", f"{PATH}/keys/new", role=Role.DEVELOPER)
async def new_key(visit: Visit) -> Screen:
    """Show the form that makes a key."""
    return _form(visit)


@page("POST", f"{PATH}/keys", role=Role.DEVELOPER)
async def make_key(visit: Visit, accounts: Accounts) -> Screen:
    """Make a key, and show its secret this once."""
    try:
        restriction = _restriction(visit.form)
        async with visit.tools.db.transaction():
            key, secret = await accounts.create_key(
                visit.context,
                visit.account.account_id,
                name=visit.form["name"],
                live_mode=visit.live_mode,
                restriction=restriction,
            )
            made = {"name": key.name, **_restricted(key.restriction)}
            await visit.note("key.create", object_id=ids.wire("key", key.id), after=made)
    except Refusal as refusal:
        return _form(visit, refusal)
    return Screen(
        title=f"The key {key.name}",
        path=PATH,
        above=(("Developers", visit.link(PATH)),),
        status=201,
        body=once(
            "Copy the key now: it is not kept, and cannot be shown again.",
            secret,
            parts.button("I have it", visit.link(PATH), main=True),
        ),
    )


@page("POST", f"{PATH}/token", role=Role.DEVELOPER)
async def make_token(visit: Visit, accounts: Accounts) -> Screen | Answer:
    """Make a bearer token of the account's oldest secret key, and show it this once."""
    try:
        async with visit.tools.db.transaction():
            token, seconds = await accounts.token_of(
                visit.context, visit.account.account_id, live_mode=visit.live_mode
            )
            await visit.note("token.create")
    except KeyNotFound as refusal:
        return visit.go(visit.link(PATH), told=worded(refusal.first.message))
    end = visit.formats().when(visit.call.now + timedelta(seconds=seconds))
    return Screen(
        title="A bearer token",
        path=PATH,
        above=(("Developers", visit.link(PATH)),),
        status=201,
        body=once(
            ["It may do everything in this mode, until ", end, ". It is not shown again."],
            token,
            parts.button("I have it", visit.link(PATH), main=True),
        ),
    )


@page("POST", f"{PATH}/keys/{{key}}/revoke", role=Role.DEVELOPER)
async def revoke_key(visit: Visit, key: str, accounts: Accounts) -> Answer:
    """Revoke a key of this account and mode."""
    wanted = ids.read(key, "key", param="key")
    present = next((one for one in await _keys(visit, accounts) if one.id == wanted), None)
    if present is None or present.live_mode is not visit.live_mode:
        raise KeyNotFound(f"there is no key {ids.wire('key', wanted)}")
    if present.time_revoked:
        return visit.go(visit.link(PATH), told=f"The key {present.name} was revoked already.")
    async with visit.tools.db.transaction():
        await accounts.revoke(visit.context, wanted)
        before = {"name": present.name, **_restricted(present.restriction)}
        await visit.note("key.revoke", object_id=ids.wire("key", wanted), before=before)
    told = f"The key {present.name} is revoked. It is refused within five seconds."
    return visit.go(visit.link(PATH), told=told)


def _page_of(visit: Visit, found: Sequence[SecretKey]) -> tuple[Sequence[SecretKey], bool]:
    """Choose the keys that a page shows, newest first, and whether more lie in its direction."""
    newest_first = sorted(found, key=lambda one: one.id, reverse=True)
    if before := visit.query.get("ending_before"):
        newer = [one for one in newest_first if ids.wire("key", one.id) > before]
        return newer[-_PAGE:], len(newer) > _PAGE
    after = visit.query.get("starting_after")
    older = [one for one in newest_first if after is None or ids.wire("key", one.id) < after]
    return older[:_PAGE], len(older) > _PAGE


async def _keys(visit: Visit, accounts: Accounts) -> Sequence[SecretKey]:
    return await accounts.keys(visit.account.account_id)


def _token_button(visit: Visit) -> Node:
    return parts.form(visit.link(f"{PATH}/token"), parts.submit("Make a bearer token", main=False))


def _row(visit: Visit, key: SecretKey, *, may_act: bool) -> Sequence[Node]:
    form, state = visit.formats(), _state(visit, key)
    name = [h.strong[key.name], h.br, h.small[h.code[ids.wire("key", key.id)]]]
    row = [
        name,
        _rights(key.restriction),
        form.when(key.time_created),
        form.since(key.last_used, visit.call.now),
        state,
    ]
    if not may_act:
        return row
    return [*row, None if key.time_revoked else _revoking(visit, key)]


def _revoking(visit: Visit, key: SecretKey) -> Node:
    return h.details[
        h.summary["Revoke …"],
        h.p["Programs that use it are refused from then on. A revoked key does not come back."],
        parts.form(
            visit.link(f"{PATH}/keys/{ids.wire('key', key.id)}/revoke"),
            parts.submit(f"Revoke {key.name}", danger=True),
        ),
    ]


def _state(visit: Visit, key: SecretKey) -> Node:
    form: Formats = visit.formats()
    expiry = key.restriction.time_expiry if key.restriction else None
    if key.time_revoked:
        return [parts.badge("revoked", "bad"), " ", form.when(key.time_revoked)]
    if expiry and expiry <= visit.call.now:
        return [parts.badge("expired", "bad"), " ", form.when(expiry)]
    return [parts.badge("active", "good"), [" until ", form.when(expiry)] if expiry else None]


def _rights(restriction: Restriction | None) -> Node:
    if restriction is None:
        return "everything in this mode"
    return [
        ", ".join(sorted(restriction.scopes)),
        restriction.site_ids is not None
        and [h.br, h.small[f"at {len(restriction.site_ids)} locations"]],
    ]


def _restricted(restriction: Restriction | None) -> dict[str, object]:
    """What the audit log says of a key."""
    if restriction is None:
        return {"type": "SECRET"}
    return {
        "type": "RESTRICTED",
        "scopes": sorted(restriction.scopes),
        "location_ids": _locations(restriction.site_ids),
        "time_expiry": restriction.time_expiry.isoformat() if restriction.time_expiry else None,
    }


def _locations(site_ids: Iterable[UUID] | None) -> list[str] | None:
    return None if site_ids is None else [ids.wire("loc", one) for one in sorted(site_ids)]


def _restriction(form: Form) -> Restriction | None:
    """Read what a key may do; None where it may do everything.

    Raises:
        ScopesInvalid, LocationIdsInvalid, TimeExpiryInvalid.
    """
    if form["type"] != "RESTRICTED":
        return None
    try:
        scopes = frozenset(map(Scope, form.all("scopes")))
    except ValueError:
        raise ScopesInvalid("scopes has one that does not exist", param="scopes") from None
    listed = form["location_ids"].replace(",", " ").split()
    try:
        sites = frozenset(ids.read(one, "loc", "ste", param="location_ids") for one in listed)
    except Refusal as refusal:
        raise LocationIdsInvalid(refusal.first.message, param="location_ids") from None
    return Restriction(scopes, sites if listed else None, _expiry(form["time_expiry"]))


def _expiry(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise TimeExpiryInvalid(
            "time_expiry must be a date and a time such as 2026-12-31T18:00", param="time_expiry"
        ) from None


def _form(visit: Visit, refusal: Refusal | None = None) -> Screen:
    faults = FormFaults(refusal) if refusal else NO_FAULTS
    values = {"type": "RESTRICTED", **visit.form, "scopes": visit.form.all("scopes")}
    fields = Fields(values, faults)
    shown = parts.form(
        visit.link(f"{PATH}/keys"),
        fields.text("Name", "name", required=True, hint="For people: which program has it."),
        fields.choice(
            "What it may do",
            "type",
            (
                ("RESTRICTED", "only what is ticked below (rk_…)"),
                ("SECRET", f"everything in {visit.mode} mode (sk_…)"),
            ),
        ),
        h.fieldset(aria_describedby="scopes-fault" if refusal else None)[
            h.legend["Scopes of a restricted key"],
            (
                fields.box(scope.value, "scopes", scope.value, hint=words)
                for scope, words in _SCOPES
            ),
            [h.p(".fault", id="scopes-fault")[one] for one in faults.of("scopes")],
        ],
        fields.area(
            "Only at these locations",
            "location_ids",
            rows=3,
            hint="Ids (loc_…), at most 100; none for all. Of a restricted key.",
        ),
        fields.text(
            "Expires",
            "time_expiry",
            unit="UTC",
            type="datetime-local",
            hint="Empty: it does not. Of a restricted key.",
        ),
        h.p[parts.submit("Make the key")],
    )
    return Screen(
        title="Make a key",
        path=PATH,
        above=(("Developers", visit.link(PATH)),),
        status=status_of(type(refusal)) if refusal else 200,
        body=[tabs(visit, PATH), faults.rest(), shown],
    )


PAGES: Final[tuple[DashboardPage, ...]] = (keys, new_key, make_key, make_token, revoke_key)
