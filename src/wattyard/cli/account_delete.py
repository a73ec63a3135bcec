"""`wattyard account delete`: an account with all that it has, for good."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from wattyard.cli.accounts import status_of
from wattyard.cli.options import CommandFailed, DatabaseOption, DataOption, JsonOption
from wattyard.cli.printing import print_json, say
from wattyard.kernel import ids
from wattyard.kernel.printing import printable

if TYPE_CHECKING:
    from wattyard.accounts.service import Holdings, Purge
    from wattyard.kernel.context import Context
    from wattyard.platform.services import Services

Result = TypeVar("Result")
_SAID_EVERY_SECONDS: Final = 2.0


def delete_account(
    account_id: Annotated[str, typer.Argument(help="acc_…")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the account's name.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Delete it even if it is enabled; it is disabled first.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would be deleted, and delete nothing.")
    ] = False,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Delete a disabled account with everything in it, and the people who have no other.

    Servers and workers may keep running. After an interruption, run the same command again.
    """
    id_ = ids.read(account_id, "acc", param="account")

    def run(work: "Callable[[Purge, Context], Awaitable[Result]]") -> Result:
        return _run(data, database, work)

    if dry_run or not yes:
        held = run(lambda purge, context: purge.holdings(context, id_))
        if dry_run:
            _print(held, "would be deleted", json=json, dry_run=True)
            return
        _confirm(held)
    told = _progress()
    gone = run(lambda purge, context: purge.purge(context, id_, force=force, told=told))
    _print(gone, "deleted", json=json)


def _run(
    data: Path | None,
    database: str | None,
    work: "Callable[[Purge, Context], Awaitable[Result]]",
) -> Result:
    from wattyard.accounts.service import Purge  # noqa: PLC0415 (help does without)
    from wattyard.cli import database as databases  # noqa: PLC0415
    from wattyard.cli.accounts_alone import accounts_alone  # noqa: PLC0415
    from wattyard.kernel.context import Contexts  # noqa: PLC0415

    async def done(found: "Services") -> Result:
        return await work(found.get(Purge), found.get(Contexts).operator())

    return databases.run(data, database, done, assembly=accounts_alone)


def _confirm(held: "Holdings") -> None:
    """Ask for the account's name.

    Raises:
        CommandFailed: when another one is typed.
    """
    name = held.account.name
    typer.echo(
        f"This deletes {printable(_summary(held))} of {printable(name)}, for good.", err=True
    )
    typed = typer.prompt("Type its name to go on", err=True, default="", show_default=False)
    if typed.strip() != name:
        raise CommandFailed("that is not its name; nothing was deleted")


def _progress() -> Callable[[int], None]:
    from wattyard.cli.database import say_meanwhile  # noqa: PLC0415 (help does without)

    said = monotonic()

    def told(rows: int) -> None:
        nonlocal said
        if monotonic() - said > _SAID_EVERY_SECONDS:
            said = monotonic()
            say_meanwhile(f"{rows:,} rows deleted …")

    return told


def _summary(held: "Holdings") -> str:
    people = "1 person" if held.people == 1 else f"{held.people:,} people"
    return f"{sum(held.rows.values()):,} rows and {people}"


def _print(held: "Holdings", what: str, *, json: bool, dry_run: bool = False) -> None:
    id_ = ids.wire("acc", held.account.id)
    if json:
        answer: dict[str, Any] = {
            "id": id_,
            "name": held.account.name,
            "status": status_of(held.account) if dry_run else "DELETED",
            "dry_run": dry_run,
            "rows": held.rows,
            "people": held.people,
        }
        print_json(answer)
        return
    widest = max(map(len, held.rows), default=0)
    for table, rows in held.rows.items():
        say(f"{table:{widest}}  {rows:>12,}")
    say(f"{id_} ({held.account.name}): {_summary(held)} {what}")
