"""Use-cases of the delivery worker: claim deliveries and record their outcomes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from wattyard.events.domain import NewEvent
from wattyard.events.domain.deliveries import GONE, ClaimedDelivery, Outcome
from wattyard.events.domain.endpoints import DISABLED_AFTER, DISABLED_TYPE
from wattyard.events.service.log import Events
from wattyard.events.service.ports import SerializeEndpoint
from wattyard.events.store import backlog as backlog_store
from wattyard.events.store import endpoints as endpoint_store
from wattyard.events.store import queue as store
from wattyard.events.store import workers as worker_store
from wattyard.events.store.backlog import BACKLOG_COUNTED
from wattyard.events.store.queue import FIRST_LANE, ClaimRequest, Lane
from wattyard.events.store.workers import Workers
from wattyard.kernel import ids, instants
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context
from wattyard.kernel.measures import Measure

__all__ = ["FIRST_LANE", "LEASE", "ClaimRequest", "CountedAsDead", "Lane", "Outbox", "Workers"]

LEASE: Final = timedelta(seconds=20)
"""How long a delivery stays with a worker that gives no signs of life, such as one of an earlier
release; one that gives them loses it soon after the last."""

_OVERDUE: Final = timedelta(minutes=15)


class CountedAsDead(Exception):
    """A worker was silent for so long that others may send what it held."""


class Outbox:
    """The pending deliveries of all accounts."""

    def __init__(self, events: Events, serialize: SerializeEndpoint) -> None:
        self._events = events
        self._serialize = serialize

    async def complaints(self, context: Context) -> list[str]:
        """Report deliveries that nobody sends; empty where all is well."""
        async with self._events.db.reading() as db:
            count, oldest = await backlog_store.overdue(db, context.now - _OVERDUE)
        if oldest is None:
            return []
        since = instants.text(oldest)
        running = "is wattyard serve or wattyard worker running?"
        return [f"{count:,} webhook deliveries are overdue, the oldest since {since}: {running}"]

    async def measures(self, context: Context) -> list[Measure]:
        """How many deliveries are due but not made, and for how long the oldest is."""
        async with self._events.db.reading() as db:
            count, oldest = await backlog_store.backlog(db, context.now)
        age = (context.now - oldest).total_seconds() if oldest else 0.0
        return [
            Measure(
                "delivery_backlog",
                f"Webhook deliveries that are due; counted up to {BACKLOG_COUNTED:,}.",
                count,
            ),
            Measure("delivery_oldest_seconds", "For how long the oldest of them is due.", age),
        ]

    async def claim(
        self, context: Context, holder: UUID, request: ClaimRequest
    ) -> list[ClaimedDelivery]:
        """Lease the deliveries that are due and next in order, oldest first.

        Raises:
            CountedAsDead: when the holder has been silent for too long.
        """
        now = context.now
        async with self._events.db.transaction() as db:
            claimed = await store.claim(db, holder, request, now=now, until=now + LEASE)
        if claimed is None:
            raise CountedAsDead
        return claimed

    async def anything_waits(self) -> bool:
        """Whether any delivery is pending: due or not, held or not."""
        async with self._events.db.reading() as db:
            return await backlog_store.anything_waits(db)

    async def sign(self, holder: UUID) -> None:
        """Give a sign of life of a worker that holds deliveries.

        Raises:
            CountedAsDead: when it comes too late.
        """
        async with self._events.db.transaction() as db:
            await db.execute("SET LOCAL synchronous_commit = off")
            alive = await worker_store.sign(db, holder)
        if not alive:
            raise CountedAsDead

    async def workers(self) -> Workers:
        """List the workers that held deliveries lately, with their signs of life."""
        async with self._events.db.reading() as db:
            return await worker_store.present(db)

    async def count_as_dead(self, silent: Mapping[UUID, int]) -> list[UUID]:
        """Let anybody take what those hold that have given no sign beyond a number: who it is."""
        async with self._events.db.transaction() as db:
            return await worker_store.count_as_dead(db, silent)

    async def sign_off(self, holder: UUID) -> None:
        """Forget a worker that holds nothing any more."""
        async with self._events.db.transaction() as db:
            await worker_store.sign_off(db, holder)

    async def renew(
        self, context: Context, holder: UUID, deliveries: Collection[ClaimedDelivery]
    ) -> set[UUID]:
        """Keep deliveries for another lease: the ids of those that may still be sent.

        Left out are those that another worker took, and those of an endpoint that was deleted,
        disabled or given another address meanwhile.
        """
        until = context.now + LEASE
        async with self._events.db.transaction() as db:
            return await store.renew(db, holder, deliveries, until=until)

    async def give_back(self, holder: UUID, deliveries: Collection[ClaimedDelivery]) -> None:
        """Release deliveries untried: another worker can claim them at once."""
        async with self._events.db.transaction() as db:
            await store.give_back(db, holder, [_key(delivery) for delivery in deliveries])
        self._events.notify()

    async def settle(self, context: Context, holder: UUID, outcomes: Sequence[Outcome]) -> None:
        """Record the outcomes of attempts; disable endpoints that are gone or failed too long."""
        last = {_lane(outcome.delivery): outcome for outcome in outcomes}
        successes = {_lane(o.delivery) for o in outcomes if o.reply.succeeded}
        failures = [lane for lane, outcome in last.items() if not outcome.reply.succeeded]
        ended = {_lane(o.delivery) for o in outcomes if o.reply.status_code == GONE}
        now = context.now
        async with self._events.db.transaction() as db:
            await store.settle(db, holder, outcomes)
            if successes:
                await store.note_successes(db, sorted(successes), now)
            if failures:
                ended.update(
                    await store.note_failures(db, sorted(failures), now, longest=DISABLED_AFTER)
                )
        for lane in ended:
            await self._disable(context, lane)

    async def _disable(self, context: Context, lane: Lane) -> None:
        account, live, endpoint_id = lane
        async with self._events.db.transaction() as db:
            endpoint = await endpoint_store.locked(db, account, live, endpoint_id)
            account_id = await store.account_id_of(db, lane)
            if endpoint is None or account_id is None or not endpoint.enabled:
                return
            endpoint = replace(endpoint, enabled=False)
            await endpoint_store.disable(db, account, live, endpoint_id)
            owner = Caller(account, account_id, live)
            new_events = NewEvent(
                DISABLED_TYPE, ids.wire("whe", endpoint_id), self._serialize(owner, endpoint)
            )
            await self._events.record(context.on_behalf_of(owner), [new_events])


def _lane(delivery: ClaimedDelivery) -> Lane:
    return delivery.account, delivery.live_mode, delivery.endpoint_id


def _key(delivery: ClaimedDelivery) -> tuple[int, bool, UUID]:
    return delivery.account, delivery.live_mode, delivery.id
