"""One account could one day be spread over machines by Citus: nothing new may stand in its way.

Citus is not supported (docs/scale.md). It distributes tables by one column, the account, and then
takes every statement that is of one account. What it refuses besides is listed here, each with what
it is; a list that no longer fits fails, so that it only becomes shorter.
"""

import asyncio
import re
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import wattyard
from tests.support.scoped_sql import Tables, unheld
from tests.support.store_functions import statements_of
from tests.sweeps.test_stores import FUNCTIONS

SOURCES = Path(wattyard.__file__).parent
OF_THE_SERVER = {
    "alembic_version",
    "cells",
    "delivery_workers",
    "encryption_keys",
    "job_runs",
    "people",
    "person_sessions",
    "schema_revisions",
    "server_audit_log",
    "signing_keys",
    "token_secrets",
}
"""Tables without an account, which every machine would have whole; small, or of people."""

LED_BY_SOMETHING_ELSE = {
    "accounts (id)",  # of the server, like those above
    "secret_keys (secret_hash)",
    "restricted_keys (secret_hash)",
    "person_links (id)",
    "person_links (token_hash)",
}
"""Unique keys that would have to begin with the account: what is found by a secret alone."""

LOOKED_FOR_IN_ALL_ACCOUNTS = {
    "idempotency_keys_encrypted",
    "kept_plans_until",
    "market_sources_due",
    "memberships_person",
    "person_links_expiry",
    "request_counts_minute",
    "tariffs_ending",
}
"""Indexes for work over all accounts."""

TRIGGERS = {"readings_go_with_their_series on meter_series"}

ACROSS_ACCOUNTS = {
    "events.log.overdue: a lateral join",
    "events.log.overdue: a recursive query",
    "events.order.raise_above: a lateral join",
    "events.order.raise_above: a recursive query",
    "events.queue.accounts_with_events: a lateral join",
    "events.queue.accounts_with_events: a recursive query",
    "events.queue.claim: a lateral join",
    "events.queue.claim: a recursive query",
    "events.queue.claim: rows that are locked",
    "events.queue.forget_stray: a lateral join",
    "events.queue.forget_stray: a recursive query",
    "events.queue.note_failures: a change in a WITH",
    "meters.batches.accounts_with_batches: a lateral join",
    "meters.batches.accounts_with_batches: a recursive query",
    "people.people.accounts_owned_alone: rows that are locked",
    "requests.log.accounts_with_requests: a lateral join",
    "requests.log.accounts_with_requests: a recursive query",
    "schedules.kept_plans.claim_due: rows that are locked",
    "tariffs.contracts.claim_ending: rows that are locked",
}
"""What store functions ask across accounts in a form that Citus refuses there."""

LOCKS = {
    "app/cells/fence.py": "of an account, while it moves",
    "app/cells/moving.py": "of an account, while it moves",
    "app/cells/numbering.py": "the server's: when it becomes a cell",
    "events/store/endpoints.py": "of an account",
    "events/store/queue.py": "of an endpoint",
    "meters/store/months.py": "the server's: while a partition is made, once a month",
    "meters/store/series.py": "of a meter that is new, one of 64: others may have the same",
    "platform/db/moving.py": "the server's: while a whole database moves into another",
    "platform/db/database.py": "the server's: hourly work in one process",
    "platform/encryption/registry.py": "the server's: while its keys change",
    "platform/http/kept_answers.py": "of an idempotency key of an account",
    "requests/store/days.py": "the server's: while a partition is made, once a day",
    "sites/store/sites.py": "of an account",
}
"""Where a lock is that is none of rows, and whose it is."""

_REFUSED = {
    "a recursive query": r"\bRECURSIVE\b",
    "rows that are locked": r"\bFOR (NO KEY )?(UPDATE|SHARE)\b",
    "a lateral join": r"\bLATERAL\b",
    "a change in a WITH": r"AS \(\s*(UPDATE|DELETE|INSERT)\b",
}
"""What Citus takes in a statement of one account, and not in one that goes to all machines."""

_COMPOSED = {"meters.months.make"}
"""Functions whose statements are known only when they run; they make tables."""


