"""`wattyard account delete`, at the command line."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from wattyard.accounts.domain import AccountEnabled
from wattyard.cli import app
from wattyard.cli.options import CommandFailed

pytestmark = pytest.mark.usefixtures("encryption_key")


def run(database_url: str, *arguments: str, typed: str = "") -> Result:
    command = ["account", *arguments, "--database", database_url]
    return CliRunner().invoke(app, command, input=typed)


def answer(database_url: str, *arguments: str) -> Any:
    result = run(database_url, *arguments, "--json")
    assert result.exit_code == 0, (result.exception, result.output)
    return json.loads(result.stdout)


@pytest.fixture
def account(database_url: str) -> str:
    made = answer(database_url, "create", "--name", "Böll & Co.")
    return str(made["account_id"])


def status(database_url: str, account: str) -> str:
    found = [one for one in answer(database_url, "list") if one["id"] == account]
    return str(found[0]["status"]) if found else "gone"


async def was_a_minute_ago(database_url: str, account: str) -> None:
    """Let an account be disabled for long enough that no call of it is under way."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "UPDATE accounts SET last_disabled = now() - interval '1 minute' WHERE id = $1",
            account.removeprefix("acc_"),
        )
    finally:
        await connection.close()


def test_a_dry_run_counts_and_changes_nothing(database_url: str, account: str) -> None:
    said = answer(database_url, "delete", account, "--dry-run")
    assert said == {
        "id": account,
        "name": "Böll & Co.",
        "status": "ENABLED",
        "dry_run": True,
        "rows": {"secret_keys": 2},
        "people": 0,
    }
    shown = run(database_url, "delete", account, "--dry-run").stdout
    assert f"{account} (Böll & Co.): 2 rows and 0 people would be deleted" in shown
    assert status(database_url, account) == "ENABLED"


def test_an_enabled_account_or_another_name_deletes_nothing(
    database_url: str, account: str
) -> None:
    refused = run(database_url, "delete", account, "--yes")
    assert isinstance(refused.exception, AccountEnabled)
    assert "disable it first" in str(refused.exception)

    answer(database_url, "disable", account)
    for typed in ("Böll\n", "\n", ""):
        refused = run(database_url, "delete", account, typed=typed)
        assert refused.exit_code != 0
        assert not typed or isinstance(refused.exception, CommandFailed)
    assert status(database_url, account) == "DISABLED"


def test_whoever_types_the_name_deletes_a_disabled_account(database_url: str, account: str) -> None:
    answer(database_url, "disable", account)
    asyncio.run(was_a_minute_ago(database_url, account))
    done = run(database_url, "delete", account, "--json", typed="Böll & Co.\n")
    assert done.exit_code == 0, done.output
    assert "2 rows and 0 people of Böll & Co." in done.stderr
    deleted = json.loads(done.stdout.splitlines()[-1])  # what is typed is shown before it
    assert (deleted["status"], deleted["rows"]) == ("DELETED", {"secret_keys": 2})
    assert status(database_url, account) == "gone"
    missing = run(database_url, "delete", account, "--yes")
    assert "there is no account" in str(missing.exception)
