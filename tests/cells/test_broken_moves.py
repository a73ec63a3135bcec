"""A move that was broken off leaves the account with one cell, and its secrets in no log."""

import asyncio

import pytest

from tests.cells.conftest import Filled
from tests.cells.test_account_move import Died, dies_at, moving, quiet, stage_of
from tests.support.cells import Cells, asked, leftovers, move, nothing, rows_of
from tests.support.clusters import free_port
from tests.support.waiting import until_waited_for
from tests.support.world import World
from wattyard.app.cells.clusters import for_libpq
from wattyard.app.cells.moving import AccountMove, Route
from wattyard.events.service import Retention
from wattyard.kernel.moves import MoveRefused
from wattyard.meters.service import BatchRetention
from wattyard.platform.http.idempotency import Replays


async def died() -> None:
    raise Died


async def test_a_move_that_was_broken_off_is_undone_only_at_its_own_target(
    cells: Cells, home: World
) -> None:
    tenant = await home.tenant()
    with pytest.raises(RuntimeError, match="dies here"):
        await moving(cells, tenant).move(died)  # the target serves it from now on
    route = Route(cells.first.url, cells.first.url, drain_seconds=0.0)
    elsewhere = AccountMove(route, tenant.caller.account_id, quiet)
    for again in (elsewhere.abort(), elsewhere.move(nothing)):
        with pytest.raises(MoveRefused, match="was being moved to c1"):
            await again
    assert await stage_of(cells, tenant.caller.account) == "LEAVING"
    await moving(cells, tenant).move(nothing)


async def test_an_account_that_is_moving_on_from_its_target_is_not_taken_back(
    cells: Cells, home: World
) -> None:
    tenant = await home.tenant()
    await tenant.site()
    number = tenant.caller.account
    with pytest.raises(RuntimeError, match="dies here"):
        await moving(cells, tenant).move(died)
    stage = "UPDATE accounts SET move_stage = $2 WHERE account = $1"
    async with asked(cells.second) as db:
        await db.execute(stage, number, "DRAINING")
    with pytest.raises(MoveRefused, match="serves the account already"):
        await moving(cells, tenant).abort()
    assert len((await rows_of(cells.second, number))["sites"]) == 1
    async with asked(cells.second) as db:
        await db.execute(stage, number, None)
    await moving(cells, tenant).move(nothing)


async def test_a_run_waits_for_the_commit_of_one_that_died_as_it_opened_the_account(
    cells: Cells, home: World
) -> None:
    tenant = await home.tenant()
    number = tenant.caller.account
    with pytest.raises(RuntimeError, match="dies here"):
        await moving(cells, tenant, dies_at("the account is switched")).move(nothing)
    async with asked(cells.first) as source:
        await source.execute(
            "UPDATE accounts SET move_stage = 'LEAVING' WHERE account = $1", number
        )
        row = await source.fetchrow("SELECT id, name FROM accounts WHERE account = $1", number)
    said: list[str] = []
    async with asked(cells.second) as target:
        async with target.transaction():  # of the run that died: a standby keeps it from its end
            await target.execute("SELECT FROM account_moves WHERE account = $1 FOR UPDATE", number)
            await target.execute(
                "INSERT INTO accounts (account, id, name, time_created)"
                " OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, now())",
                number,
                *row,
            )
            going_on = asyncio.create_task(moving(cells, tenant, said.append).move(nothing))
            await until_waited_for(target)
            assert await stage_of(cells, number) == "LEAVING"
        await going_on
    assert said == ["the target serves the account already: the rest of the move is done"]
    assert await stage_of(cells, number) == "MOVED"


async def test_a_move_goes_on_where_the_subscription_was_being_ended(
    cells: Cells, filled: Filled
) -> None:
    tenant = await filled()
    number = tenant.caller.account
    before = await rows_of(cells.first, number)
    with pytest.raises(RuntimeError, match="dies here"):
        await moving(cells, tenant, dies_at("workers let go")).move(nothing)
    async with asked(cells.second) as db:
        await db.execute(f"ALTER SUBSCRIPTION wattyard_move_{number} DISABLE")
        await db.execute(f"ALTER SUBSCRIPTION wattyard_move_{number} SET (slot_name = NONE)")
    await moving(cells, tenant).move(nothing)
    assert await rows_of(cells.second, number) == before
    assert await leftovers(cells.second, number) == set()


