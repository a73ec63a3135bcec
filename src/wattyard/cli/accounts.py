"""`wattyard account …` and `wattyard key …`, for the operator; they work while the server is
running."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import typer

from wattyard.cli.key_list import key_lines
from wattyard.cli.options import (
    ACCOUNT_VARIABLES,
    MODE_VARIABLE,
    CommandFailed,
    DatabaseOption,
    DataOption,
    JsonOption,
)
from wattyard.cli.printing import print_json, print_rows, say
from wattyard.kernel import asked_time, ids, instants
from wattyard.kernel.scopes import Scope

if TYPE_CHECKING:
    from wattyard.accounts.domain import Account, Restriction, SecretKey
    from wattyard.accounts.service import Accounts
    from wattyard.kernel.context import Context

account = typer.Typer(help="Accounts of the API.", no_args_is_help=True)
key = typer.Typer(help="Secret and restricted keys of an account.", no_args_is_help=True)

Result = TypeVar("Result")

AccountOption = Annotated[str, typer.Option("--account", help="acc_…", envvar=ACCOUNT_VARIABLES)]
NameOption = Annotated[str, typer.Option("--name", help="Name shown to people.")]


class Mode(StrEnum):
    """Which of an account's two separate sets of data."""

    test = "test"
    live = "live"


def run(
    data: Path | None,
    database: str | None,
    work: "Callable[[Accounts, Context], Awaitable[Result]]",
    *,
    makes: bool = False,
) -> Result:
    """Do something with the accounts of the database that the options name, as the operator."""
    from wattyard.accounts.service import Accounts  # noqa: PLC0415 (help does without)
    from wattyard.cli import database as databases  # noqa: PLC0415
    from wattyard.cli.accounts_alone import accounts_alone  # noqa: PLC0415
    from wattyard.kernel.context import Contexts  # noqa: PLC0415

    return databases.run(
        data,
        database,
        lambda found: work(found.get(Accounts), found.get(Contexts).operator()),
        makes=makes,
        assembly=accounts_alone,
    )


