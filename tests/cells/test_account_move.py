"""An account moves whole, can go on wherever a move died, and can be taken back until the last."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.cells.conftest import Filled, settings_of
from tests.support.cells import Cells, asked, leftovers, move, nothing, rows_of
from tests.support.world import Tenant, World, error
from wattyard.accounts.service import Accounts, Departures, Purge
from wattyard.app.cells.moving import AccountMove, Route
from wattyard.app.cells.tables import SEQUENCES
from wattyard.kernel.moves import MoveRefused
from wattyard.kernel.refusals import AccountMoving
from wattyard.people.service import People
from wattyard.platform.composition import Contributions

Died = RuntimeError("the process dies here")
STEPS = (
    "the target copies",
    "are compared",
    "workers let go",
    "is switched",
    "the target serves the account; its calls",
)
"""What a move says, in its order."""


def quiet(_: str) -> None:
    """Say nothing."""


def moving(cells: Cells, tenant: Tenant, say: Callable[[str], None] = quiet) -> AccountMove:
    return AccountMove(cells.route(), tenant.caller.account_id, say)


def there(away: World, tenant: Tenant) -> Tenant:
    """The same client, whose calls go to another cell."""
    return replace(tenant, http=away.http)


async def add_person(
    db: asyncpg.Connection, email: str, account: int | None, password: str
) -> UUID:
    person: UUID = await db.fetchval(
        """
        INSERT INTO people (id, email, name, language, time_created, password_hash, is_operator)
        VALUES (gen_random_uuid(), $1, 'x', 'en', now(), $2, true) RETURNING id
        """,
        email,
        password,
    )
    if account is not None:
        await db.execute("INSERT INTO memberships VALUES ($1, $2, 3, now())", account, person)
    return person


async def test_an_account_moves_whole_and_comes_back(
    cells: Cells, filled: Filled, home: World, away: World
) -> None:
    tenant = await filled()
    site = await tenant.site()
    number, id_ = tenant.caller.account, tenant.caller.account_id
    before = await rows_of(cells.first, number)
    assert all(before.values())
    async with asked(cells.first) as first, asked(cells.second) as second:
        for email in ("only@example.com", "both@example.com"):
            await add_person(first, email, number, "from home")
        known = await add_person(second, "both@example.com", None, "from away")

    moved = await move(cells.route(), id_)

    assert await rows_of(cells.second, number) == before
    assert moved.rows > len(before)
    assert moved.compared_before_only == ()
    await check_people(cells, number, known)
    await check_served_there_only(cells, home, away, tenant, site)
    await check_numbers_go_on(cells, number)
    await check_purged_and_moved_back(cells, home, tenant)


async def check_people(cells: Cells, number: int, known: UUID) -> None:
    """Members keep their accounts and passwords; who is known there stays who they are."""
    async with asked(cells.second) as second:
        rows = await second.fetch(
            "SELECT email, person_id, role, password_hash, is_operator FROM memberships"
            " JOIN people ON people.id = person_id WHERE account = $1"
            " AND email LIKE '____@example.com' ORDER BY email",
            number,
        )
    both, only = rows
    assert (both["person_id"], both["password_hash"]) == (known, "from away")
    assert (only["password_hash"], only["role"], only["is_operator"]) == ("from home", 3, False)


async def check_served_there_only(
    cells: Cells, home: World, away: World, tenant: Tenant, site: Any
) -> None:
    """Keys and tokens of before go on at the new cell, and are refused by name at the old one."""
    by_key = {"Authorization": f"Bearer {tenant.secret}"}
    new = there(away, tenant)
    assert (await new.get(f"/sites/{site['id']}")).json()["id"] == site["id"]
    assert (await away.http.get("/sites", headers=by_key)).status_code == 200
    await new.site()
    fresh = httpx.ASGITransport(app=home.another(settings_of(cells)))
    async with httpx.AsyncClient(transport=fresh, base_url="http://test") as http:
        for headers in (tenant.headers, by_key):
            refused = await http.get("/sites", headers=headers)
            assert "new cell" in error(refused, 503, "account_moving")["message"]
    with pytest.raises(AccountMoving):
        await home.services.get(Accounts).disable(home.context, tenant.caller.account_id)


async def check_numbers_go_on(cells: Cells, number: int) -> None:
    """What is new at the target has higher numbers than whatever came with the account."""
    async with asked(cells.second) as db:
        drawn = [await db.fetchval("SELECT nextval($1::regclass)", name) for name in SEQUENCES]
        for column, table, next_ in zip(
            ("sequence", "series", "position"),
            ("events", "meter_series", "webhook_deliveries"),
            drawn,
            strict=True,
        ):
            highest = await db.fetchval(
                f"SELECT max({column}) FROM {table} WHERE account = $1", number
            )
            assert next_ > highest


async def check_purged_and_moved_back(cells: Cells, home: World, tenant: Tenant) -> None:
    """What is left at the source is in the way of a way back, until it is purged."""
    number, id_ = tenant.caller.account, tenant.caller.account_id
    back = AccountMove(Route(cells.second.url, cells.first.url, drain_seconds=0.0), id_, quiet)
    assert any("purge" in one for one in await back.complaints())
    departures: Contributions[Departures] = Contributions(lambda: [home.services.get(People)])
    await Purge(home.db, departures, settled=timedelta()).purge(home.context, id_, force=True)
    assert await moving(cells, tenant).take_fence_down()
    assert not any((await rows_of(cells.first, number)).values())
    assert await leftovers(cells.first, number) == set()

    await back.move(nothing)
    await tenant.site()


async def test_a_move_that_dies_at_every_step_is_run_again_and_ends(
    cells: Cells, filled: Filled
) -> None:
    tenant = await filled()
    number = tenant.caller.account
    before = await rows_of(cells.first, number)

    async def died() -> None:
        raise Died

    for step in STEPS:
        with pytest.raises(RuntimeError, match="dies here"):
            await moving(cells, tenant, dies_at(step)).move(died)
        if "target serves" not in step:
            await tenant.site(reference_id=step)  # it is served after each
    async with asked(cells.first) as db:  # as a kill leaves it that comes between two statements
        await db.execute("UPDATE accounts SET move_stage = 'LEAVING' WHERE account = $1", number)
    await moving(cells, tenant).move(nothing)

    after = await rows_of(cells.second, number)
    assert len(after["sites"]) == len(before["sites"]) + len(STEPS) - 1
    assert await stage_of(cells, number) == "MOVED"
    assert await leftovers(cells.first, number) == {"trigger", "function"}
    assert await leftovers(cells.second, number) == set()
    await moving(cells, tenant).move(nothing)
    with pytest.raises(MoveRefused, match="serves the account already"):
        await moving(cells, tenant).abort()


async def test_a_move_is_taken_back_and_leaves_nothing_behind(
    cells: Cells, filled: Filled, home: World
) -> None:
    tenant = await filled()
    number = tenant.caller.account
    before = await rows_of(cells.first, number)
    with pytest.raises(RuntimeError, match="dies here"):
        await moving(cells, tenant, dies_at("switched")).move(nothing)
    assert (await rows_of(cells.second, number))["sites"]
    assert await unfinished(home, tenant)

    await moving(cells, tenant).abort()

    assert await rows_of(cells.first, number) == before
    assert not any((await rows_of(cells.second, number)).values())
    assert await leftovers(cells.first, number) == set()
    assert await leftovers(cells.second, number) == set()
    assert not await unfinished(home, tenant)
    await tenant.site()


async def test_a_target_that_cannot_open_the_account_leaves_it_served_at_the_source(
    cells: Cells, home: World
) -> None:
    tenant = await home.tenant("a maker without luck")
    async with asked(cells.second) as db:
        await db.execute(
            "ALTER TABLE accounts ADD CONSTRAINT unlucky CHECK (name <> 'a maker without luck')"
        )
        try:
            with pytest.raises(Exception, match="unlucky"):
                await moving(cells, tenant).move(nothing)
        finally:
            await db.execute("ALTER TABLE accounts DROP CONSTRAINT unlucky")
    await tenant.site()
    await moving(cells, tenant).abort()


async def test_rows_that_differ_are_named_and_nothing_is_switched(
    cells: Cells, home: World
) -> None:
    tenant = await home.tenant()
    await tenant.site()
    async with asked(cells.second) as db:
        await db.execute(
            """
            CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN NEW.status = 'SPOILT'; RETURN NEW; END $$;
            CREATE TRIGGER spoil BEFORE INSERT ON sites FOR EACH ROW EXECUTE FUNCTION spoil();
            ALTER TABLE sites ENABLE ALWAYS TRIGGER spoil
            """
        )
        try:
            with pytest.raises(MoveRefused, match=r"sites \(1 rows at the source, 1 at the"):
                await moving(cells, tenant).move(nothing)
        finally:
            await db.execute("DROP FUNCTION spoil CASCADE")
    await tenant.site()
    await moving(cells, tenant).abort()


async def test_nobody_changes_an_account_behind_the_fence_and_no_refusal_is_kept(
    cells: Cells, home: World
) -> None:
    tenant, other = await home.tenant(), await home.tenant()
    await tenant.get("/sites")

    # Whole, so that a node that has not heard of the move yet comes as far as the database.
    site = {"reference_id": "late", "timezone": "Europe/Paris", "currency_code": "EUR"}

    async def late() -> None:
        for header in ({"Idempotency-Key": "once"}, {}):
            answer = await tenant.post("/sites", site, headers=header)
            error(answer, 503, "account_moving")
            assert int(answer.headers["retry-after"]) == 1
        await other.site()
        async with asked(cells.first) as db:
            with pytest.raises(Exception, match="has left"):
                await db.execute(
                    "UPDATE secret_keys SET name = 'x' WHERE account = $1", tenant.caller.account
                )

    await moving(cells, tenant).move(late)
    after = await rows_of(cells.second, tenant.caller.account)
    assert (after["idempotency_keys"], after["sites"]) == ([], [])


async def unfinished(home: World, tenant: Tenant) -> bool:
    """Whether `wattyard doctor` names the account as one whose move was broken off."""
    found = await home.services.get(Accounts).complaints(home.context)
    return any(tenant.account_id in one and "--abort" in one for one in found)


def dies_at(step: str) -> Callable[[str], None]:
    """Have a move die when it says a line with these words."""

    def say(line: str) -> None:
        if step in line:
            raise Died

    return say


async def stage_of(cells: Cells, number: int) -> str | None:
    async with asked(cells.first) as db:
        stage: str | None = await db.fetchval(
            "SELECT move_stage FROM accounts WHERE account = $1", number
        )
    return stage
