"""`wattyard user`: who may log in to the dashboard, at the command line."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from tests.support.process import ENCRYPTION_KEY
from wattyard.cli import app
from wattyard.cli.options import CommandFailed
from wattyard.kernel.ids import SortedIds
from wattyard.kernel.instants import system_clock
from wattyard.kernel.refusals import Refusal


@pytest.fixture(scope="module", autouse=True)
def environment() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WATTYARD_ENCRYPTION_KEY", ENCRYPTION_KEY)
        patch.setenv("WATTYARD_PUBLIC_URL", "https://energy.example.com/yard/")
        yield


@pytest.fixture(scope="module")
def account(database_url: str) -> str:
    made = done(database_url, "account", "create", "--name", "people at the command line")
    return str(made["account_id"])


@pytest.fixture
def email() -> str:
    return f"{SortedIds(system_clock)().hex}@example.com"


def done(database_url: str, *arguments: str) -> Any:
    """Run a command that succeeds, and give its JSON."""
    result = CliRunner().invoke(app, [*arguments, "--json", "--database", database_url])
    assert result.exit_code == 0, (result.exception, result.output)
    return json.loads(result.stdout)


def test_an_invitation_is_a_link_at_the_public_address(
    database_url: str, account: str, email: str
) -> None:
    made = done(
        database_url,
        *("user", "invite", "--account", account, "--email", email.upper(), "--role", "owner"),
    )
    assert made["link"].startswith("https://energy.example.com/yard/dashboard/link/")
    assert len(made["link"].rpartition("/")[2]) == 43
    assert (made["email"], made["role"], made["account_id"]) == (email, "owner", account)
    assert done(database_url, "user", "list", "--account", account) == []  # not yet accepted

    ada = ("--email", email, "--operator", "--name", "Ada", "--server", "http://box:8080/")
    made = done(database_url, "user", "invite", *ada)
    assert made["link"].startswith("http://box:8080/dashboard/link/")
    assert (made["operator"], made["account_id"], made["name"]) == (True, None, "Ada")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--account"),
        (("--role", "owner"), "--account"),
        (("--account", "acc_" + "0" * 32), "--role"),
        (("--account", "acc_" + "0" * 32, "--role", "owner"), "there is no account"),
        (("--account", "acc_1", "--role", "owner"), "account"),
        (("--account", "", "--role", "owner", "--operator"), "--account must be the id"),
        (("--operator", "--role", "king"), "viewer, developer, owner"),
        (("--operator", "--email", "ada"), "name@example.com"),
    ],
)
def test_an_invitation_that_cannot_be_is_refused_in_a_sentence(
    database_url: str, email: str, options: tuple[str, ...], said: str
) -> None:
    command = ["user", "invite", "--email", email, *options, "--database", database_url]
    result = CliRunner().invoke(app, command)
    assert isinstance(result.exception, CommandFailed | Refusal), result.output
    assert said in str(result.exception)


@pytest.mark.parametrize("command", ["link", "disable", "enable", "remove"])
def test_nobody_is_not_found(database_url: str, email: str, command: str) -> None:
    result = CliRunner().invoke(app, ["user", command, email, "--database", database_url])
    assert f"nobody has the e-mail address '{email}'" in str(result.exception)


def test_the_operator_changes_what_a_person_may_do(
    database_url: str, account: str, email: str
) -> None:
    asyncio.run(join(database_url, account, email))

    changed = done(database_url, "user", "role", email, "--account", account, "--role", "developer")
    assert (changed["account_id"], changed["role"]) == (account, "developer")
    (listed,) = [one for one in done(database_url, "user", "list") if one["email"] == email]
    assert [one["role"] for one in listed["accounts"]] == ["developer"]
    table = CliRunner().invoke(app, ["user", "list", "--database", database_url]).stdout
    assert "developer of people at the command line" in table

    assert done(database_url, "user", "disable", email)["status"] == "DISABLED"
    assert done(database_url, "user", "enable", email)["status"] == "ENABLED"
    assert done(database_url, "user", "link", email)["link"].startswith("https://energy")
    gone = done(database_url, "user", "remove", email, "--account", account)
    assert (gone["status"], gone["account_id"]) == ("REMOVED", account)
    assert done(database_url, "user", "list", "--account", account) == []
    done(database_url, "user", "remove", email)
    assert email not in str(done(database_url, "user", "list"))


async def join(database_url: str, account: str, email: str) -> None:
    """Make somebody a viewer of an account."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            """
            WITH person AS (
                INSERT INTO people (id, email, name, language, time_created)
                VALUES ($1, $2, 'Ada', 'en', now()) RETURNING id
            )
            INSERT INTO memberships (account, person_id, role, time_created)
            SELECT account, person.id, 1, now() FROM person, accounts WHERE accounts.id = $3
            """,
            SortedIds(system_clock)(),
            email,
            account.removeprefix("acc_"),
        )
    finally:
        await connection.close()
