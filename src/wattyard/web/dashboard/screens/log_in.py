"""How people come in and leave: passwords, one-time links, log-out (contract 9, People)."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import htpy as h

from wattyard.kernel.refusals import TooMany
from wattyard.people.domain import OneTimeLink, Person
from wattyard.people.service import LogIn, Sessions
from wattyard.people.service.log_in import LinkEnded, LinkNeedsLogIn, LogInRefused
from wattyard.people.service.sessions import SessionEnded
from wattyard.platform.http import Answer
from wattyard.platform.http.errors import headers_of, status_of
from wattyard.platform.settings import Settings
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import Audience, DashboardPage, Screen, page
from wattyard.web.dashboard.forms import NO_FAULTS, FormFaults
from wattyard.web.dashboard.origins import DashboardAddress
from wattyard.web.dashboard.resume import log_in_form, of_one_cell, own_path, send_again
from wattyard.web.dashboard.visit import Visit


@page("GET", "/login", audience=Audience.ANYBODY)
async def show_log_in(visit: Visit, settings: Settings) -> Answer | Screen:
    """Show the form for e-mail address and password."""
    DashboardAddress.of(settings).check_secure(visit.call)
    wanted = own_path(visit, visit.query.get("next", ""))
    if visit.signed_in is not None:
        return visit.go(wanted)
    return _log_in_screen(visit, wanted)


@page("POST", "/login", audience=Audience.ANYBODY, from_secret_path=True)
async def log_in(
    visit: Visit, people: LogIn, sessions: Sessions, settings: Settings
) -> Answer | Screen:
    """Open a session for whoever knows the password, and lead them to where they were going."""
    place = DashboardAddress.of(settings)
    place.check_secure(visit.call)
    wanted = own_path(visit, visit.form["next"])
    try:
        _, token = await people.by_password(
            visit.context,
            email=visit.form["email"],
            password=visit.form["password"],
            address=visit.call.address,
            user_agent=visit.call.header(b"user-agent") or "",
        )
    except (LogInRefused, TooMany) as refusal:
        if isinstance(refusal, TooMany):
            visit.call.extra_headers.extend(headers_of(refusal))
        cell = await sessions.cell() if isinstance(refusal, LogInRefused) else None
        status = status_of(type(refusal))
        return _log_in_screen(visit, wanted, FormFaults(refusal), status=status, cell=cell)
    await _end_present(visit, sessions)
    await _give(visit, sessions, place, token)
    kept = send_again(visit, visit.form["kept"]) if visit.form["kept"] else None
    return kept or visit.go(wanted)


@page("GET", "/link/{token}", audience=Audience.ANYBODY, secret_path=True)
async def show_link(visit: Visit, token: str, people: LogIn, settings: Settings) -> Screen:
    """Show one button: programs that only look at a link do not use it up."""
    DashboardAddress.of(settings).check_secure(visit.call)
    try:
        link = await people.link(visit.context, token)
    except LinkEnded as refusal:
        return _ended(visit, refusal)
    return _link_screen(visit, token, link)


@page("POST", "/link/{token}", audience=Audience.ANYBODY, secret_path=True)
async def use_link(
    visit: Visit, token: str, people: LogIn, sessions: Sessions, settings: Settings
) -> Answer | Screen:
    """Use a link up: open a session for its reader, with what the link gives them."""
    place = DashboardAddress.of(settings)
    place.check_secure(visit.call)
    try:
        link = await people.link(visit.context, token)
        person = await people.by_link(visit.context, token, present=visit.signed_in)
    except LinkEnded as refusal:
        return _ended(visit, refusal)
    except LinkNeedsLogIn as refusal:
        return Screen(
            title="Log in to accept",
            status=status_of(LinkNeedsLogIn),
            body=log_in_form(visit, next_=_address(visit, token), faults=FormFaults(refusal)),
        )
    proven = link.invitation.signs_in or visit.signed_in is None
    await _begin(visit, sessions, place, person, by_link=proven)
    if link.invitation.account is not None and not person.has_password:
        return visit.go(
            visit.root("/dashboard/person"),
            told="You are logged in. Choose a password, so that you can come back without a link.",
        )
    return visit.go(visit.root("/dashboard"))


@page("POST", "/logout", audience=Audience.ANYBODY, from_secret_path=True)
async def log_out(visit: Visit, sessions: Sessions, settings: Settings) -> Answer:
    """End the session."""
    await _end_present(visit, sessions)
    visit.call.extra_headers.append(DashboardAddress.of(settings).session_cookie(""))
    return visit.go(visit.root("/dashboard/login"), told="You are logged out.")


async def _begin(
    visit: Visit,
    sessions: Sessions,
    place: DashboardAddress,
    person: Person,
    *,
    by_link: bool,
) -> None:
    """Open a new session, whatever the browser had before, and give it the cookie."""
    await _end_present(visit, sessions)
    token = await sessions.open(
        visit.context,
        person.id,
        address=visit.call.address,
        user_agent=visit.call.header(b"user-agent") or "",
        by_link=by_link,
    )
    await _give(visit, sessions, place, token)


async def _give(visit: Visit, sessions: Sessions, place: DashboardAddress, token: str) -> None:
    """Give the browser a session's cookie, and the visit its person."""
    visit.signed_in = await sessions.signed_in(visit.context, token)
    visit.call.extra_headers.append(place.session_cookie(token))


async def _end_present(visit: Visit, sessions: Sessions) -> None:
    if visit.signed_in is not None:
        with suppress(SessionEnded):
            await sessions.revoke(visit.person.id, visit.signed_in.session_id)


def _log_in_screen(
    visit: Visit,
    wanted: str,
    faults: FormFaults = NO_FAULTS,
    *,
    status: int = 200,
    cell: int | None = None,
) -> Screen:
    form = log_in_form(visit, next_=wanted, kept=visit.form["kept"], faults=faults)
    return Screen(
        title="Log in",
        status=status,
        body=[
            form,
            of_one_cell(cell),
            h.p(".note")[
                "No password yet, or lost it? An owner of your account can invite you, and whoever "
                "runs this server can make you a new link."
            ],
        ],
    )


def _link_screen(visit: Visit, token: str, link: OneTimeLink) -> Screen:
    given = link.invitation
    role = f" You become {given.role.name.lower()} of an account." if given.role else ""
    return Screen(
        title="Welcome",
        body=[
            h.p["This link is for ", h.strong[given.email], f".{role} It is good for one log-in."],
            parts.form(_address(visit, token), h.p[parts.submit("Log in")]),
        ],
    )


def _ended(visit: Visit, refusal: LinkEnded) -> Screen:
    return Screen(
        title="This link has ended",
        status=status_of(LinkEnded),
        body=parts.empty(
            f"{refusal.first.message[0].upper()}{refusal.first.message[1:]}.",
            parts.button("Log in with a password", visit.root("/dashboard/login")),
        ),
    )


def _address(visit: Visit, token: str) -> str:
    return visit.root(f"/dashboard/link/{token}")


PAGES: Final[Sequence[DashboardPage]] = (show_log_in, log_in, show_link, use_link, log_out)
