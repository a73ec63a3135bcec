"""`wattyard key` and `wattyard token`: restricted keys, and tokens, at the command line."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from wattyard.cli import app
from wattyard.cli.options import CommandFailed
from wattyard.kernel.refusals import Refusal

SCOPES = ("sites:read", "prices:read", "schedules:read", "meters:read", "costs:read")

pytestmark = pytest.mark.usefixtures("loop_free", "encryption_key")


@pytest.fixture
def loop_free() -> None:
    """The command runs its own event loop, so these tests have none."""


@pytest.fixture
def account(database_url: str) -> Any:
    return done(database_url, "account", "create", "--name", "keys at the command line")


def done(database_url: str, *arguments: str) -> Any:
    """Run a command that succeeds, and give its JSON."""
    result = CliRunner().invoke(app, [*arguments, "--json", "--database", database_url])
    assert result.exit_code == 0, (result.exception, result.output)
    return json.loads(result.stdout)


def test_a_restricted_key_is_made_and_listed(database_url: str, account: Any) -> None:
    of = ("--account", account["account_id"])
    key = done(
        database_url,
        *("key", "create", *of, "--mode", "test", "--name", "Home Assistant"),
        *("--scope", "prices:read", "--scope", "schedules:read", "--expires", "2099-01-01"),
    )
    assert key["secret_key"].startswith("rk_test_")
    assert key["scopes"] == ["prices:read", "schedules:read"]
    assert key["time_expiry"] == "2099-01-01T00:00:00Z"
    listed = done(database_url, "key", "list", *of)
    assert [one["type"] for one in listed] == ["SECRET", "SECRET", "RESTRICTED"]
    assert key["secret_key"] not in str(listed)


def test_a_token_is_printed_alone(database_url: str, account: Any) -> None:
    token = ("token", "--account", account["account_id"], "--mode", "live")
    assert done(database_url, *token)["live_mode"] is True
    plain = CliRunner().invoke(app, [*token, "--database", database_url])
    assert len(plain.stdout.strip().split(".")) == 3
    keys = done(database_url, "key", "list", "--account", account["account_id"])
    (live,) = [one["id"] for one in keys if one["mode"] == "live"]
    done(database_url, "key", "revoke", live)
    refused = CliRunner().invoke(app, [*token, "--database", database_url])
    assert "no secret key for live data" in str(refused.exception)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--scope", "prices"), "prices:read"),
        (("--location", "loc_1"), "--scope"),
        (("--expires", "2099-01-01"), "--scope"),
        (("--scope", "*:read", "--location", "loc_1"), "location"),
        (("--scope", "*:read", "--location", "loc_" + "0" * 32), "there is no location"),
        (("--scope", "*:read", "--expires", "tomorrow"), "expires"),
        (("--scope", "*:read", "--expires", "2020-01-01"), "future"),
    ],
)
def test_a_restriction_that_cannot_be_is_refused_in_a_sentence(
    database_url: str, account: Any, options: tuple[str, ...], said: str
) -> None:
    arguments = ["key", "create", "--account", account["account_id"], "--mode", "test"]
    result = CliRunner().invoke(
        app, [*arguments, "--name", "n", *options, "--database", database_url]
    )
    assert isinstance(result.exception, CommandFailed | Refusal), result.output
    assert said in str(result.exception)


def test_keys_are_listed_within_80_columns(database_url: str, account: Any) -> None:
    of = ("--account", account["account_id"], "--database", database_url)
    done(
        database_url,
        *("key", "create", *of[:2], "--mode", "test", "--name", "Home Assistant"),
        *(part for scope in SCOPES for part in ("--scope", scope)),
        *("--expires", "2099-01-01"),
    )
    lines = CliRunner().invoke(app, ["key", "list", *of]).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[1:] for line in lines if line.startswith("key_")] == [
        ["test", "secret", "first", "test", "key"],
        ["live", "secret", "first", "live", "key"],
        ["test", "restricted", "Home", "Assistant"],
    ]
    assert "may costs:read, meters:read, prices:read, schedules:read, sites:read" in lines[-2]
    assert lines[-1].endswith("never used; ends 2099-01-01T00:00Z")
