"""Idempotency keys: the first answer is kept, and given again (contract 0, Writing).

How it is kept follows from the endpoint's effect:

* *writes*: in the transaction of the work, which the use-case joins, so that after a crash both
  are there or neither. An advisory lock shows other processes that the first still runs.
* *computes*: nothing is held while it computes. A mark shows that it runs, and the answer is kept
  in a short transaction at the end.
* *external*: a mark as for *computes*, durable before anything leaves this server; one that is
  left by a crash ends by itself, and then the same request may run again. What the endpoint writes
  here comes last (`LastStep`), in one transaction with the answer: both are there or neither.

Answers with a secret are kept encrypted.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context
from wattyard.kernel.ids import IdMaker
from wattyard.kernel.instants import Clock
from wattyard.kernel.measures import Measure, overdue_measures
from wattyard.kernel.refusals import AccountMoving, Conflict, Malformed, Refusal, TooMany
from wattyard.platform.db import Database, WriteConnection, commit_behind_all
from wattyard.platform.http import errors
from wattyard.platform.http import kept_answers as store
from wattyard.platform.http.call import Answer, Call, CallerGone
from wattyard.platform.http.declare import Effect, Endpoint
from wattyard.platform.http.fingerprints import fingerprint
from wattyard.platform.http.kept_answers import Claim, Kept

KEPT_BYTES: Final = 1024 * 1024
"""An answer above this is not kept; see `IdempotencyAnswerTooLarge`."""
_KEPT_FOR: Final = timedelta(hours=24)
_MARKED_FOR: Final = {
    Effect.COMPUTES: timedelta(seconds=60),
    Effect.EXTERNAL: timedelta(seconds=120),
}
"""When a mark ends by itself. Longer than any such work takes, so that only a crash leaves one."""
_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?", re.ASCII)
REPLAYED: Final = (b"idempotent-replayed", b"true")
"""The header of an answer that was given before."""


class IdempotencyKeyInvalid(Malformed):
    """`Idempotency-Key` is not 1 to 255 printable ASCII characters."""

    code = "idempotency_key_invalid"


class IdempotencyKeyReused(Conflict):
    """This `Idempotency-Key` was used before with another body or path; use a new key."""

    code = "idempotency_key_reused"


class IdempotencyInProgress(Conflict):
    """The first request with this `Idempotency-Key` is still running; repeat it in a moment."""

    code = "idempotency_in_progress"


class IdempotencyAnswerTooLarge(Conflict):
    """The first request was carried out, but its answer of more than 1 MiB was not kept.

    Read what it made instead. A calculation is never refused so: it is done again.
    """

    code = "idempotency_answer_too_large"


REFUSALS: Final = (
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    IdempotencyInProgress,
    IdempotencyAnswerTooLarge,
)

LastStep = Callable[[], Awaitable[Answer]]
"""What an endpoint does at the end in one transaction, after it asked something outside."""

Work = Callable[[], Awaitable[Answer | LastStep]]


class SecretAnswers(Protocol):
    """The port that encrypts answers with secrets; a value belongs to one key of one caller."""

    def encrypted(self, caller: Caller, key: str, body: bytes) -> bytes: ...

    def decrypted(self, caller: Caller, key: str, value: bytes) -> bytes: ...


class _NotFirst(Exception):
    """Undoes a last step whose request was answered by another one meanwhile."""


class Replays:
    """The kept answers of an account and mode."""

    def __init__(
        self, db: Database, now: Clock, new_id: IdMaker, secret_answers: SecretAnswers
    ) -> None:
        self._db = db
        self._now = now
        self._new_id = new_id
        self._secret_answers = secret_answers

    async def once(
        self, call: Call, caller: Caller, declared: Endpoint, *, raw: bytes, work: Work
    ) -> Answer:
        """Do the work of a key once, and answer the same ever after.

        Raises:
            IdempotencyKeyInvalid, IdempotencyKeyReused, IdempotencyInProgress,
            IdempotencyAnswerTooLarge.
        """
        key = call.header(b"idempotency-key") or ""
        if not _KEY.fullmatch(key):
            raise IdempotencyKeyInvalid(
                "Idempotency-Key must be 1 to 255 printable ASCII characters",
                param="Idempotency-Key",
            )
        claim = Claim(
            caller, store.key_of(caller, key), await fingerprint(call, raw), declared.shows_secret
        )
        if declared.effect is Effect.WRITES:
            return await self._within(call, claim, work)
        assert declared.effect is not None  # noqa: S101 (of a POST with a key)
        return await self._beside(call, claim, work, declared.effect)

    async def forget(self) -> int:
        """Delete the answers of every account that are past their day, in small pieces.

        Where an account begins to leave meanwhile, what is left is deleted the next time.
        """
        deleted = 0
        while True:
            now = self._now()
            try:
                async with self._db.transaction() as db:
                    piece = await store.forget(db, until=now - _KEPT_FOR, now=now)
            except AccountMoving:
                return deleted
            if not piece:
                return deleted
            deleted += piece

    async def measures(self, context: Context) -> list[Measure]:
        """How many answers are past their day, and for how long the oldest is."""
        end = context.now - _KEPT_FOR
        async with self._db.reading() as db:
            count, oldest = await store.overdue(db, end)
        seconds = (end - oldest).total_seconds() if oldest else 0.0
        return overdue_measures("idempotency_answers", count, seconds)

    async def _within(self, call: Call, claim: Claim, work: Work) -> Answer:
        """Do the work and keep its answer in one transaction."""
        async with self._db.transaction() as db:
            await self._take_turn(db, claim)
            kept = await self._kept(db, claim)
            if kept is not None:
                return _replayed(kept)
            answer = await self._undoing(call, work)
            if not await self._keep(db, claim, answer):
                raise _in_progress()  # a request of another path, with the same key
        return answer

    async def _beside(self, call: Call, claim: Claim, work: Work, effect: Effect) -> Answer:
        """Do the work with nothing held, between a mark and a transaction."""
        holder = self._new_id()
        kept = await self._started(claim, holder, effect)
        if kept is not None:
            return _replayed(kept)
        try:
            done = await self._answered(call, work)
            if not isinstance(done, Answer):
                return await self._ended(call, claim, holder, done)
        except asyncio.CancelledError:
            self._db.beside(self._given_up(claim, holder))
            raise
        except BaseException:
            await self._given_up(claim, holder)
            raise
        async with self._db.transaction() as db:
            is_first = await self._keep(db, claim, done)
            await store.unmark(db, claim, holder)
            kept = await self._kept(db, claim)
        return done if is_first or kept is None else _replayed(kept)

    async def _ended(self, call: Call, claim: Claim, holder: UUID, step: LastStep) -> Answer:
        """Do the last step and keep its answer in one transaction, unless one is kept already."""
        with suppress(_NotFirst):
            async with self._db.transaction() as db:
                answer = await self._undoing(call, step)
                if not await self._keep(db, claim, answer):
                    raise _NotFirst
                await store.unmark(db, claim, holder)
            return answer
        async with self._db.transaction() as db:
            await store.unmark(db, claim, holder)
            kept = await self._kept(db, claim)
        if kept is None:
            raise _in_progress()
        return _replayed(kept)

    async def _started(self, claim: Claim, holder: UUID, effect: Effect) -> Kept | None:
        """Mark the key, unless there is an answer already: then give it."""
        now = self._now()
        async with self._db.transaction() as db:
            await self._take_turn(db, claim)
            # The mark first: it waits for one that is just taken away, with the answer then kept.
            marked = await store.mark(db, claim, holder, now=now, until=now + _MARKED_FOR[effect])
            if marked is None:
                raise _reused()
            if not marked:
                raise _in_progress()
            kept = await self._kept(db, claim)
            if kept is None or (
                effect is Effect.COMPUTES and kept.is_same_request and kept.body is None
            ):
                return None
            await store.unmark(db, claim, holder)
            return kept

    async def _given_up(self, claim: Claim, holder: UUID) -> None:
        """Let the request run again; where that cannot be written, the mark ends by itself."""
        with suppress(Refusal):
            async with self._db.transaction() as db:
                await store.unmark(db, claim, holder)

    async def _undoing(self, call: Call, work: Work) -> Answer:
        """Do the work in a part of the present transaction that is undone where it is refused."""

        async def part() -> Answer:
            async with self._db.transaction():
                done = await work()
                return done if isinstance(done, Answer) else await done()

        answer = await self._answered(call, part)
        assert isinstance(answer, Answer)  # noqa: S101 (as `part` has it)
        return answer

    async def _answered(self, call: Call, work: Work) -> Answer | LastStep:
        """Do the work; a refusal that will not change by itself is an answer too."""
        try:
            return await work()
        except Refusal as refusal:
            passing = isinstance(refusal, TooMany | CallerGone)
            if passing or errors.status_of(type(refusal)) >= 500:
                raise  # the same request may well be taken later
            return errors.answer(refusal, call)

    async def _take_turn(self, db: WriteConnection, claim: Claim) -> None:
        if not await store.take_turn(db, claim):
            raise _in_progress()

    async def _keep(self, db: WriteConnection, claim: Claim, answer: Answer) -> bool:
        body = answer.body if len(answer.body) <= KEPT_BYTES else None
        now = self._now()
        encrypted = None
        if claim.is_secret and body is not None:
            encrypted, body = self._secret_answers.encrypted(claim.caller, claim.key, body), None
        kept = Kept(is_same_request=True, status=answer.status, body=body, encrypted=encrypted)
        return await store.keep(db, claim, kept, now=now, since=now - _KEPT_FOR)

    async def _kept(self, db: WriteConnection, claim: Claim) -> Kept | None:
        """Find the answer that is kept for a key, as it was given.

        Whoever gave it may have got no answer to its commit: then it is not on the standby yet,
        and would be lost with the primary. It is given again only when it is there.
        """
        kept = await store.kept(db, claim, since=self._now() - _KEPT_FOR)
        if kept is not None:
            await commit_behind_all(db)
        if kept is None or kept.encrypted is None:
            return kept
        body = self._secret_answers.decrypted(claim.caller, claim.key, kept.encrypted)
        return replace(kept, body=body)


def _in_progress() -> IdempotencyInProgress:
    return IdempotencyInProgress(
        "the first request with this Idempotency-Key is still running; repeat it in a moment"
    )


def _reused() -> IdempotencyKeyReused:
    return IdempotencyKeyReused(
        "this Idempotency-Key was used before with another body or path; use a new key for "
        "another request"
    )


def _replayed(kept: Kept) -> Answer:
    if not kept.is_same_request:
        raise _reused()
    if kept.body is None:
        raise IdempotencyAnswerTooLarge(
            f"the first request with this Idempotency-Key was carried out (status {kept.status}), "
            f"but its answer of more than {KEPT_BYTES:,} bytes was not kept; read what it made"
        )
    return Answer(kept.body, kept.status, headers=[REPLAYED])
