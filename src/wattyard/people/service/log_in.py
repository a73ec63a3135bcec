"""The use-case of logging in: by a one-time link, or by e-mail address and password."""

from dataclasses import replace
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from wattyard.kernel import ids
from wattyard.kernel.buckets import Buckets
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.refusals import StateForbids, TooMany, Unauthenticated
from wattyard.people.domain import (
    EmailInvalid,
    NewEntry,
    OneTimeLink,
    Person,
    SignedIn,
    checked_email,
    checked_password,
)
from wattyard.people.domain.links import hash_of
from wattyard.people.domain.passwords import normal
from wattyard.people.service.audit import AuditLog
from wattyard.people.service.passwords import Passwords
from wattyard.people.service.sessions import Sessions
from wattyard.people.store import links, people
from wattyard.platform.db import Database, WriteConnection

_OF_PERSON: Final = (1 / 30, 10)
"""Attempts a second, and at once, for one person."""
_OF_ADDRESS: Final = (1 / 5, 30)
"""The same from one network address: people of an office share one."""


class LinkEnded(StateForbids):
    """A one-time link was used, has expired after 24 hours, or never existed."""

    code = "link_ended"


class LinkNeedsLogIn(Unauthenticated):
    """The invited person is known: they accept this link when they are logged in."""

    code = "link_needs_log_in"


class LogInRefused(Unauthenticated):
    """The e-mail address and the password do not match."""

    code = "log_in_refused"


class TooManyLogIns(TooMany):
    """Too many log-ins for this person or from this address; right ones wait too."""

    code = "rate_limited"


