"""Background jobs that meet the fence of an account as it is raised go on with the others."""

from datetime import timedelta
from typing import Final

from tests.cells.conftest import Filled
from tests.support.cells import Cells, asked, rows_of
from tests.support.world import Tenant, World
from wattyard.app.cells import fence
from wattyard.app.cells.clusters import account_of
from wattyard.kernel import ids
from wattyard.platform.db.sessions import session
from wattyard.schedules.service import KeptPlans
from wattyard.sites.service import GatheredEvents
from wattyard.tariffs.service import Endings

PLAN_DUE: Final = """
    UPDATE kept_plans SET until = $2::timestamptz + interval '1 day', claimed_until = $2
    WHERE account = $1
"""
CONTRACT_DUE: Final = """
    UPDATE tariffs SET contract_end = $2, expired_told = false WHERE account = $1
"""
SITE_DUE: Final = """
    UPDATE site_events_due SET due = $2, site_id = $3, live_mode = false WHERE account = $1
"""
NOTHING_DUE: Final = (
    "UPDATE kept_plans SET until = '2026-02-28' WHERE account <> ALL ($1)",
    "UPDATE tariffs SET expiring_told = true, expired_told = true WHERE account <> ALL ($1)",
    "UPDATE site_events_due SET due = 'infinity' WHERE account <> ALL ($1)",
)


async def have_nothing_due(cells: Cells, *but: Tenant) -> None:
    """Leave the accounts of other tests, of which some are behind a fence, nothing to do."""
    numbers = [tenant.caller.account for tenant in but]
    async with asked(cells.first) as db:
        await db.execute("SET session_replication_role = replica")  # no fence asks
        for statement in NOTHING_DUE:
            await db.execute(statement, numbers)


async def have_due(cells: Cells, home: World, tenant: Tenant) -> None:
    """Give each job that writes rows of accounts something to do, but those that clean up."""
    at = home.clock() - timedelta(seconds=1)
    site = ids.read((await tenant.site())["id"], "ste", param="site")
    async with asked(cells.first) as db:
        await db.execute(PLAN_DUE, tenant.caller.account, at)
        await db.execute(CONTRACT_DUE, tenant.caller.account, at)
        await db.execute(SITE_DUE, tenant.caller.account, at, site)


async def test_jobs_that_meet_a_fence_leave_the_account_alone_and_do_not_break(
    cells: Cells, filled: Filled, home: World
) -> None:
    leaving, other = await filled(), await filled()
    for tenant in (leaving, other):
        await have_due(cells, home, tenant)
    await have_nothing_due(cells, leaving, other)
    number = leaving.caller.account
    before = await rows_of(cells.first, number)
    async with session(cells.first.url, "source") as source:
        account = await account_of(source, leaving.caller.account_id)
        assert account is not None
        await fence.prepare(source, account)
        try:
            async with source.transaction():  # the fence is being raised
                await source.execute("SELECT pg_advisory_xact_lock($1, $2)", fence.LOCKS, number)
                assert await home.services.get(KeptPlans).claim(home.context) == []
                assert await home.services.get(Endings).record(home.context) == 0
                await home.services.get(GatheredEvents).record(home.context)
        finally:
            await fence.take_down(source, account)
    assert await rows_of(cells.first, number) == before
    assert (await rows_of(cells.first, other.caller.account))["site_events_due"] == []
    claimed = await home.services.get(KeptPlans).claim(home.context)
    assert number in {one.owner.account for one in claimed}
    async with asked(cells.first) as db:
        for table in ("tariffs", "site_events_due", "kept_plans"):
            await db.execute(f"DELETE FROM {table} WHERE account = $1", number)
            await db.execute(f"DELETE FROM {table} WHERE account = $1", other.caller.account)