@account.command("create")
def create_account(
    name: NameOption,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Create an account with a first key in each mode. The keys are shown only once."""
    made, test, live = run(
        data,
        database,
        lambda accounts, context: accounts.create(context, name=name),
        makes=True,
    )
    answer = {
        "account_id": ids.wire("acc", made.id),
        "name": made.name,
        "keys": {"test": test, "live": live},
    }
    if json:
        print_json(answer)
        return
    say(f"account  {answer['account_id']}", f"test key {test}", f"live key {live}")


@account.command("list")
def list_accounts(
    json: JsonOption = False, data: DataOption = None, database: DatabaseOption = None
) -> None:
    """List the accounts."""
    accounts = run(data, database, lambda accounts, _: accounts.all())
    print_rows([_account(one) for one in accounts], json=json)


@account.command("disable")
def disable_account(
    account_id: Annotated[str, typer.Argument(help="acc_…")],
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Disable an account: every call is answered with 422 account_disabled."""
    id_ = ids.read(account_id, "acc", param="account")
    changed = run(data, database, lambda accounts, context: accounts.disable(context, id_))
    _print_standing(changed, json=json)


@account.command("enable")
def enable_account(
    account_id: Annotated[str, typer.Argument(help="acc_…")],
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Enable a disabled account: its keys work again, tokens made before do not."""
    id_ = ids.read(account_id, "acc", param="account")
    changed = run(data, database, lambda accounts, context: accounts.enable(context, id_))
    _print_standing(changed, json=json)


def _print_standing(account: "Account", *, json: bool) -> None:
    if json:
        print_json(_account(account))
    else:
        standing = "disabled" if account.disabled else "enabled"
        say(f"{ids.wire('acc', account.id)} is {standing}")


@key.command("create")
def create_key(
    account_id: AccountOption,
    mode: Annotated[
        Mode,
        typer.Option("--mode", help="Data that the key sees: test or live.", envvar=MODE_VARIABLE),
    ],
    name: NameOption,
    scopes: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            help="Make a restricted key that may do this: "
            f"{', '.join(Scope)}. May be given several times.",
        ),
    ] = None,
    locations: Annotated[
        list[str] | None,
        typer.Option(
            "--location",
            help="With --scope: loc_… or ste_…, the only location that the key sees. May be given "
            "several times.",
        ),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(
            "--expires",
            help="With --scope: when the key ends by itself; 2027-01-01T00:00:00Z, or 2027-01-01 "
            "(UTC).",
        ),
    ] = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Create a secret key, or with --scope a restricted one. It is shown only once."""
    id_ = ids.read(account_id, "acc", param="account")
    restriction = _restriction(scopes, locations, expires)

    async def work(accounts: "Accounts", context: "Context") -> "tuple[SecretKey, str]":
        return await accounts.create_key(
            context,
            id_,
            name=name,
            live_mode=mode is Mode.live,
            restriction=restriction,
        )

    made, secret = run(data, database, work)
    kind = "secret key" if restriction is None else "restricted key"
    if json:
        print_json({**_key(made), "secret_key": secret})
    else:
        say(f"{'key':14} {ids.wire('key', made.id)}", f"{kind:14} {secret}")


def _restriction(
    scopes: list[str] | None, locations: list[str] | None, expires: str | None
) -> "Restriction | None":
    from wattyard.accounts.domain import Restriction, ScopesInvalid  # noqa: PLC0415 (help does without)

    if not scopes:
        if locations or expires:
            raise CommandFailed(
                "--location and --expires are for restricted keys: say with --scope what it may do"
            )
        return None
    unknown = sorted(set(scopes) - set(Scope))
    if unknown:
        raise ScopesInvalid(
            f"--scope must be one of {', '.join(Scope)}; got {ids.shown(unknown[0])}"
        )
    at = [ids.read(text, "loc", "ste", param="location") for text in locations or ()]
    return Restriction(
        frozenset(map(Scope, scopes)),
        frozenset(at) or None,
        (expires and _instant(expires)) or None,
    )


def _instant(text: str) -> datetime:
    """Read an instant with an offset, or a date for its midnight in UTC."""
    given = asked_time.read("expires", text)
    if isinstance(given, datetime):
        return given
    return datetime(given.year, given.month, given.day, tzinfo=UTC)


def make_token(
    account_id: Annotated[
        str | None, typer.Option("--account", help="acc_…; not needed where there is only one.")
    ] = None,
    mode: Annotated[
        Mode,
        typer.Option(
            "--mode", help="Data that the token sees: test or live.", envvar=MODE_VARIABLE
        ),
    ] = Mode.test,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Print a bearer token of an account, good for an hour, made with its oldest secret key."""
    live_mode = mode is Mode.live

    async def work(accounts: "Accounts", context: "Context") -> tuple[UUID, str, int]:
        owner = (
            ids.read(account_id, "acc", param="account")
            if account_id
            else _only(await accounts.all())
        )
        return owner, *await accounts.token_of(context, owner, live_mode=live_mode)

    owner, token, seconds = run(data, database, work)
    if json:
        print_json(
            {
                "bearer_token": token,
                "expires_in": seconds,
                "live_mode": live_mode,
                "account_id": ids.wire("acc", owner),
            }
        )
    else:
        typer.echo(token)


def _only(accounts: "list[Account]") -> UUID:
    if len(accounts) != 1:
        raise CommandFailed(
            f"there are {len(accounts)} accounts: name one with --account, or make one with "
            "`wattyard account create`"
        )
    return accounts[0].id


@key.command("list")
def list_keys(
    account_id: AccountOption,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """List the keys of an account, without their secrets."""
    id_ = ids.read(account_id, "acc", param="account")
    keys = run(data, database, lambda accounts, _: accounts.keys(id_))
    rows = [_key(one) for one in keys]
    if json:
        print_json(rows)
    else:
        say(*key_lines(rows))


@key.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(help="key_…")],
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Revoke a key: tokens made with it stop working within five seconds."""
    id_ = ids.read(key_id, "key", param="key")
    revoked = run(data, database, lambda accounts, context: accounts.revoke(context, id_))
    if json:
        print_json(_key(revoked))
    else:
        say(f"{key_id} is revoked")


def status_of(one: "Account") -> str:
    """Whether an account is enabled, disabled, or about to be gone."""
    if one.deletion_begun is not None:
        return "DELETING"
    return "DISABLED" if one.disabled else "ENABLED"


def _account(one: "Account") -> dict[str, Any]:
    return {
        "id": ids.wire("acc", one.id),
        "name": one.name,
        "status": status_of(one),
        "time_created": instants.text(one.time_created),
    }


def _key(one: "SecretKey") -> dict[str, Any]:
    own = one.restriction
    at = None if own is None else own.site_ids
    return {
        "id": ids.wire("key", one.id),
        "name": one.name,
        "mode": "live" if one.live_mode else "test",
        "type": "SECRET" if own is None else "RESTRICTED",
        "scopes": None if own is None else sorted(own.scopes),
        "location_ids": None if at is None else [ids.wire("loc", site) for site in sorted(at)],
        "time_expiry": _time(own.time_expiry if own else None),
        "time_created": instants.text(one.time_created),
        "last_used": _time(one.last_used),
        "time_revoked": _time(one.time_revoked),
    }


def _time(instant: datetime | None) -> str | None:
    return None if instant is None else instants.text(instant)
