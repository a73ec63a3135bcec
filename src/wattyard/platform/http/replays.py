"""Idempotency keys: the first answer is kept with the work, and given again (contract 0, Writing).

The kept answer is written in the transaction of the work, which the use-case joins: after a
crash both are there or neither. An advisory lock tells that the first still runs, also to other
processes.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from wattyard.kernel.callers import Caller
from wattyard.kernel.instants import Clock
from wattyard.kernel.refusals import Conflict, Malformed, Refusal, TooMany
from wattyard.platform.db import Database, ReadConnection, WriteConnection
from wattyard.platform.http import errors
from wattyard.platform.http.call import Answer, Call

_KEPT_FOR: Final = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?", re.ASCII)
_CLEARED_AT_ONCE: Final = 20
_REPLAYED: Final = (b"idempotent-replayed", b"true")


class IdempotencyKeyInvalid(Malformed):
    """`Idempotency-Key` is not 1 to 255 printable ASCII characters."""

    code = "idempotency_key_invalid"


class IdempotencyKeyReused(Conflict):
    """This `Idempotency-Key` came before with another body or path; use a new key."""

    code = "idempotency_key_reused"


class IdempotencyInProgress(Conflict):
    """The first request with this `Idempotency-Key` still runs; repeat it in a moment."""

    code = "idempotency_in_progress"


REFUSALS: Final = (IdempotencyKeyInvalid, IdempotencyKeyReused, IdempotencyInProgress)


class Replays:
    """The kept answers of an account and mode."""

    def __init__(self, db: Database, now: Clock) -> None:
        self._db = db
        self._now = now

    async def once(
        self, call: Call, caller: Caller, raw: bytes, work: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """Do the work of a key once, and answer the same ever after.

        Raises:
            IdempotencyKeyInvalid, IdempotencyKeyReused, IdempotencyInProgress.
        """
        key = call.header(b"idempotency-key") or ""
        if not _KEY.fullmatch(key):
            raise IdempotencyKeyInvalid(
                "Idempotency-Key must be 1 to 255 printable ASCII characters",
                param="Idempotency-Key",
            )
        fingerprint = _fingerprint(call, raw)
        async with self._db.transaction() as db:
            await _take_turn(db, caller, key)
            kept = await self._kept(db, caller, key)
            if kept is not None:
                return _replayed(kept, fingerprint)
            try:
                async with self._db.transaction():
                    answer = await work()
            except Refusal as refusal:
                if isinstance(refusal, TooMany) or errors.status_of(type(refusal)) >= 500:
                    raise  # the same request may well be taken later
                answer = errors.answer(refusal, call, self._now())
            await self._keep(db, caller, key, fingerprint, answer)
        return answer

    async def _kept(
        self, db: ReadConnection, caller: Caller, key: str
    ) -> tuple[bytes, int, bytes] | None:
        row = await db.fetchrow(
            """
            SELECT fingerprint, status, body FROM idempotency_keys
            WHERE account = $1 AND live_mode = $2 AND key = $3 AND time_created > $4
            """,
            caller.account,
            caller.live_mode,
            key,
            self._now() - _KEPT_FOR,
        )
        return None if row is None else (row["fingerprint"], row["status"], row["body"])

    async def _keep(
        self, db: WriteConnection, caller: Caller, key: str, fingerprint: bytes, answer: Answer
    ) -> None:
        now = self._now()
        await db.execute(
            """
            INSERT INTO idempotency_keys
                (account, live_mode, key, fingerprint, status, body, time_created)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (account, live_mode, key) DO UPDATE SET
                fingerprint = excluded.fingerprint, status = excluded.status,
                body = excluded.body, time_created = excluded.time_created
            """,
            caller.account,
            caller.live_mode,
            key,
            fingerprint,
            answer.status,
            answer.body,
            now,
        )
        await _clear_away(db, caller, now - _KEPT_FOR)


async def _take_turn(db: WriteConnection, caller: Caller, key: str) -> None:
    """Lock the key until the transaction ends, or refuse while another holds it."""
    named = f"{caller.account} {caller.live_mode} {key}".encode()
    number = int.from_bytes(hashlib.blake2b(named, digest_size=8).digest(), signed=True)
    if not await db.fetchval("SELECT pg_try_advisory_xact_lock($1)", number):
        raise IdempotencyInProgress(
            "the first request with this Idempotency-Key still runs; repeat it in a moment"
        )


async def _clear_away(db: WriteConnection, caller: Caller, until: datetime) -> None:
    """Clear away a few answers that are past their day, so that none needs a job of its own."""
    await db.execute(
        """
        DELETE FROM idempotency_keys WHERE account = $1 AND live_mode = $2 AND key IN (
            SELECT key FROM idempotency_keys
            WHERE account = $1 AND live_mode = $2 AND time_created <= $3
            ORDER BY time_created LIMIT $4 FOR UPDATE SKIP LOCKED)
        """,
        caller.account,
        caller.live_mode,
        until,
        _CLEARED_AT_ONCE,
    )


def _fingerprint(call: Call, raw: bytes) -> bytes:
    digest = hashlib.sha256(f"{call.method} {call.path}?".encode())
    digest.update(call.scope["query_string"] + b"\n" + raw)
    return digest.digest()


def _replayed(kept: tuple[bytes, int, bytes], fingerprint: bytes) -> Answer:
    if kept[0] != fingerprint:
        raise IdempotencyKeyReused(
            "this Idempotency-Key came before with another body or path; use a new key for "
            "another request"
        )
    return Answer(kept[2], kept[1], headers=[_REPLAYED])
