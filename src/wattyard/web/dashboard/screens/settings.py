"""The screen Settings: the account, its people, and what they changed."""

import asyncio
from collections.abc import Sequence
from typing import Final

import htpy as h
from htpy import Node

from wattyard import __version__
from wattyard.accounts.domain import Account
from wattyard.accounts.service import Accounts
from wattyard.kernel import ids
from wattyard.kernel.pages import PageWindow
from wattyard.kernel.refusals import PreconditionFailed, Refusal
from wattyard.people.domain import Entry, Invitation, Member, OneTimeLink, Role
from wattyard.people.service import AuditLog, People
from wattyard.platform.http import Answer
from wattyard.platform.http.errors import status_of
from wattyard.platform.http.releases import RELEASE
from wattyard.platform.settings import Settings
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.differences import difference_table
from wattyard.web.dashboard.forms import NO_FAULTS, Fields, FormFaults, sentence
from wattyard.web.dashboard.screens import objects
from wattyard.web.dashboard.visit import Visit

_PATH: Final = "/settings"
_AUDIT: Final = "/settings/audit"
_LATEST: Final = 5
_PAGE: Final = 25
_ROLES: Final = tuple((one.name.lower(), one.name.capitalize()) for one in Role)
_SAYS: Final = {
    "member.invite": "invited somebody",
    "member.withdraw": "withdrew an invitation",
    "member.join": "came in",
    "member.change": "changed a role",
    "member.remove": "removed somebody",
}
_GONE: Final = ("DELETE ", "customer.erase")
"""What actions begin with after which nothing is left."""


@page("GET", "/settings")
async def settings(visit: Visit, accounts: Accounts, people: People, log: AuditLog) -> Screen:
    """Show the account, who may look into it, and what they changed last."""
    return await _screen(visit, accounts, people, log)


@page("POST", "/settings/people", role=Role.OWNER)
async def invite(
    visit: Visit, accounts: Accounts, people: People, log: AuditLog, settings: Settings
) -> Screen:
    """Invite somebody, and show the link, once."""
    form = visit.form
    invitation = Invitation(form["email"], form["name"], visit.account.account, _role(form["role"]))
    try:
        link, token = await people.invite(visit.context, invitation, visit.person)
    except Refusal as refusal:
        return await _screen(visit, accounts, people, log, refusal)
    address = f"{settings.address}/dashboard/link/{token}"
    return Screen(
        title="Send this link",
        path=_PATH,
        above=[("Settings", visit.link(_PATH))],
        body=[
            h.p["Send this link to ", h.strong[link.invitation.email], ". It is shown only now."],
            h.pre(".code", tabindex="0")[h.code[address]],
            h.p[
                "It is good for one log-in until ",
                visit.formats().when(link.time_expiry),
                ". Somebody who has logged in here before does so first, to accept.",
            ],
            h.p(".actions")[parts.button("Back to the settings", visit.link(_PATH))],
        ],
    )


@page("POST", "/settings/people/{person}/role", role=Role.OWNER)
async def change_role(visit: Visit, person: str, people: People) -> Answer:
    """Change what a member may do, unless somebody else has changed it meanwhile."""
    id_ = ids.read(person, "per", param="person")
    seen = Role.__members__.get(visit.form["seen"].upper())
    try:
        await people.change_role(
            visit.context, id_, _role(visit.form["role"]), visit.person, seen=seen
        )
    except PreconditionFailed as refusal:
        return visit.go(visit.link(_PATH), told=sentence(refusal.first.message))
    return visit.go(visit.link(_PATH), told="The role is changed.")


@page("POST", "/settings/people/{person}/remove", role=Role.OWNER)
async def remove(visit: Visit, person: str, people: People) -> Answer:
    """Remove a member from the account."""
    id_ = ids.read(person, "per", param="person")
    await people.remove(visit.context, id_, visit.person)
    own = id_ == visit.person.id
    address = visit.root("/dashboard") if own else visit.link(_PATH)
    return visit.go(address, told="They are no longer a member.")


@page("POST", "/settings/invitations/{invitation}/withdraw", role=Role.OWNER)
async def withdraw(visit: Visit, invitation: str, people: People) -> Answer:
    """Withdraw an invitation that was not used yet."""
    id_ = ids.read(invitation, "inv", param="invitation")
    await people.withdraw(visit.context, id_, visit.person)
    return visit.go(visit.link(_PATH), told="The invitation is withdrawn; its link has ended.")


@page("GET", "/settings/audit")
async def audit(visit: Visit, log: AuditLog) -> Screen:
    """Show every change by people, newest first."""
    found = await log.page(visit.context, _window(visit))
    shown = [{"id": ids.wire("aud", one.id)} for one in found.items]
    return Screen(
        title="Audit log",
        path=_PATH,
        above=[("Settings", visit.link(_PATH))],
        body=[
            h.p["Every change by people, of test and live data. What programs change is not here."],
            _entries(visit, found.items),
            parts.pager(visit, {"data": shown, "has_more": found.has_more}),
        ],
    )


async def _screen(
    visit: Visit,
    accounts: Accounts,
    people: People,
    log: AuditLog,
    refusal: Refusal | None = None,
) -> Screen:
    account, members, invitations, latest = await asyncio.gather(
        accounts.account(visit.account.account_id),
        people.members(visit.context),
        people.invitations(visit.context),
        log.page(visit.context, PageWindow(_LATEST)),
    )
    return Screen(
        title="Settings",
        path=_PATH,
        status=status_of(type(refusal)) if refusal else 200,
        body=[
            parts.card("Account", _account(visit, account)),
            parts.card("People", _members(visit, members), _invitations(visit, invitations),
                       _invite_form(visit, refusal), id_="people"),
            parts.card("Your sessions", h.p[
                "Where you are logged in, your password and your language are under ",
                h.a(href=visit.root("/dashboard/person"))["your name"], ".",
            ]),
            parts.card("Audit log", _entries(visit, latest.items),
                       h.p(".actions")[parts.button("The whole log", visit.link(_AUDIT))]),
        ],
    )  # fmt: skip


