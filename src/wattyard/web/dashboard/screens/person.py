"""What people see and change of themselves: name, language, password, sessions, accounts."""

from collections.abc import Sequence
from typing import Final

import htpy as h
from htpy import Node

from wattyard.kernel import ids
from wattyard.kernel.refusals import Refusal
from wattyard.people.domain import NewEntry, PersonSession
from wattyard.people.service import AuditLog, LogIn, People, Sessions
from wattyard.platform.http import Answer
from wattyard.platform.http.errors import status_of
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.browsers import browser_name
from wattyard.web.dashboard.declare import Audience, DashboardPage, Screen, page
from wattyard.web.dashboard.formats import languages
from wattyard.web.dashboard.forms import NO_FAULTS, Fields, FormFaults
from wattyard.web.dashboard.visit import Visit

_PATH: Final = "/dashboard/person"


@page("GET", "/person", audience=Audience.PERSON)
async def show_person(visit: Visit, sessions: Sessions) -> Screen:
    """Show the person who is logged in."""
    return await _screen(visit, sessions)


@page("POST", "/person", audience=Audience.PERSON)
async def change_person(
    visit: Visit, people: People, sessions: Sessions, log: AuditLog
) -> Answer | Screen:
    """Change the person's name and language."""
    person = visit.person
    before = {"name": person.name, "language": person.language}
    language = visit.form["language"] if visit.form["language"] in dict(languages()) else ""
    after = {"name": visit.form["name"].strip(), "language": language}
    try:
        async with visit.tools.db.transaction():
            await people.describe(person.id, **after)
            entry = NewEntry("person.change", person, ids.wire("per", person.id), before, after)
            await log.record_of_server(visit.context, entry)
    except Refusal as refusal:
        return await _screen(visit, sessions, refusal)
    return visit.go(visit.root(_PATH), told="Saved.")


@page("POST", "/person/password", audience=Audience.PERSON)
async def set_password(visit: Visit, people: LogIn, sessions: Sessions) -> Answer | Screen:
    """Set the person's password; their other sessions end."""
    assert visit.signed_in is not None  # noqa: S101 (the audience)
    try:
        await people.set_password(
            visit.context,
            visit.signed_in,
            password=visit.form["password"],
            present=visit.form["present_password"],
        )
    except Refusal as refusal:
        return await _screen(visit, sessions, refusal)
    return visit.go(visit.root(_PATH), told="The password is set. Your other sessions have ended.")


@page("POST", "/person/sessions/{session}", audience=Audience.PERSON)
async def end_session(visit: Visit, session: str, sessions: Sessions, log: AuditLog) -> Answer:
    """End one of the person's sessions."""
    session_id = ids.read(session, "ses", param="session")
    async with visit.tools.db.transaction():
        await sessions.revoke(visit.person.id, session_id)
        await log.record_of_server(
            visit.context, NewEntry("person.end_session", visit.person, session)
        )
    sessions.forget(visit.person.id)
    return visit.go(visit.root(_PATH), told="The session has ended.")


async def _screen(visit: Visit, sessions: Sessions, refusal: Refusal | None = None) -> Screen:
    faults = FormFaults(refusal) if refusal else NO_FAULTS
    found = await sessions.of_person(visit.context, visit.person.id)
    return Screen(
        title="You",
        status=status_of(type(refusal)) if refusal else 200,
        body=[
            parts.card("Who you are", _about(visit, faults)),
            parts.card("Password", _password(visit, faults)),
            parts.card("Sessions", _sessions(visit, found), id_="sessions"),
            faults.rest(),
        ],
    )


def _about(visit: Visit, faults: FormFaults) -> Node:
    person = visit.person
    fields = Fields({"name": person.name, "language": person.language, **visit.form}, faults)
    return parts.form(
        visit.root(_PATH),
        parts.facts(("E-mail", person.email), ("Operator", "yes" if person.is_operator else "")),
        fields.text("Name", "name", autocomplete="name", required=True),
        fields.choice("Numbers and dates as in", "language", languages()),
        h.p[parts.submit("Save")],
    )


def _password(visit: Visit, faults: FormFaults) -> Node:
    assert visit.signed_in is not None  # noqa: S101 (the audience)
    fields = Fields({}, faults)
    needs_present = visit.person.has_password and not visit.signed_in.by_link
    return parts.form(
        visit.root(f"{_PATH}/password"),
        h.p["You came in by a link. Choose a password to log in without one."]
        if not visit.person.has_password
        else None,
        needs_present and fields.text(
            "Present password", "present_password",
            type="password", autocomplete="current-password", required=True,
        ),
        fields.text(
            "New password", "password",
            type="password", autocomplete="new-password", required=True,
            hint="12 characters or more; a few words will do. Your other sessions end.",
        ),
        h.p[parts.submit("Set the password")],
    )  # fmt: skip


def _sessions(visit: Visit, found: Sequence[PersonSession]) -> Node:
    assert visit.signed_in is not None  # noqa: S101 (the audience)
    present = visit.signed_in.session_id
    formats = visit.formats()
    return parts.table(
        ("Browser", "Address", "Opened", "Last seen", "Action"),
        (
            (
                h.span(title=one.user_agent)[browser_name(one.user_agent)],
                one.address or "unknown",
                formats.when(one.time_created),
                formats.since(one.last_seen, visit.context.now),
                parts.badge("this one", "good") if one.id == present else _end_form(visit, one),
            )
            for one in found
        ),
        label="Sessions",
    )


def _end_form(visit: Visit, session: PersonSession) -> Node:
    address = visit.root(f"{_PATH}/sessions/{ids.wire('ses', session.id)}")
    return parts.form(address, parts.submit("End", danger=True))


PAGES: Final[Sequence[DashboardPage]] = (show_person, change_person, set_password, end_session)