async def read(url: str) -> dict[str, Any]:
    """Ask the catalogue for keys, indexes, triggers and tables."""
    connection = await asyncpg.connect(url)
    try:
        own = """
            c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relnamespace = 'public'::regnamespace
        """
        accounted = """
            EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'account')
        """
        return {
            "without": await connection.fetch(
                f"SELECT c.relname AS name FROM pg_class c WHERE {own} AND NOT {accounted}"
            ),
            "with": await connection.fetch(
                f"SELECT c.relname AS name FROM pg_class c WHERE {own} AND {accounted}"
            ),
            "indexes": await connection.fetch(
                f"""
                SELECT c.relname AS of, x.relname AS name, i.indisunique AS unique,
                       pg_get_indexdef(i.indexrelid, 1, true) AS first
                FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
                JOIN pg_class x ON x.oid = i.indexrelid WHERE {own} AND {accounted}
                """
            ),
            "triggers": await connection.fetch(
                """
                SELECT tgname || ' on ' || tgrelid::regclass::text AS name FROM pg_trigger
                WHERE NOT tgisinternal AND tgparentid = 0
                """
            ),
            "references": await connection.fetch(
                f"""
                SELECT conname AS name, confrelid::regclass::text AS to,
                       pg_get_constraintdef(k.oid) AS written
                FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
                WHERE contype = 'f' AND conparentid = 0 AND {own} AND {accounted}
                """
            ),
        }
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def catalogue(database_url: str) -> dict[str, Any]:
    return asyncio.run(read(database_url))


def test_every_table_has_an_account_or_is_of_the_server(catalogue: dict[str, Any]) -> None:
    assert {row["name"] for row in catalogue["without"]} == OF_THE_SERVER


def test_every_key_leads_with_the_account(catalogue: dict[str, Any]) -> None:
    led = [row for row in catalogue["indexes"] if row["first"] != "account"]
    unique = {f"{row['of']} ({row['first']})" for row in led if row["unique"]}
    assert unique == LED_BY_SOMETHING_ELSE
    assert {row["name"] for row in led if not row["unique"]} == LOOKED_FOR_IN_ALL_ACCOUNTS


def test_every_reference_is_within_an_account_or_to_what_every_machine_has(
    catalogue: dict[str, Any],
) -> None:
    references = catalogue["references"]
    assert len(references) > 10
    for row in references:
        within = row["written"].startswith("FOREIGN KEY (account")
        assert within or row["to"] in OF_THE_SERVER, row["name"]


def test_there_is_no_other_trigger(catalogue: dict[str, Any]) -> None:
    assert {row["name"] for row in catalogue["triggers"]} == TRIGGERS


def across(statement: str, tables: Tables) -> bool:
    """Whether a statement asks for rows of more than one account."""
    asked = [name for name in tables if re.search(rf"\b{name}\b", statement)]
    return bool(asked) and not any(held(statement, tables, f"${n}") for n in range(1, 13))


def held(statement: str, tables: Tables, argument: str) -> bool:
    """Whether an argument of a statement is the account of all that it reaches."""
    try:
        return not unheld(statement, tables, {"account": argument})
    except ValueError:  # an INSERT of what a query gives; the queue's, over all accounts
        return False


def refused(tables: Tables) -> set[str]:
    """What of the stores Citus would refuse."""
    return {
        f"{name}: {what}"
        for name, function in FUNCTIONS.items()
        if name not in _COMPOSED
        for statement in statements_of(function)
        if across(statement, tables)
        for what, form in _REFUSED.items()
        if re.search(form, statement)
    }


def test_what_goes_over_all_accounts_is_plain(catalogue: dict[str, Any]) -> None:
    tables = {row["name"]: frozenset({"account"}) for row in catalogue["with"]}
    assert refused(tables) == ACROSS_ACCOUNTS


@pytest.mark.parametrize(
    ("statement", "is_across"),
    [
        ("SELECT id FROM sites WHERE account = $2 AND live_mode = $3 FOR UPDATE", False),
        ("SELECT id FROM sites WHERE id = $1 FOR UPDATE", True),
        ("SELECT last_value FROM events_sequence", False),
    ],
)
def test_a_statement_that_is_of_no_account_is_told_from_others(
    statement: str, is_across: bool
) -> None:
    assert across(statement, {"sites": frozenset({"account"})}) is is_across


def test_no_lock_is_shared_by_accounts_on_a_hot_path() -> None:
    locking = {
        str(file.relative_to(SOURCES))
        for file in SOURCES.rglob("*.py")
        if "migrations" not in file.parts
        and re.search(r"pg_(try_)?advisory_|LOCK TABLE", file.read_text())
    }
    assert locking == LOCKS.keys()
