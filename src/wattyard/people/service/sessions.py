"""The use-case of sessions: who sends a session's token?"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Final
from uuid import UUID

from cachetools import LRUCache

from wattyard.kernel.callers import NOBODY
from wattyard.kernel.context import Context
from wattyard.kernel.refusals import Missing, Unavailable
from wattyard.kernel.values import dataclass
from wattyard.people.domain import IDLE, PersonSession, SignedIn
from wattyard.people.domain.links import hash_of, session_token
from wattyard.people.store import sessions as store
from wattyard.platform.db import Database, of_account

_CACHED: Final = 5_000
_STANDING_SECONDS: Final = 2.0
"""A session, its person and their accounts are read again after this time (contract: 5 s)."""
_USE_NOTED: Final = timedelta(minutes=1)
_USER_AGENT_LIMIT: Final = 255


class SessionEnded(Missing):
    """The person has no such session; it may have ended."""

    code = "session_ended"


@dataclass(slots=True)
class _Known:
    session: PersonSession
    signed_in: SignedIn
    fresh_until: float


class Sessions:
    """Sessions of people; the database has them, so that every node knows them.

    `seconds` is a monotonic clock, of what is remembered: 5,000 sessions, each for two seconds.
    """

    def __init__(self, db: Database, seconds: Callable[[], float] = monotonic) -> None:
        self._db = db
        self._seconds = seconds
        self._known: LRUCache[bytes, _Known] = LRUCache(_CACHED)

    async def signed_in(self, context: Context, token: str) -> SignedIn | None:
        """Find who sends a session's token; None where the session is over, or never was.

        A session is over when it was ended, when it was idle for 12 hours, and when its person is
        disabled. That it is used is noted once a minute.
        """
        token_hash = hash_of(token)
        known = self._known.get(token_hash)
        if known is None or known.fresh_until < self._seconds():
            with of_account(_share_of(self._known.pop(token_hash, None))):
                known = await self._read(token_hash)
        if known is None or known.signed_in.person.disabled or known.session.is_over(context.now):
            return None
        self._known[token_hash] = known
        await self._note_use(context, known)
        return known.signed_in

    async def open(
        self,
        context: Context,
        person_id: UUID,
        *,
        address: str,
        user_agent: str,
        by_link: bool = False,
    ) -> str:
        """Open a session for a person who has shown who they are: its token.

        Its id and token are new, whatever session they had before.
        """
        session = PersonSession(
            context.new_id(),
            person_id,
            address,
            user_agent[:_USER_AGENT_LIMIT],
            context.now,
            context.now,
            by_link,
        )
        async with self._db.transaction() as db:
            await store.forget(db, context.now - IDLE)
            token = session_token(await store.cell(db))
            await store.add(db, session, hash_of(token))
        return token

    async def cell(self) -> int | None:
        """Read in which cell people log in here; None where there are no cells."""
        async with self._db.reading() as db:
            return await store.cell(db)

    async def of_person(self, context: Context, person_id: UUID) -> list[PersonSession]:
        """List the sessions of a person that are not over, newest first."""
        async with self._db.reading() as db:
            return await store.of_person(db, person_id, context.now - IDLE)

    async def revoke(self, person_id: UUID, session_id: UUID) -> None:
        """End a session of a person; other nodes notice within seconds.

        Raises:
            SessionEnded: when they have no such session.
        """
        async with self._db.transaction() as db:
            found = await store.end(db, person_id, session_id)
        self.forget(person_id)
        if not found:
            raise SessionEnded("there is no such session; it may have ended")

    async def revoke_all(self, person_id: UUID, *, besides: UUID | None = None) -> None:
        """End all sessions of a person, besides one of them."""
        async with self._db.transaction() as db:
            await store.end_all(db, person_id, besides)
        self.forget(person_id)

    def forget(self, person_id: UUID) -> None:
        """Read a person's sessions anew when they are used next, because something changed."""
        for token_hash, known in list(self._known.items()):
            if known.session.person_id == person_id:
                del self._known[token_hash]

    async def _read(self, token_hash: bytes) -> _Known | None:
        fresh_until = self._seconds() + _STANDING_SECONDS
        async with self._db.reading() as db:
            found = await store.signed_in(db, token_hash)
        return None if found is None else _Known(*found, fresh_until)

    async def _note_use(self, context: Context, known: _Known) -> None:
        """Note that a session is used; a database that only reads does not keep anybody out."""
        if context.now - known.session.last_seen < _USE_NOTED:
            return
        known.session = replace(known.session, last_seen=context.now)
        with of_account(_share_of(known)), suppress(Unavailable):
            async with self._db.transaction() as db:
                await store.touch(db, known.session.id, context.now)


def _share_of(known: _Known | None) -> int | None:
    """Whose share of the database a session is looked up in.

    That of those who are not known, until this process has seen it once.
    """
    if known is None:
        return NOBODY.account
    return next((one.account for one in known.signed_in.memberships), None)
