"""The use-case of plans that are kept, and renewed when prices are published."""

from contextlib import suppress
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import AccountMoving, Refusal, Unavailable
from wattyard.kernel.values import dataclass
from wattyard.platform import logs
from wattyard.platform.db import Database
from wattyard.schedules.domain.by_amount.kept_plans import (
    DuePlan,
    KeptPlan,
    PlannedAnew,
    PlanNotFound,
    RequestToKeep,
)
from wattyard.schedules.store import kept_plans as plan_store
from wattyard.sites.service import Devices, Sites
from wattyard.tariffs.service import MarketSources, Prices

LOOK_SECONDS: Final = 15.0
"""How often the worker looks for plans that are due."""
_MOMENT: Final = timedelta(seconds=1)
_AT_ONCE: Final = 4
_LEASE: Final = timedelta(minutes=2)
_LOOKED_BACK: Final = timedelta(days=2)
_FORGOTTEN_AFTER: Final = timedelta(days=7)


class Replanner(Protocol):
    """Answers a kept request anew, from now; filled by the capability with the wire's mappings."""

    async def __call__(self, context: Context, plan: KeptPlan) -> PlannedAnew | None:
        """Plan as the request says, with the newest states; None where nothing is left to plan."""


@dataclass
class KeptPlans:
    """The kept plans of every account."""

    db: Database
    sites: Sites
    devices: Devices
    prices: Prices
    sources: MarketSources

    async def keep(self, context: Context, request: RequestToKeep, answer: bytes) -> None:
        """Keep a request with its answer as the newest of its devices.

        Devices that were deleted meanwhile are left out.
        """
        now = context.now
        until = max(request.until, now + _MOMENT)
        async with self.db.transaction() as db:
            plan = KeptPlan(
                id=context.new_id(),
                kind=request.kind,
                site_id=request.site_id,
                request=request.body,
                time_asked=now,
                until=until,
                sources=await self.prices.followed(context, request.site_id, Span(now, until)),
                answer=answer,
                time_made=now,
            )
            device_ids = request.device_ids
            present = await self.devices.present(context, device_ids)
            if not present or plan.site_id not in await self.sites.held(context, [plan.site_id]):
                return
            await plan_store.keep(db, context.account, context.live_mode, plan, present)

    async def of_device(self, context: Context, device_id: UUID) -> tuple[KeptPlan, bool]:
        """Read the newest plan of a device, and whether it is stale.

        It is when prices were published since, or its last deadline has passed.

        Raises:
            DeviceNotFound: when the caller has none of that id.
            PlanNotFound: when no plan of it is kept.
        """
        async with self.db.snapshot() as db:
            await self.devices.device(context, device_id)
            found = await plan_store.of_device(db, context.account, context.live_mode, device_id)
            if found is None or not context.may_see(found.site_id):
                raise PlanNotFound(f"no plan of device {ids.wire('dev', device_id)} is kept")
            published = await self.sources.published_since(found.time_made)
        stale = context.now >= found.until or any(one in published for one in found.sources)
        return found, stale

    async def device_ids(self, context: Context, plan: KeptPlan) -> list[UUID]:
        """List the devices that a plan is the newest of."""
        async with self.db.reading() as db:
            return await plan_store.devices_of(db, context.account, context.live_mode, plan.id)

    async def claim(self, context: Context) -> list[DuePlan]:
        """Claim plans of every account that are due to be renewed, a few at a time.

        Those whose last deadline is long past are deleted.
        """
        published = await self.sources.published_since(context.now - _LOOKED_BACK)
        with suppress(AccountMoving):  # one that begins to leave: the next time, then
            async with self.db.transaction() as db:
                await plan_store.forget(db, context.now - _FORGOTTEN_AFTER)
                return await plan_store.claim_due(db, context.now, published, _LEASE, _AT_ONCE)
        return []

    async def remake(self, context: Context, due: DuePlan, replan: Replanner) -> None:
        """Renew a claimed plan; what is refused leaves the plan as it was, and stale.

        Where the database does not answer, or the account leaves meanwhile, the plan stays
        claimed: it is tried again when that ends, in the cell in which the account is then.
        """
        owner = context.on_behalf_of(due.owner)
        try:
            await self._settle(owner, due.plan.id, await self._anew(owner, due, replan))
        except Unavailable as fault:
            logs.warning("plan not made anew", plan=due.plan.id.hex, reason=fault.first.message)
        except Exception:
            await self._settle(owner, due.plan.id, None)  # it would break every turn of the job
            raise

    async def _settle(self, owner: Context, plan_id: UUID, anew: PlannedAnew | None) -> None:
        place = (owner.account, owner.live_mode, plan_id)
        async with self.db.transaction() as db:
            if anew is None:
                await plan_store.release(db, *place)
            else:
                await plan_store.replace_answer(db, *place, anew, owner.now)

    async def _anew(self, owner: Context, due: DuePlan, replan: Replanner) -> PlannedAnew | None:
        try:
            return await replan(owner, due.plan)
        except Unavailable:
            raise
        except Refusal as refused:
            logs.warning("plan not made anew", plan=due.plan.id.hex, reason=refused.first.message)
            return None
