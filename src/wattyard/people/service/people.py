"""The use-cases of people: invite them, list them, change what they may do, remove them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from wattyard.accounts.domain import checked_name
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context
from wattyard.kernel.refusals import Conflict, Missing, PreconditionFailed, StateForbids
from wattyard.people.domain import (
    Invitation,
    Member,
    Membership,
    NewEntry,
    OneTimeLink,
    Person,
    Role,
    checked_email,
)
from wattyard.people.domain.links import LINK_LIFETIME, hash_of, new_token
from wattyard.people.service.audit import AuditLog
from wattyard.people.service.sessions import Sessions
from wattyard.people.store import links
from wattyard.people.store import people as store
from wattyard.platform.db import Database, ReadConnection, WriteConnection

_LINKS_KEPT: Final = timedelta(days=7)
"""A link is remembered for this long after its end, so that its reader learns that it ended."""


class PersonNotFound(Missing):
    """There is no such person, or they are not a member of this account."""

    code = "person_not_found"


class InvitationNotFound(Missing):
    """There is no such invitation to this account, or it was used."""

    code = "invitation_not_found"


class AlreadyMember(Conflict):
    """The person is a member of the account already: change their role instead."""

    code = "already_member"


class LastOwner(StateForbids):
    """The account would be left without an owner: make somebody else one first."""

    code = "last_owner"


class People:
    """People and their roles. `by` is who does it: None for the operator at the command line."""

    def __init__(self, db: Database, sessions: Sessions, log: AuditLog) -> None:
        self._db = db
        self._sessions = sessions
        self._log = log

    async def invite(
        self, context: Context, invitation: Invitation, by: Person | None = None
    ) -> tuple[OneTimeLink, str]:
        """Make a one-time link, good for 24 hours: the link, and its token, not shown again.

        An invitation that names an account is to that of the context. Only the operator makes
        operators, and links that sign somebody in who is there already.

        Raises:
            EmailInvalid, NameInvalid.
            AlreadyMember: when they are a member of the account.
            PersonNotFound: when it gives neither an account nor the operator's rights, and there is
                nobody with the e-mail address.
        """
        email = checked_email(invitation.email)
        given = replace(
            invitation,
            email=email,
            name=checked_name(invitation.name or email.partition("@")[0]),
            makes_operator=invitation.makes_operator and by is None,
            signs_in=by is None,
        )
        token = new_token()
        link = OneTimeLink(context.new_id(), given, context.now, context.now + LINK_LIFETIME)
        async with self._db.transaction() as db:
            await self._check_invited(db, context, given)
            await links.forget(db, context.now - _LINKS_KEPT)
            await links.add(db, link, hash_of(token))
            if given.account is not None:
                await self._log.record(
                    context, NewEntry("member.invite", by, after=_shown(email, given.role))
                )
        return link, token

    async def _check_invited(
        self, db: WriteConnection, context: Context, given: Invitation
    ) -> None:
        if given.account not in (None, context.account):
            raise RuntimeError("an invitation is to the account of its context")
        known = await store.by_email(db, given.email)
        if given.account is None:
            if known is None and not given.makes_operator:
                raise _nobody(given.email)
            return
        if known and await store.role_of(db, given.account, known.id) is not None:
            raise AlreadyMember(
                f"{given.email} is a member of this account; change the role instead", param="email"
            )

    async def invitations(self, context: Context) -> list[OneTimeLink]:
        """List the invitations to the context's account that can still be used, newest first."""
        async with self._db.reading() as db:
            return await links.open_of(db, context.account, context.now)

    async def withdraw(self, context: Context, id_: UUID, by: Person | None = None) -> None:
        """Withdraw an invitation to the context's account.

        Raises:
            InvitationNotFound: when there is none, or it was used.
        """
        async with self._db.transaction() as db:
            link = await links.withdraw(db, context.account, id_)
            if link is None:
                raise InvitationNotFound("there is no such invitation; it may have been used")
            shown = _shown(link.invitation.email, link.invitation.role)
            await self._log.record(context, NewEntry("member.withdraw", by, before=shown))

    async def members(self, context: Context) -> list[Member]:
        """List the members of the context's account by their address."""
        async with self._db.reading() as db:
            return await store.members(db, context.account)

    async def change_role(
        self,
        context: Context,
        person_id: UUID,
        role: Role,
        by: Person | None = None,
        *,
        seen: Role | None = None,
    ) -> None:
        """Change the role of a member of the context's account.

        `seen` is the role that whoever changes it was shown, if they were shown one.

        Raises:
            PersonNotFound: when they are not a member.
            PreconditionFailed: when they no longer have the role that was seen.
            LastOwner: when nobody else is an owner.
        """
        async with self._db.transaction() as db:
            person, present = await self._member(db, context, person_id)
            if role is present:
                return
            if seen not in (None, present):
                raise PreconditionFailed(
                    f"somebody else has made {person.email} {present.name.lower()} since you "
                    f"opened the page, where it was {seen.name.lower()}; nothing was changed"
                )
            if present is Role.OWNER:
                await self._check_other_owner(db, context, person)
            await store.set_role(db, context.account, person_id, role)
            await self._log.record(
                context,
                NewEntry(
                    "member.change",
                    by,
                    ids.wire("per", person_id),
                    before=_shown(person.email, present),
                    after=_shown(person.email, role),
                ),
            )
        self._sessions.forget(person_id)

    async def remove(self, context: Context, person_id: UUID, by: Person | None = None) -> None:
        """End a person's membership in the context's account, and what else invites them to it.

        Raises:
            PersonNotFound: when they are not a member.
            LastOwner: when nobody else is an owner.
        """
        async with self._db.transaction() as db:
            person, present = await self._member(db, context, person_id)
            if present is Role.OWNER:
                await self._check_other_owner(db, context, person)
            await store.leave(db, context.account, person_id)
            await links.end_of(db, context.account, person.email)
            await self._log.record(context, _removal(person, present, by))
        self._sessions.forget(person_id)

    async def all(self) -> list[tuple[Person, tuple[Membership, ...]]]:
        """List all people by their address, with their accounts."""
        async with self._db.reading() as db:
            return await store.everybody(db)

    async def find(self, email: str) -> Person:
        """Find a person by e-mail address.

        Raises:
            EmailInvalid.
            PersonNotFound: when there is nobody.
        """
        async with self._db.reading() as db:
            return await self._person(db, checked_email(email))

    async def disable(self, email: str) -> Person:
        """Lock a person out: their sessions and links end.

        Raises:
            EmailInvalid.
            PersonNotFound: when there is nobody.
        """
        async with self._db.transaction() as db:
            person = await self._person(db, checked_email(email))
            await store.disable(db, person.id)
            await links.end(db, person.email)
            await self._sessions.revoke_all(person.id)
        return replace(person, disabled=True)

    async def enable(self, email: str) -> Person:
        """Let a person in again.

        Raises:
            EmailInvalid.
            PersonNotFound: when there is nobody.
        """
        async with self._db.transaction() as db:
            person = await self._person(db, checked_email(email))
            await self._sessions.revoke_all(person.id)  # one that was opened while they left
            await store.enable(db, person.id)
        return replace(person, disabled=False)

    async def delete(self, context: Context, email: str) -> Person:
        """Delete a person with their memberships and sessions; the audit log keeps their address.

        Raises:
            EmailInvalid.
            PersonNotFound: when there is nobody.
            LastOwner: when an account would be without an owner.
        """
        async with self._db.transaction() as db:
            person = await self._person(db, checked_email(email))
            alone = await store.accounts_owned_alone(db, person.id)
            if alone:
                raise LastOwner(
                    f"{person.email} is the only owner of {', '.join(alone)}; "
                    "make somebody else an owner first"
                )
            for one in await store.memberships_of(db, person.id):
                owner = context.on_behalf_of(Caller(one.account, one.account_id, live_mode=True))
                await self._log.record(owner, _removal(person, one.role, None))
            await links.end(db, person.email)
            await store.delete(db, person.id)
        self._sessions.forget(person.id)
        return person

    async def only_here(self, context: Context) -> int:
        """Count the people who have no account but the context's, and do not run the server."""
        async with self._db.reading() as db:
            return len(await store.only_here(db, context.account))

    async def leave(self, context: Context) -> int:
        """End all memberships of the context's account: how many people had no other, and are
        deleted. Invitations end first, so that nobody accepts one after that."""
        async with self._db.transaction() as db:
            await links.end_all_of(db, context.account)
            held = await store.leave_all(db, context.account)
            deleted = await store.delete_without_account(db, held)
        for id_ in held:
            self._sessions.forget(id_)
        return deleted

    async def gone(self, context: Context) -> None:
        """Record that the context's account was deleted, in the transaction that does it."""
        entry = NewEntry("account.delete", None, ids.wire("acc", context.account_id))
        await self._log.record_of_server(context, entry)

    async def describe(self, person_id: UUID, *, name: str, language: str) -> None:
        """Change how a person is called, and the language in which they read.

        Raises:
            NameInvalid.
            PersonNotFound: when there is nobody.
        """
        name = checked_name(name)
        async with self._db.transaction() as db:
            if not await store.describe(db, person_id, name, language):
                raise PersonNotFound("there is no such person")
        self._sessions.forget(person_id)

    async def _person(self, db: ReadConnection, email: str) -> Person:
        person = await store.by_email(db, email)
        if person is None:
            raise _nobody(email)
        return person

    async def _member(
        self, db: WriteConnection, context: Context, person_id: UUID
    ) -> tuple[Person, Role]:
        """Find a member; the roles of an account change one after another."""
        await store.owners(db, context.account)  # locks them
        person = await store.by_id(db, person_id)
        role = await store.role_of(db, context.account, person_id)
        if person is None or role is None:
            raise PersonNotFound("there is no such person in this account")
        return person, role

    async def _check_other_owner(
        self, db: WriteConnection, context: Context, person: Person
    ) -> None:
        if set(await store.owners(db, context.account)) <= {person.id}:
            raise LastOwner(
                f"{person.email} is the only owner of this account; make somebody else one first"
            )


def _nobody(email: str) -> PersonNotFound:
    return PersonNotFound(f"nobody has the e-mail address {ids.shown(email)}")


def _removal(person: Person, role: Role, by: Person | None) -> NewEntry:
    before = _shown(person.email, role)
    return NewEntry("member.remove", by, ids.wire("per", person.id), before=before)


def _shown(email: str, role: Role | None) -> dict[str, Any]:
    return {"email": email, "role": role.name if role else None}
