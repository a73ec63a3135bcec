"""`wattyard user …`: who may log in to the dashboard, for the operator; works while the server
runs."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from wattyard.cli.options import (
    ACCOUNT_VARIABLES,
    CommandFailed,
    DatabaseOption,
    DataOption,
    JsonOption,
)
from wattyard.cli.printing import print_json, print_rows, say
from wattyard.kernel import ids, instants
from wattyard.people.domain import Invitation, Membership, Person, Role

if TYPE_CHECKING:
    from wattyard.kernel.context import Context
    from wattyard.people.domain import OneTimeLink
    from wattyard.people.service import People
    from wattyard.platform.services import Services

user = typer.Typer(help="People who may log in to the dashboard.", no_args_is_help=True)

Result = TypeVar("Result")
EmailArgument = Annotated[str, typer.Argument(metavar="EMAIL", help="Their e-mail address.")]
RoleOption = Annotated[
    str | None, typer.Option("--role", help="What they may do there: viewer, developer or owner.")
]
ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server",
        help="Where people find the server, if not at WATTYARD_PUBLIC_URL.",
        envvar="WATTYARD_SERVER",
    ),
]
AccountOption = Annotated[str | None, typer.Option("--account", help="acc_…")]


def run(
    data: Path | None,
    database: str | None,
    account: str | None,
    work: "Callable[[People, Context], Awaitable[Result]]",
) -> Result:
    """Do something with the people of the database that the options name, as the operator.

    Where an account is named, the context is of it.
    """
    from wattyard.accounts.service import Accounts  # noqa: PLC0415 (help does without)
    from wattyard.cli import database as databases  # noqa: PLC0415
    from wattyard.cli.accounts_alone import accounts_alone  # noqa: PLC0415
    from wattyard.kernel.callers import Caller  # noqa: PLC0415
    from wattyard.kernel.context import Contexts  # noqa: PLC0415
    from wattyard.people.service import People  # noqa: PLC0415

    id_ = None if account is None else ids.read(account, "acc", param="account")

    async def done(found: "Services") -> Result:
        context = found.get(Contexts).operator()
        if id_ is not None:
            owner = await found.get(Accounts).account(id_)
            context = context.on_behalf_of(Caller(owner.number, owner.id, live_mode=True))
        return await work(found.get(People), context)

    return databases.run(data, database, done, assembly=accounts_alone)


@user.command("invite")
def invite(
    email: Annotated[str, typer.Option("--email", help="Their e-mail address.")],
    account: AccountOption = None,
    role: RoleOption = None,
    name: Annotated[str, typer.Option("--name", help="What they are called.")] = "",
    operator: Annotated[
        bool, typer.Option("--operator", help="Let them run the server too; needs no --account.")
    ] = False,
    server: ServerOption = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Print a one-time link that lets somebody in, good for 24 hours."""
    wanted = _role(role)
    if (account is None) != (wanted is None) or not (account or operator):
        raise CommandFailed(
            "give the account and their role in it with --account and --role, or say with "
            "--operator that they run the server"
        )

    async def work(people: "People", context: "Context") -> "tuple[OneTimeLink, str]":
        number = context.account if account else None
        return await people.invite(context, Invitation(email, name, number, wanted, operator))

    link, token = run(data, database, account, work)
    _print_link(link, _address(token, server, data), account, json=json)