class LogIn:
    """Lets people in; opening the session is up to the caller."""

    def __init__(
        self,
        db: Database,
        contexts: Contexts,
        sessions: Sessions,
        log: AuditLog,
        passwords: Passwords,
    ) -> None:
        self._db = db
        self._sessions = sessions
        self._log = log
        self._passwords = passwords

        def seconds() -> float:
            return contexts.clock().timestamp()

        self._by_person = Buckets(rate=_OF_PERSON[0], burst=_OF_PERSON[1], now=seconds)
        self._by_address = Buckets(rate=_OF_ADDRESS[0], burst=_OF_ADDRESS[1], now=seconds)

    async def by_password(
        self, context: Context, *, email: str, password: str, address: str, user_agent: str
    ) -> tuple[Person, str]:
        """Open a session for the person with an e-mail address and password: its token.

        None is opened with a password that was replaced while it was hashed.

        Attempts are counted before anything is hashed. Somebody unknown, disabled or without a
        password takes the same path and the same time as a wrong password.

        Raises:
            TooManyLogIns, TooMany: when there were too many, for the person, from the address, or
                in this process.
            LogInRefused: when they do not belong together.
        """
        person, judged = await self._judged(email, password, address)
        async with self._db.transaction() as db:
            if not await people.hold(db, person.id, judged):
                raise _wrong()
            token = await self._sessions.open(
                context, person.id, address=address, user_agent=user_agent
            )
        return person, token

    async def _judged(self, email: str, password: str, address: str) -> tuple[Person, str]:
        """Find the person with an e-mail address and password, and the hash that was compared."""
        try:
            known_as = checked_email(email)
        except EmailInvalid:
            known_as = ""
        self._count(known_as, address)
        async with self._db.reading() as db:
            found = await people.with_password(db, known_as)
        person, password_hash = found or (None, None)
        right = await self._passwords.is_right(normal(password), password_hash)
        if not right or person is None or password_hash is None or person.disabled:
            raise _wrong()
        return person, password_hash

    async def link(self, context: Context, token: str) -> OneTimeLink:
        """Read a link without using it up.

        Raises:
            LinkEnded: when it cannot be used.
        """
        async with self._db.reading() as db:
            link = await links.by_token(db, hash_of(token))
        if link is None or not link.is_good(context.now):
            raise _ended()
        return link

    async def by_link(self, context: Context, token: str, *, present: SignedIn | None) -> Person:
        """Use a link up, and give the person whom it lets in, with what it gives them.

        `present` is whoever uses it, where they are logged in already.

        Raises:
            LinkEnded: when it cannot be used, or its person is disabled.
            LinkNeedsLogIn: when its person is there, and the link is no proof that its reader is
                that person; the link stays as it was.
        """
        async with self._db.transaction() as db:
            link = await links.use_up(db, hash_of(token), context.now)
            if link is None:
                raise _ended()
            person = await self._invited(db, context, link, present)
            if link.invitation.makes_operator and not person.is_operator:
                await people.make_operator(db, person.id)
                person = replace(person, is_operator=True)
            await self._join(db, context, link, person)
        self._sessions.forget(person.id)
        return person

    async def set_password(
        self, context: Context, signed_in: SignedIn, *, password: str, present: str
    ) -> None:
        """Set a person's password, and end their other sessions.

        `present` is the one that they have; not needed where they have none, or came by a link.

        Raises:
            PasswordInvalid.
            LogInRefused: when `present` is wrong.
            TooManyLogIns, TooMany: as `by_password`.
        """
        person = signed_in.person
        wanted = checked_password(password, email=person.email)
        if person.has_password and not signed_in.by_link:
            self._count(person.email, None)
            async with self._db.reading() as db:
                found = await people.with_password(db, person.email)
            if not await self._passwords.is_right(normal(present), found and found[1]):
                raise LogInRefused("the present password is wrong", param="present_password")
        password_hash = await self._passwords.hashed(wanted)
        async with self._db.transaction() as db:
            await people.set_password(db, person.id, password_hash)
            entry = NewEntry("person.set_password", person, ids.wire("per", person.id))
            await self._log.record_of_server(context, entry)
            await self._sessions.revoke_all(person.id, besides=signed_in.session_id)

    async def _invited(
        self,
        db: WriteConnection,
        context: Context,
        link: OneTimeLink,
        present: SignedIn | None,
    ) -> Person:
        given = link.invitation
        known = await people.by_email(db, given.email)
        if known is None:
            new = Person(
                context.new_id(),
                given.email,
                given.name,
                is_operator=False,
                language="",
                time_created=context.now,
            )
            if await people.add(db, new):
                return new
            known = await people.by_email(db, given.email)  # somebody else was as quick
        if known is None or known.disabled:
            raise _ended()
        if not given.signs_in and (present is None or present.person.id != known.id):
            raise LinkNeedsLogIn(f"log in as {given.email} to accept this invitation")
        return known

    async def _join(
        self, db: WriteConnection, context: Context, link: OneTimeLink, person: Person
    ) -> None:
        given = link.invitation
        if given.account is None or given.role is None:
            return
        if not await people.join(db, given.account, person.id, given.role, context.now):
            return  # they have become a member meanwhile
        joined = await people.memberships_of(db, person.id)
        (account_id,) = (one.account_id for one in joined if one.account == given.account)
        owner = context.on_behalf_of(Caller(given.account, account_id, live_mode=True))
        after = {"email": person.email, "role": given.role.name}
        await self._log.record(
            owner, NewEntry("member.join", person, ids.wire("per", person.id), after=after)
        )

    def _count(self, email: str, address: str | None) -> None:
        taken = [self._by_person.take(email)]
        if address is not None:
            taken.append(self._by_address.take(_network(address)))
        if not all(one.admitted for one in taken):
            raise TooManyLogIns(
                "too many attempts to log in; wait a moment, and then try again",
                retry_after_seconds=max(one.retry_after_seconds for one in taken),
            )


def _network(address: str) -> str:
    """Give what an attempt is counted under: an IPv6 address stands for the /64 it is in."""
    try:
        read = ip_address(address)
    except ValueError:
        return address
    if isinstance(read, IPv6Address):
        return str(ip_network((read, 64), strict=False))
    return address


def _wrong() -> LogInRefused:
    return LogInRefused("this e-mail address and password do not match")


def _ended() -> LinkEnded:
    return LinkEnded(
        "this link was used, or it has expired: a link is good for one log-in within 24 hours; "
        "ask whoever sent it for another one"
    )
