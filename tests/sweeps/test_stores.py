"""Every store function keeps to one account and mode (design, Data rules)."""

import asyncio
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import FunctionType, ModuleType
from uuid import UUID

import asyncpg
import pytest

import wattyard
from tests.support.scoped_sql import Tables, unheld
from tests.support.store_functions import faults_of, functions_of
from wattyard.kernel.pages import PageWindow
from wattyard.platform.db import page_query
from wattyard.sites.domain.search import SearchPosition, SiteSearch
from wattyard.sites.store.search import LANES, SearchQuestion, Way, search_query

OF_NO_ACCOUNT = {
    # The operator, at the command line, and the sample.
    "accounts.add_account",
    "accounts.add_key",
    "accounts.account_by_id",
    "accounts.all_accounts",
    "accounts.page_of_accounts",
    "accounts.keys_of",
    "accounts.begin_deletion",
    "accounts.disable",
    "accounts.enable",
    "accounts.revoke_key",
    "accounts.weak_secrets",
    "accounts.moves_begun",
    "sites.orphans.count",
    # Who is calling? It is not known yet.
    "accounts.key_by_hash",
    "accounts.standing",
    # People, who are of no account; their sessions and links are found by secrets alone.
    "people.server_audit.add",
    "people.server_audit.page",
    "people.links.add",
    "people.links.by_token",
    "people.links.end",
    "people.links.forget",
    "people.links.use_up",
    "people.people.accounts_owned_alone",
    "people.people.add",
    "people.people.by_email",
    "people.people.by_id",
    "people.people.delete",
    "people.people.delete_without_account",
    "people.people.describe",
    "people.people.disable",
    "people.people.enable",
    "people.people.everybody",
    "people.people.hold",
    "people.people.make_operator",
    "people.people.memberships_of",
    "people.people.only_here",
    "people.people.set_password",
    "people.people.with_password",
    "people.sessions.add",
    "people.sessions.cell",
    "people.sessions.end",
    "people.sessions.end_all",
    "people.sessions.forget",
    "people.sessions.of_person",
    "people.sessions.signed_in",
    "people.sessions.touch",
    # The server's own: secrets, keys and partitions.
    "accounts.token_secret",
    "events.keys.add",
    "events.keys.dates",
    "events.keys.present",
    "events.keys.published",
    "events.keys.retire",
    "meters.months.make",
    "meters.months.may_make",
    "meters.months.newest",
    "meters.months.present",
    "meters.months._present",
    "requests.days.make",
    "requests.days.drop",
    "requests.days.present",
    "requests.days.listed",
    "requests.days.may_make",
    "requests.days._present",
    # The server's, of all accounts that called it.
    "requests.log.add",
    "requests.counts.add",
    # Writes the rows of a COPY, and asks nothing.
    "meters.copying.rows",
    # Asks about the transaction alone.
    "meters.readings.transaction_number",
    # The worker, over all accounts.
    "meters.batches.accounts_with_batches",
    "events.log.overdue",
    "events.queue.account_id_of",
    "events.backlog.backlog",
    "events.queue.accounts_with_events",
    "events.backlog.anything_waits",
    "events.queue.claim",
    "events.queue.forget_stray",
    "events.queue.give_back",
    "events.queue.note_failures",
    "events.queue.note_successes",
    "events.backlog.overdue",
    "events.queue.renew",
    "events.queue.settle",
    "events.workers.count_as_dead",
    "events.workers.present",
    "events.workers.sign",
    "events.workers.sign_off",
    # The order of the events of all accounts.
    "events.order.drawn",
    "events.order.raise_above",
    "events.order.writers",
    "sites.gathered.due_sites",
    "sites.old_states.accounts_that_stay",
    "sites.old_states.overdue",
    "tariffs.contracts.claim_ending",
    "tariffs.sources.published_since",
    "schedules.kept_plans.claim_due",
    "schedules.kept_plans.forget",
    "requests.counts.crowded",
    "requests.counts.forget",
    "requests.log.accounts_with_requests",
}
"""The only functions that ask for more than one account, or for none, and whose they are."""

OF_BOTH_MODES = {
    "accounts.hold",
    "accounts.keep",
    "accounts.remove_account",
    "people.audit.add",
    "people.audit.page",
    "people.links.end_all_of",
    "people.links.end_of",
    "people.links.open_of",
    "people.links.withdraw",
    "people.people.join",
    "people.people.leave",
    "people.people.leave_all",
    "people.people.members",
    "people.people.owners",
    "people.people.role_of",
    "people.people.set_role",
}
"""The only functions that keep to one account, and see both modes of it."""


def stores() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(wattyard.__path__, "wattyard."):
        if ".store" in found.name and not found.ispkg:
            yield importlib.import_module(found.name)


FUNCTIONS = {
    f"{module.__name__.removeprefix('wattyard.').replace('.store', '')}.{name}": function
    for module in stores()
    for name, function in functions_of(module)
}


