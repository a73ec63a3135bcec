"""The delivery job: claims deliveries, sends them, records outcomes (contract 5, Delivery).

Deliveries are leased. After `kill -9` another worker, or this one after a restart, takes over soon
after the last sign of life (`life_signs.py`); at the end of the process they are released.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from time import monotonic
from typing import Final, Protocol
from uuid import UUID

from wattyard.events.domain.deliveries import ClaimedDelivery, Outcome, Reply, outcome
from wattyard.events.jobs.lanes import PROVEN_SHARE, Lanes
from wattyard.events.jobs.life_signs import SIGN_SECONDS, LifeSigns
from wattyard.events.service import EndpointSecrets, Outbox, WebhookSigner
from wattyard.events.service.outbox import (
    FIRST_LANE,
    LEASE,
    ClaimRequest,
    CountedAsDead,
    Lane,
)
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.refusals import Unavailable
from wattyard.kernel.values import dataclass
from wattyard.platform import logs
from wattyard.platform.db import Listener

_LOOK_SECONDS: Final = 0.65
"""How often to look for what is never notified: due retries and lapsed leases. Where no delivery
waits at all, this is one index probe."""
_GATHER_SECONDS: Final = 0.004
"""Deliveries that become claimable within this time are claimed together."""
_RENEW_SECONDS: Final = 5.0
_SLOW_SECONDS: Final = 0.25
_FINISH_SECONDS: Final = 2.5
"""How long attempts may go on after the job was asked to stop."""
_ATTEMPT_SECONDS: Final = 11.0
"""An attempt begins only while its lease lasts longer than this."""
_RETRY_SECONDS: Final = 1.0


class Sends(Protocol):
    """The port of the network."""

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send a webhook once; returns how the receiver answered."""


@dataclass(frozen=True, slots=True)
class DeliveryDependencies:
    """What the job works with. `chance` gives numbers in 0..1, `attempted` counts outcomes."""

    outbox: Outbox
    signer: WebhookSigner
    secrets: EndpointSecrets
    sender: Callable[[], AbstractAsyncContextManager[Sends]]
    listener: Listener
    contexts: Contexts
    chance: Callable[[], float]
    attempted: Callable[[str], None] = lambda _: None


