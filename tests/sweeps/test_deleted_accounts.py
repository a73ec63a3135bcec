"""A deleted account leaves no row behind, in whichever table, and nobody else loses one."""

from datetime import timedelta
from itertools import pairwise

import httpx
import pytest

from tests.people.test_coming_in import come, email, invited, member, roles
from tests.support.account_rows import counted, fill
from tests.support.world import SETTINGS, Tenant, World, basic, error
from wattyard.accounts.domain import AccountBeingDeleted, AccountEnabled
from wattyard.accounts.service import Accounts, Departures, Purge
from wattyard.accounts.service.accounts import AccountNotFound
from wattyard.accounts.service.purge import ROWS_AT_ONCE
from wattyard.kernel.context import Contexts
from wattyard.kernel.pages import PageWindow
from wattyard.kernel.refusals import AccountMoving
from wattyard.meters.service.months import Months
from wattyard.people.domain import Invitation, Role
from wattyard.people.service import AuditLog, People
from wattyard.people.service.log_in import LinkEnded
from wattyard.people.service.people import PersonNotFound
from wattyard.platform.composition import Contributions
from wattyard.platform.db import account_rows


@pytest.fixture
def purge(world: World) -> Purge:
    """The use-case, for accounts without calls under way, whose end it need not wait for."""
    departures: Contributions[Departures] = Contributions(lambda: [world.services.get(People)])
    return Purge(world.db, departures, settled=timedelta())


async def disabled(world: World, tenant: Tenant) -> None:
    await world.services.get(Accounts).disable(world.context, tenant.caller.account_id)


async def moved_away(world: World, tenant: Tenant) -> None:
    async with world.db.transaction() as db:
        moved = "UPDATE accounts SET disabled = true, move_stage = 'MOVED' WHERE account = $1"
        await db.execute(moved, tenant.caller.account)


async def test_no_table_holds_a_row_of_a_deleted_account_and_others_keep_theirs(
    world: World, tenant: Tenant, purge: Purge
) -> None:
    other = await world.tenant()
    await world.services.get(Months).make_ahead(world.clock())
    for one in (tenant, other):
        await fill(world.db, one.caller.account, world.context.new_id())
    before = await counted(world.db, other.caller.account)
    async with world.db.reading() as db:
        filled = {table.name for table in await account_rows.tables(db)} | {"accounts"}
    assert len(filled) > 25
    assert {name for name, rows in before.items() if rows} >= filled
    await moved_away(world, tenant)  # as the row of a move says

    said = await purge.holdings(world.context, tenant.caller.account_id)
    gone = await purge.purge(world.context, tenant.caller.account_id)

    assert set(said.rows) == filled - {"accounts"}
    assert {**gone.rows, "memberships": 1} == said.rows  # those end with their people
    assert said.people == gone.people == 1
    assert set((await counted(world.db, tenant.caller.account)).values()) == {0}
    assert await counted(world.db, other.caller.account) == before
    entries = (await world.services.get(AuditLog).page_of_server(PageWindow(limit=100))).items
    assert ("account.delete", tenant.account_id) in {(one.action, one.object_id) for one in entries}
    # No other test meets rows that no program would write.
    await moved_away(world, other)
    await purge.purge(world.context, other.caller.account_id)