@user.command("link")
def make_link(
    email: EmailArgument,
    server: ServerOption = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Print a one-time link for somebody who is known, such as when their password is lost."""
    link, token = run(
        data, database, None, lambda people, at: people.invite(at, Invitation(email, ""))
    )
    _print_link(link, _address(token, server, data), None, json=json)


def _address(token: str, server: str | None, data: Path | None) -> str:
    from wattyard.platform.settings import Settings  # noqa: PLC0415 (help does without)

    at = server.rstrip("/") if server else Settings.read(data=data).address
    return f"{at}/dashboard/link/{token}"


def _print_link(link: "OneTimeLink", address: str, account: str | None, *, json: bool) -> None:
    given = link.invitation
    if not json:
        say(
            address,
            f"for {given.email}, good for one log-in until {instants.text(link.time_expiry)}",
        )
        return
    print_json(
        {
            "email": given.email,
            "name": given.name,
            "account_id": account,
            "role": given.role.name.lower() if given.role else None,
            "operator": given.makes_operator,
            "link": address,
            "time_expiry": instants.text(link.time_expiry),
        }
    )


@user.command("list")
def list_people(
    account: AccountOption = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """List the people who may log in; with --account those of one account."""

    async def work(people: "People", context: "Context") -> list[dict[str, Any]]:
        return [
            _shown(person, memberships)
            for person, memberships in await people.all()
            if account is None or any(one.account == context.account for one in memberships)
        ]

    rows = run(data, database, account, work)
    if not json:
        for row in rows:
            row["accounts"] = ", ".join(
                f"{one['role']} of {one['account_name']}" for one in row["accounts"]
            )
            row["operator"] = "operator" if row["operator"] else ""
            del row["id"], row["time_created"]
    print_rows(rows, json=json)


@user.command("role")
def change_role(
    email: EmailArgument,
    account: Annotated[str, typer.Option("--account", help="acc_…", envvar=ACCOUNT_VARIABLES)],
    role: Annotated[str, typer.Option("--role", help="viewer, developer or owner.")],
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Change what a member of an account may do there."""
    wanted = _role(role) or Role.VIEWER

    async def work(people: "People", context: "Context") -> Person:
        person = await people.find(email)
        await people.change_role(context, person.id, wanted)
        return person

    done, role = run(data, database, account, work), wanted.name.lower()
    _print_done(done, f"is {role} of {account}", json=json, account_id=account, role=role)


@user.command("disable")
def disable(
    email: EmailArgument,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Lock somebody out: their sessions end within five seconds, their links at once."""
    done = run(data, database, None, lambda people, _: people.disable(email))
    _print_done(done, "is disabled", json=json, status="DISABLED")


@user.command("enable")
def enable(
    email: EmailArgument,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Let somebody in again."""
    done = run(data, database, None, lambda people, _: people.enable(email))
    _print_done(done, "is enabled", json=json, status="ENABLED")


@user.command("remove")
def remove(
    email: EmailArgument,
    account: AccountOption = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Remove somebody from all accounts for good; with --account from that one only."""

    async def work(people: "People", context: "Context") -> Person:
        if account is None:
            return await people.delete(context, email)
        person = await people.find(email)
        await people.remove(context, person.id)
        return person

    where = f"is removed from {account}" if account else "is removed"
    done = run(data, database, account, work)
    _print_done(done, where, json=json, status="REMOVED", account_id=account)


def _print_done(person: Person, sentence: str, *, json: bool, **fields: str | None) -> None:
    if json:
        print_json({"id": ids.wire("per", person.id), "email": person.email, **fields})
    else:
        say(f"{person.email} {sentence}")


def _role(text: str | None) -> Role | None:
    if text is None:
        return None
    try:
        return Role[text.upper()]
    except KeyError:
        known = ", ".join(one.name.lower() for one in Role)
        raise CommandFailed(f"--role must be one of {known}; got {ids.shown(text)}") from None


def _shown(person: Person, memberships: tuple[Membership, ...]) -> dict[str, Any]:
    return {
        "id": ids.wire("per", person.id),
        "email": person.email,
        "name": person.name,
        "status": "DISABLED" if person.disabled else "ENABLED",
        "operator": person.is_operator,
        "accounts": [
            {
                "account_id": ids.wire("acc", one.account_id),
                "account_name": one.account_name,
                "role": one.role.name.lower(),
            }
            for one in memberships
        ],
        "time_created": instants.text(person.time_created),
    }