async def test_an_account_that_a_dead_move_left_behind_stops_no_clean_up_of_others(
    cells: Cells, filled: Filled, home: World
) -> None:
    tenant, other = await filled(), await home.tenant("another")
    await other.post("/customers", {}, headers={"Idempotency-Key": "of another"})
    number = tenant.caller.account
    with pytest.raises(RuntimeError, match="dies here"):
        await moving(cells, tenant).move(died)
    assert await stage_of(cells, number) == "LEAVING"
    before = await rows_of(cells.first, number)

    home.clock.forward(days=3_000)
    await home.services.get(Replays).forget()
    await home.services.get(Retention).forget(home.context)
    await home.services.get(BatchRetention).forget(home.context)

    left = await rows_of(cells.first, other.caller.account)
    assert not left["idempotency_keys"] + left["events"]
    assert await rows_of(cells.first, number) == before
    await moving(cells, tenant).move(nothing)


async def test_a_delivery_taken_in_a_transaction_that_outlasts_the_drain_is_not_moved_while_held(
    cells: Cells, filled: Filled
) -> None:
    tenant = await filled()
    number = tenant.caller.account
    begun, draining, switching = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def claim() -> None:
        async with asked(cells.first) as db, db.transaction():
            begun.set()
            await draining.wait()
            await db.execute(
                "UPDATE webhook_deliveries SET status = 'PENDING', holder = gen_random_uuid(),"
                " leased_until = now() + interval '1 hour' WHERE account = $1",
                number,
            )
            await switching.wait()

    def say(step: str) -> None:
        if "workers let go" in step:
            draining.set()
        elif "is switched" in step:
            switching.set()

    claiming = asyncio.create_task(claim())
    await begun.wait()
    slowly = AccountMove(cells.route(drain_seconds=0.5), tenant.caller.account_id, say)
    with pytest.raises(MoveRefused, match="took deliveries of the account"):
        await slowly.move(nothing)
    await claiming
    assert await stage_of(cells, number) is None
    await moving(cells, tenant).abort()


async def test_the_password_of_the_source_is_in_no_log_of_the_target(
    cells: Cells, home: World
) -> None:
    tenant = await home.tenant()
    unreachable = f"postgresql://wattyard:sesame-open@127.0.0.1:{free_port()}/wattyard"
    with pytest.raises(MoveRefused, match=r"cannot follow the source: .*--source-of-target"):
        await move(cells.route(source_of_target=unreachable), tenant.caller.account_id)
    assert "sesame-open" not in (cells.second.folder.parent / "log").read_text()
    await moving(cells, tenant).abort()


def test_a_password_of_the_environment_is_written_as_an_address_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGPASSWORD", "a@b/c%d")
    assert for_libpq("postgresql://me@host/db") == "postgresql://me:a%40b%2Fc%25d@host/db"
    assert for_libpq("postgresql://me:own@host/db") == "postgresql://me:own@host/db"


async def test_a_move_whose_target_is_lost_is_undone_unless_the_target_may_have_served(
    cells: Cells, home: World
) -> None:
    tenant = await home.tenant()
    account, number = tenant.caller.account_id, tenant.caller.account
    nowhere = f"postgresql://wattyard@127.0.0.1:{free_port()}/wattyard"
    lost = AccountMove(Route(cells.first.url, nowhere, drain_seconds=0.0), account, quiet)
    with pytest.raises(RuntimeError, match="dies here"):
        await moving(cells, tenant, dies_at("the account is switched")).move(nothing)
    assert await stage_of(cells, number) == "DRAINING"
    with pytest.raises(MoveRefused, match="the target can be reached"):
        await moving(cells, tenant).abandon()

    await lost.abandon()  # although it reads on, and comes back whenever it is cut off
    assert await stage_of(cells, number) is None
    assert await leftovers(cells.first, number) == set()
    await tenant.site()
    await moving(cells, tenant).abort()  # it has come back
    assert await leftovers(cells.second, number) == set()

    with pytest.raises(RuntimeError, match="dies here"):
        await moving(cells, tenant).move(died)  # the target serves it from now on
    with pytest.raises(MoveRefused, match="may have served the account"):
        await lost.abandon()
    assert await stage_of(cells, number) == "LEAVING"
    await moving(cells, tenant).move(nothing)