class DeliveryJob:
    """Delivers webhooks until it is stopped; any number of processes may run it."""

    name = "deliveries"

    def __init__(self, dependencies: DeliveryDependencies) -> None:
        self._dependencies = dependencies

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set; then finish what can be, and release the rest."""
        async with self._dependencies.sender() as sends:
            await Round(self._dependencies, sends).run(stop)


class Round:
    """One run of the job: the deliveries it holds, and its tasks."""

    def __init__(self, dependencies: DeliveryDependencies, sends: Sends) -> None:
        self._dependencies = dependencies
        self._sends = sends
        self._signs = LifeSigns(dependencies.outbox, dependencies.contexts.new_id)
        self._lanes = Lanes()
        self._held: dict[UUID, ClaimedDelivery] = {}
        self._leased_at: dict[UUID, float] = {}
        self._chains: set[asyncio.Task[None]] = set()
        self._outcomes: list[tuple[Outcome, bool]] = []
        self._untried: list[tuple[ClaimedDelivery, bool]] = []
        self._wake = asyncio.Event()
        self._written = asyncio.Event()
        self._writing = asyncio.Lock()
        self._ending = False

    @property
    def _now(self) -> Context:
        return self._dependencies.contexts.operator()

    async def run(self, stop: asyncio.Event) -> None:
        """Claim until `stop` is set, while other tasks write outcomes and renew leases."""
        with self._dependencies.listener.calling(self._wake.set):
            async with asyncio.TaskGroup() as group:
                besides = [
                    group.create_task(task)
                    for task in (
                        self._write(),
                        self._renew(),
                        self._stay_alive(),
                        self._wake_at(stop),
                    )
                ]
                try:
                    await self._claim(stop)
                    await self._wind_up()
                finally:
                    for task in (*besides, *self._chains):
                        task.cancel()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _claim(self, stop: asyncio.Event) -> None:
        """Claim as many as there is room for, endpoint by endpoint in turn."""
        after, woken = FIRST_LANE, True
        while not stop.is_set():
            self._wake.clear()
            free = self._lanes.free
            try:
                may_find = free and (woken or await self._dependencies.outbox.anything_waits())
                taken = await self._take(after, free) if may_find else []
            except Unavailable:
                taken, free = [], 0
            if free and len(taken) >= free:
                after = max(map(_lane, taken))
            elif free and after != FIRST_LANE:
                after = FIRST_LANE
            else:
                woken = await self._woken()

    async def _woken(self) -> bool:
        """Wait until something may be claimable; False where it is only time to look."""
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            return False
        await asyncio.sleep(_GATHER_SECONDS)
        return True

    async def _take(self, after: Lane, limit: int) -> list[ClaimedDelivery]:
        request = ClaimRequest(
            after,
            limit,
            PROVEN_SHARE,
            self._lanes.unproven_share,
            self._lanes.allowances(),
            await self._signs.dead(),
        )
        leased_at = monotonic()
        try:
            taken = await self._dependencies.outbox.claim(self._now, self._signs.holder, request)
        except CountedAsDead:  # before it held anything here
            self._signs.begin_anew()
            self._let_all_go()
            return []
        if taken:
            self._signs.given(leased_at)
        chains: dict[tuple[UUID, str], list[ClaimedDelivery]] = defaultdict(list)
        for delivery in taken:
            self._leased_at[delivery.id] = leased_at
            if delivery.id in self._held:  # the clock jumped past its lease; it is being sent
                continue
            self._held[delivery.id] = delivery
            self._lanes.took(delivery.endpoint_id, proven=delivery.proven)
            chains[delivery.endpoint_id, delivery.event.object_id].append(delivery)
        for chain in chains.values():
            task = asyncio.create_task(self._send_in_order(chain))
            self._chains.add(task)
            task.add_done_callback(self._chains.discard)
        return taken

    async def _send_in_order(self, chain: Sequence[ClaimedDelivery]) -> None:
        """Send the events of one object to one endpoint, until one of them fails."""
        pace = _Pace(self._lanes, chain, self._wake.set)
        try:
            while pace.left and not self._ending and self._lasts(pace.left[0]):
                begun = monotonic()
                with pace:
                    reply = await self._attempt(pace.left[0])
                reply = replace(reply, seconds=monotonic() - begun)
                delivery = pace.left.pop(0)
                self._lanes.judged(delivery.endpoint_id, succeeded=reply.succeeded)
                ended = outcome(
                    delivery,
                    reply,
                    self._dependencies.contexts.clock(),
                    self._dependencies.chance(),
                )
                self._outcomes.append((ended, pace.slow))
                self._log_outcome(ended)
                self._written.set()
                if not reply.succeeded:
                    break
        except Unavailable:  # the keys could not be read, or no socket opened: nothing was sent
            await asyncio.sleep(_RETRY_SECONDS)
        finally:
            self._untried += [(delivery, pace.slow) for delivery in pace.left]
            self._written.set()

    async def _attempt(self, delivery: ClaimedDelivery) -> Reply:
        caller = Caller(delivery.account, delivery.account_id, delivery.live_mode)
        try:
            body = self._dependencies.signer.body(caller, delivery.event)
            headers = await self._headers(delivery, body)
            return await self._sends.send(delivery.url, headers, body)
        except Unavailable:
            raise
        except Exception as fault:  # noqa: BLE001 (one that cannot be sent must not stop the others)
            logs.error(
                "delivery could not be attempted",
                fault=fault,
                delivery=ids.wire("whd", delivery.id),
            )
            return Reply(error="not sent: internal error of this server")

    async def _headers(self, delivery: ClaimedDelivery, body: bytes) -> dict[str, str]:
        secrets, id_ = self._dependencies.secrets, delivery.endpoint_id
        context = self._now
        signing = secrets.signing(id_, delivery.secrets, context.now)
        signed = await self._dependencies.signer.headers(context, delivery.event, body, signing)
        return secrets.headers(id_, delivery.secrets) | signed

    def _lasts(self, delivery: ClaimedDelivery) -> bool:
        """Whether a delivery stays ours for another attempt."""
        leased_at = self._leased_at.get(delivery.id, 0.0)
        lasts = leased_at + LEASE.total_seconds() - _ATTEMPT_SECONDS > monotonic()
        return lasts and self._signs.fresh

    def _log_outcome(self, ended: Outcome) -> None:
        self._dependencies.attempted("succeeded" if ended.reply.succeeded else "failed")
        if not ended.reply.succeeded:
            logs.info(
                "not delivered",
                delivery=ids.wire("whd", ended.delivery.id),
                endpoint=ids.wire("whe", ended.delivery.endpoint_id),
                attempt=ended.delivery.attempts + 1,
                reason=ended.reply.error,
            )

    async def _write(self) -> None:
        """Write outcomes as they come, many at a time."""
        while True:
            await self._written.wait()
            self._written.clear()
            if not await self._flush():
                await asyncio.sleep(_RETRY_SECONDS)
                self._written.set()

    async def _flush(self) -> bool:
        """Write the outcomes; False while the database is away."""
        async with self._writing:
            outcomes, self._outcomes = self._outcomes, []
            untried, self._untried = self._untried, []
            try:
                if outcomes:
                    await self._dependencies.outbox.settle(
                        self._now, self._signs.holder, [ended for ended, _ in outcomes]
                    )
                for ended, slow in outcomes:
                    self._let_go(ended.delivery, slow=slow)
                outcomes = []
                if untried:
                    await self._dependencies.outbox.give_back(
                        self._signs.holder, [delivery for delivery, _ in untried]
                    )
                for delivery, slow in untried:
                    self._let_go(delivery, slow=slow)
            except Unavailable:
                self._outcomes = outcomes + self._outcomes
                self._untried = untried + self._untried
                return False
            self._wake.set()
            return True

    def _let_go(self, delivery: ClaimedDelivery, *, slow: bool) -> None:
        del self._held[delivery.id], self._leased_at[delivery.id]
        self._lanes.ended(delivery.endpoint_id, slow=slow)

    async def _stay_alive(self) -> None:
        """Give signs of life while something is held."""
        while True:
            await asyncio.sleep(SIGN_SECONDS)
            if self._held:
                with suppress(Unavailable):
                    try:
                        await self._signs.give()
                    except CountedAsDead:
                        self._let_all_go()

    def _let_all_go(self) -> None:
        """Begin no attempt of what is held: others may have taken it."""
        self._leased_at = dict.fromkeys(self._leased_at, 0.0)
        self._wake.set()

    async def _renew(self) -> None:
        """Renew leases; deliveries that may no longer be sent are released."""
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            held = list(self._held.values())
            if not held:
                continue
            now = monotonic()
            with suppress(Unavailable):
                kept = await self._dependencies.outbox.renew(self._now, self._signs.holder, held)
                for delivery in held:
                    if delivery.id in self._leased_at:
                        self._leased_at[delivery.id] = now if delivery.id in kept else 0.0

    async def _wind_up(self) -> None:
        """Give attempts a moment to end, write their outcomes, release the rest."""
        self._ending = True
        if self._chains:
            await asyncio.wait(self._chains, timeout=_FINISH_SECONDS)
        for task in self._chains:
            task.cancel()
        await asyncio.gather(*self._chains, return_exceptions=True)
        await self._flush()
        with suppress(Unavailable):
            await self._signs.sign_off()


class _Pace:
    """Times the attempts of a chain; a slow one frees its slot."""

    def __init__(
        self, lanes: Lanes, chain: Sequence[ClaimedDelivery], freed: Callable[[], None]
    ) -> None:
        self.left = list(chain)
        self.slow = False
        self._lanes = lanes
        self._freed = freed

    def __enter__(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_SLOW_SECONDS, self._slow_down)

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _slow_down(self) -> None:
        if not self.slow:
            self.slow = True
            self._lanes.slowed(self.left[0].endpoint_id, len(self.left))
            self._freed()


def _lane(delivery: ClaimedDelivery) -> Lane:
    return delivery.account, delivery.live_mode, delivery.endpoint_id