def _account(visit: Visit, account: Account) -> Node:
    return parts.facts(
        ("Name", account.name),
        ("Id", h.code[visit.account_id]),
        ("Made", visit.formats().when(account.time_created)),
        ("Release of the API", h.code[RELEASE]),
        ("Wattyard", __version__),
    )


def _members(visit: Visit, members: Sequence[Member]) -> Node:
    owner = visit.may(Role.OWNER)
    heads = ("Name", "E-mail", "Role", "Member since", *(["Action"] if owner else []))
    return parts.table(
        heads,
        (
            (
                one.person.name,
                [one.person.email, one.person.disabled and [" ", parts.badge("disabled", "bad")]],
                _role_form(visit, one) if owner else one.role.name.capitalize(),
                visit.formats().when(one.time_created),
                *([_remove_form(visit, one)] if owner else []),
            )
            for one in members
        ),
        empty=parts.empty("Nobody is a member yet: the operator invites the first person."),
        label="People",
    )


def _role_form(visit: Visit, member: Member) -> Node:
    person = member.person
    address = visit.link(f"{_PATH}/people/{ids.wire('per', person.id)}/role")
    return parts.form(
        address,
        h.input(type="hidden", name="seen", value=member.role.name.lower()),
        h.select(name="role", aria_label=f"Role of {person.email}")[
            (h.option(value=value, selected=value == member.role.name.lower())[words]
             for value, words in _ROLES)
        ],
        " ",
        parts.submit("Change", main=False),
    )  # fmt: skip


def _remove_form(visit: Visit, member: Member) -> Node:
    address = visit.link(f"{_PATH}/people/{ids.wire('per', member.person.id)}/remove")
    button = h.button(".danger", type="submit", aria_label=f"Remove {member.person.email}")
    return parts.form(address, button["Remove"])


def _invitations(visit: Visit, invitations: Sequence[OneTimeLink]) -> Node:
    if not invitations:
        return None
    owner = visit.may(Role.OWNER)
    return [
        h.h3["Invited"],
        parts.table(
            ("E-mail", "Role", "Good until", *(["Action"] if owner else [])),
            (
                (
                    one.invitation.email,
                    one.invitation.role.name.capitalize() if one.invitation.role else "",
                    visit.formats().when(one.time_expiry),
                    *([_withdraw_form(visit, one)] if owner else []),
                )
                for one in invitations
            ),
            label="Invited",
        ),
    ]


def _withdraw_form(visit: Visit, link: OneTimeLink) -> Node:
    address = visit.link(f"{_PATH}/invitations/{ids.wire('inv', link.id)}/withdraw")
    words = f"Withdraw the invitation of {link.invitation.email}"
    return parts.form(address, h.button(type="submit", aria_label=words)["Withdraw"])


def _invite_form(visit: Visit, refusal: Refusal | None) -> Node:
    if not visit.may(Role.OWNER):
        return h.p["An owner can invite people and change their roles."]
    faults = FormFaults(refusal) if refusal else NO_FAULTS
    fields = Fields({"role": "viewer", **visit.form}, faults)
    return [
        h.h3["Invite somebody"],
        parts.form(
            visit.link(f"{_PATH}/people"),
            fields.text("E-mail", "email", type="email", autocomplete="off", required=True),
            fields.text("Name", "name", autocomplete="off"),
            fields.choice(
                "Role", "role", _ROLES,
                hint="Viewers see everything but secrets, developers change it, owners invite too.",
            ),
            faults.rest(),
            h.p[parts.submit("Make a link")],
        ),
    ]  # fmt: skip


def _object(visit: Visit, entry: Entry) -> Node:
    """The id of what was changed, which leads there unless it was deleted or erased."""
    if entry.object_id is None or entry.action.startswith(_GONE):
        return h.code[entry.object_id or ""]
    return objects.linked(visit, entry.object_id, live_mode=entry.live_mode)


def _entries(visit: Visit, entries: Sequence[Entry]) -> Node:
    formats = visit.formats()
    return parts.table(
        ("When", "Who", "What", "Data", "Before and after"),
        (
            (
                formats.when(one.time_created),
                one.person_email or "the operator",
                [
                    _SAYS.get(one.action, h.code[one.action]),
                    one.object_id and [" ", h.small[_object(visit, one)]],
                ],
                {None: "both", True: "live", False: "test"}[one.live_mode],
                h.details[h.summary["Show"], difference_table(one.before, one.after)],
            )
            for one in entries
        ),
        empty=parts.empty("Nothing yet: changes by people will be here, with what was before."),
        label="Audit log",
    )


def _window(visit: Visit) -> PageWindow:
    """Read which page of the log is asked for.

    Raises:
        Malformed: when a cursor is not the id of an entry.
    """
    older, newer = visit.query.get("starting_after"), visit.query.get("ending_before")
    if newer:
        return PageWindow(_PAGE, newer_than=ids.read(newer, "aud", param="ending_before"))
    if older:
        return PageWindow(_PAGE, older_than=ids.read(older, "aud", param="starting_after"))
    return PageWindow(_PAGE)


def _role(text: str) -> Role:
    """Read a role; whatever is none is the least."""
    return Role.__members__.get(text.upper(), Role.VIEWER)


PAGES: Final[Sequence[DashboardPage]] = (settings, invite, change_role, remove, withdraw, audit)
