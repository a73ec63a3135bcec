"""The screen Operator."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from tests.support.dashboard import Browser, words
from tests.support.world import Tenant, World
from wattyard.accounts.service import Accounts
from wattyard.kernel import ids
from wattyard.kernel.pages import PageWindow
from wattyard.people.domain import Role
from wattyard.people.service import AuditLog
from wattyard.platform.db import Database, schema

HOME = "/dashboard/operator"
HOSTILE = "<script>alert(1)</script>\U0001f642"


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant, role=Role.VIEWER, is_operator=True)


@pytest.fixture
async def late_job(db: Database) -> AsyncIterator[str]:
    """A job that has not worked since yesterday."""
    async with db.transaction() as connection:
        await connection.execute(
            "INSERT INTO job_runs (job, last_success) VALUES ('of-a-test', '2026-02-20T10:00Z')"
        )
    yield "of a test"
    async with db.transaction() as connection:
        await connection.execute("DELETE FROM job_runs WHERE job = 'of-a-test'")


async def test_the_state_of_the_server_is_shown(browser: Browser, late_job: str) -> None:
    shown = words(await browser.get(HOME))
    assert "ready to answer requests" in shown
    assert f"{schema.newest_revision()} schema of the database" in shown
    assert "Webhook deliveries that are due 0 0 s" in shown
    assert f"{late_job} 1 week ago late" in shown
    assert "MiB in all" in shown
    assert "/jwks.json" in shown
    assert "back it up with pg_dump" in shown


async def test_the_doctor_says_what_to_do(browser: Browser, db: Database, late_job: str) -> None:
    found = words(await browser.post(f"{HOME}/doctor"))
    assert "The job 'of-a-test' succeeded last at 2026-02-20T10:00:00Z" in found
    assert "is wattyard serve or wattyard worker running?" in found


async def test_signing_keys_rotate_and_the_log_says_who_did_it(
    world: World, browser: Browser
) -> None:
    await browser.post(f"{HOME}/signing-key")  # a server that never signed has none to retire
    before = words(await browser.get(HOME))
    done = await browser.post(f"{HOME}/signing-key")
    assert (done.status_code, done.headers["location"]) == (303, HOME)
    after = words(await browser.get(HOME))
    assert before.count("retired") < after.count("retired")
    assert "signing_key.rotate" in after
    log = (await world.services.get(AuditLog).page_of_server(PageWindow(100))).items
    own = [one for one in log if one.person_id == browser.person]
    assert [one.action for one in own] == ["signing_key.rotate"] * 2
    assert "private" not in str([one.after for one in own])


async def test_an_account_is_disabled_and_enabled_and_its_log_says_so(
    world: World, browser: Browser
) -> None:
    other = await world.tenant(HOSTILE)
    after = ids.wire("acc", UUID(int=other.caller.account_id.int + 1))
    page = f"{HOME}/accounts?starting_after={after}"  # there may be newer ones
    listed = await browser.get(page)
    assert "<script>alert" not in listed.text
    assert other.account_id in listed.text
    done = await browser.post(f"{HOME}/accounts/{other.account_id}/disable")
    assert done.status_code == 303
    kept = await world.services.get(Accounts).account(other.caller.account_id)
    assert kept.disabled
    shown = words(await browser.get(page))
    assert f"{other.account_id} 1 Mar 2026, 10:00 (UTC) disabled Enable" in shown
    await browser.post(f"{HOME}/accounts/{other.account_id}/enable")
    log = (await world.services.get(AuditLog).page(other.context, PageWindow(5))).items
    assert [one.action for one in log] == ["account.enable", "account.disable"]
    assert {one.person_id for one in log} == {browser.person}
    assert (log[1].before, log[1].after) == ({"disabled": False}, {"disabled": True})


async def test_accounts_are_pages_of_a_list(world: World, browser: Browser) -> None:
    names = [f"number {number}" for number in range(52)]
    made = [world.context.new_id() for _ in names]
    async with world.db.transaction() as db:
        await db.execute(
            """
            INSERT INTO accounts (id, name, time_created)
            SELECT id, name, $3 FROM unnest($1::uuid[], $2::text[]) AS new (id, name)
            """,
            made,
            names,
            world.clock(),
        )
    after = ids.wire("acc", UUID(int=made[-1].int + 1))
    first = await browser.get(f"{HOME}/accounts?starting_after={after}")  # there may be newer ones
    assert "number 51" in words(first)
    assert "number 1 " not in words(first)
    older = first.text.partition('">Older')[0].rpartition('href="')[2].replace("&amp;", "&")
    second = await browser.get(older)
    assert "number 1 " in words(second)
    assert "number 51" not in words(second)
    newer = second.text.partition('">Newer')[0].rpartition('href="')[2].replace("&amp;", "&")
    assert "number 51" in words(await browser.get(newer))


async def test_an_account_that_is_not_there_and_ids_that_are_none_are_refused(
    browser: Browser,
) -> None:
    unknown = f"{HOME}/accounts/acc_{0:032x}/disable"
    assert (await browser.post(unknown)).status_code == 404
    assert (await browser.post(f"{HOME}/accounts/{'x' * 40}/enable")).status_code == 400
    assert (await browser.get(f"{HOME}/accounts?starting_after=x")).status_code == 400