@pytest.fixture(scope="module")
def tables(database_url: str) -> Tables:
    """The tables with an account, as the database itself lists them."""

    async def read() -> Tables:
        connection = await asyncpg.connect(database_url)
        try:
            rows = await connection.fetch(
                """
                SELECT table_name, array_agg(column_name::text) FROM information_schema.columns
                WHERE table_schema = 'public' AND column_name IN ('account', 'live_mode')
                GROUP BY table_name
                """
            )
        finally:
            await connection.close()
        return {row[0]: frozenset(row[1]) for row in rows}

    return asyncio.run(read())


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - OF_NO_ACCOUNT - OF_BOTH_MODES))
def test_account_and_mode_come_first(tables: Tables, name: str) -> None:
    assert faults_of(FUNCTIONS[name], tables) == []


@pytest.mark.parametrize("name", sorted(OF_BOTH_MODES))
def test_the_account_comes_first_where_both_modes_are_seen(tables: Tables, name: str) -> None:
    assert faults_of(FUNCTIONS[name], tables, both_modes=True) == []


def test_every_store_is_swept() -> None:
    rooms = {name.partition(".")[0] for name in FUNCTIONS}
    assert rooms == {
        "accounts",
        "events",
        "meters",
        "people",
        "requests",
        "schedules",
        "sites",
        "tariffs",
    }
    assert (OF_NO_ACCOUNT | OF_BOTH_MODES) - FUNCTIONS.keys() == set()
    assert len(FUNCTIONS) > 120


def test_a_page_is_of_one_account_and_mode() -> None:
    window = PageWindow(limit=3, newer_than=None, older_than=None)
    query, arguments = page_query("SELECT id FROM sites", 7, True, window, {"status = {}": "A"})

    both = {"sites": frozenset({"account", "live_mode"})}
    assert unheld(query, both, {"account": "$1", "live_mode": "$2"}) == []
    assert arguments[:2] == [7, True]


def test_a_search_is_of_one_account_and_mode_in_every_lane(tables: Tables) -> None:
    id_ = UUID(int=1)
    whole = SiteSearch("leeds", "ACTIVE", id_, "PV_SYSTEM", "SILENT", without_tariff=True)
    question = SearchQuestion(whole, datetime(2026, 3, 1, tzinfo=UTC))
    at = SearchPosition("", "2026-03-01T00:00+00:00", id_, id_)
    for lane in LANES:
        for what in ("sites", "end", "size"):
            query, arguments = search_query(what, 7, True, question, lane, Way(3, 9, at))  # type: ignore[arg-type]  # one of its words
            assert unheld(query, tables, {"account": "$1", "live_mode": "$2"}) == []
            assert arguments[:2] == [7, True]


async def forgets_the_mode(db, account, live, delivery_id):
    """Read the deliveries of a live endpoint."""
    await db.fetch(
        "SELECT id FROM webhook_deliveries WHERE account = $1 AND id = $2", account, delivery_id
    )


async def binds_the_wrong_argument(db, account, live, id_):
    await db.fetch("SELECT id FROM sites WHERE account = $1 AND live_mode = $3", account, live, id_)


async def changes_the_order(db, account, live, id_):
    await db.fetch("SELECT id FROM sites WHERE account = $1 AND live_mode = $2", live, account)


async def deletes_from_any_table(db, account, live, table):
    await db.execute(f"DELETE FROM {table} WHERE account = $1", account, live)


async def lets_a_way_around(db, account, live, everybody):
    await db.fetch(
        "SELECT id FROM sites WHERE account = $1 AND live_mode = $2"
        + (" OR true" if everybody else ""),
        account,
        live,
    )


async def pages_over_everybody(db, account, live, window):
    query, arguments = page_query("SELECT id FROM sites", 0, live, window, {})
    await db.fetch(query, *arguments)


async def passes_another_on(db, account, live, other):
    await forgets_the_mode(db, other, live, None)


async def copies_for_another(db, account, live, other, rows):
    await db.copy_to_table("meter_readings", source=rows(other, live))


async def asks_nothing(db, account, live):
    return account, live


async def takes_the_account_last(db, live, account):
    await db.fetch("SELECT id FROM sites WHERE account = $1 AND live_mode = $2", account, live)


async def forgets_the_account(db, account, id_):
    await db.fetch("SELECT id FROM audit_log WHERE id = $2", account, id_)


def test_the_sweep_finds_a_planted_fault_where_both_modes_are_seen(tables: Tables) -> None:
    assert isinstance(forgets_the_account, FunctionType)
    assert faults_of(forgets_the_account, tables, both_modes=True) == ["audit_log.account"]


@pytest.mark.parametrize(
    "planted",
    [
        forgets_the_mode,
        binds_the_wrong_argument,
        changes_the_order,
        deletes_from_any_table,
        lets_a_way_around,
        pages_over_everybody,
        passes_another_on,
        copies_for_another,
        asks_nothing,
        takes_the_account_last,
    ],
    ids=lambda one: one.__name__,
)
def test_the_sweep_finds_a_planted_fault(tables: Tables, planted: Callable[..., object]) -> None:
    assert isinstance(planted, FunctionType)
    assert faults_of(planted, tables)