async def test_what_was_broken_off_cannot_be_used_or_enabled_and_goes_on(
    world: World, tenant: Tenant, purge: Purge
) -> None:
    accounts, id_ = world.services.get(Accounts), tenant.caller.account_id
    await tenant.site()
    await tenant.site()
    await disabled(world, tenant)

    def kill(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await purge.purge(world.context, id_, told=kill)

    assert sum((await counted(world.db, tenant.caller.account)).values()) > 2
    (begun,) = [one for one in await accounts.all() if one.id == id_]
    assert begun.disabled
    with pytest.raises(AccountBeingDeleted):
        await accounts.enable(world.context, id_)
    await purge.purge(world.context, id_)
    assert set((await counted(world.db, tenant.caller.account)).values()) == {0}
    with pytest.raises(AccountNotFound):
        await purge.purge(world.context, id_)


async def test_neither_keys_nor_tokens_of_a_deleted_account_let_anybody_in(
    world: World, tenant: Tenant, purge: Purge
) -> None:
    await disabled(world, tenant)
    await purge.purge(world.context, tenant.caller.account_id)

    fresh = httpx.ASGITransport(app=world.another(SETTINGS))
    async with httpx.AsyncClient(transport=fresh, base_url="http://test") as http:
        answer = await http.get("/sites", headers=tenant.headers)
        error(answer, 401, "key_revoked")
        for proof in (basic(tenant.account_id, tenant.secret), f"Bearer {tenant.secret}"):
            answer = await http.get("/sites", headers={"Authorization": proof})
            error(answer, 401, "credentials_invalid")


async def test_an_enabled_account_is_deleted_only_by_force(
    world: World, tenant: Tenant, purge: Purge
) -> None:
    await tenant.site()
    before = await counted(world.db, tenant.caller.account)
    with pytest.raises(AccountEnabled):
        await purge.purge(world.context, tenant.caller.account_id)
    assert await counted(world.db, tenant.caller.account) == before

    await purge.purge(world.context, tenant.caller.account_id, force=True)
    assert set((await counted(world.db, tenant.caller.account)).values()) == {0}


async def test_people_go_with_their_only_account_and_keep_another(
    world: World, tenant: Tenant, purge: Purge
) -> None:
    people, other = world.services.get(People), await world.tenant()
    only, both = await member(world, tenant), await member(world, tenant, Role.OWNER)
    token = await invited(world, other, both.email)
    await come(world, world.services.get(Contexts).anonymous, token)
    waiting = await invited(world, tenant, email(world))
    _, link = await people.invite(world.context, Invitation(only.email, ""))
    await disabled(world, tenant)

    gone = await purge.purge(world.context, tenant.caller.account_id)

    assert gone.people == 1
    assert set(await roles(world, other)) == {both.id}
    with pytest.raises(PersonNotFound):
        await people.find(only.email)
    for unusable in (waiting, link):
        with pytest.raises(LinkEnded):
            await come(world, world.services.get(Contexts).anonymous, unusable)


async def test_invitations_of_other_accounts_stay(
    world: World, tenant: Tenant, purge: Purge
) -> None:
    other, only = await world.tenant(), await member(world, tenant)
    token = await invited(world, other, only.email)
    await disabled(world, tenant)

    await purge.purge(world.context, tenant.caller.account_id)

    person = await come(world, world.services.get(Contexts).anonymous, token)
    assert person.email == only.email
    assert set(await roles(world, other)) == {person.id}


async def test_nobody_joins_an_account_once_its_people_have_left(
    world: World, tenant: Tenant, purge: Purge
) -> None:
    waiting = email(world)
    token = await invited(world, tenant, waiting)
    await tenant.site()
    await disabled(world, tenant)

    def kill(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await purge.purge(world.context, tenant.caller.account_id, told=kill)

    with pytest.raises(LinkEnded):
        await come(world, world.services.get(Contexts).anonymous, token)


async def test_an_account_whose_rows_are_being_copied_to_another_cell_is_not_deleted(
    world: World, tenant: Tenant, purge: Purge
) -> None:
    async with world.db.transaction() as db:
        await db.execute(
            "INSERT INTO account_moves (account, mark) VALUES ($1, $2)",
            tenant.caller.account,
            world.context.new_id(),
        )
    await disabled(world, tenant)

    with pytest.raises(AccountMoving):
        await purge.purge(world.context, tenant.caller.account_id)


async def test_rows_are_deleted_in_batches(world: World, tenant: Tenant, purge: Purge) -> None:
    async with world.db.transaction() as db:
        await db.execute(
            """
            INSERT INTO request_counts SELECT $1, true, now() + n * interval '1 minute', 1, 0, 0, 0
            FROM generate_series(1, $2::integer) AS n
            """,
            tenant.caller.account,
            2 * ROWS_AT_ONCE + 1,
        )
    await disabled(world, tenant)
    said: list[int] = [0]

    gone = await purge.purge(world.context, tenant.caller.account_id, told=said.append)

    assert gone.rows["request_counts"] > 2 * ROWS_AT_ONCE
    assert max(later - earlier for earlier, later in pairwise(said)) <= ROWS_AT_ONCE
