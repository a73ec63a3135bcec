"""`wattyard account move`: an account goes from the database of one cell to that of another."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wattyard.cli.options import CommandFailed, DatabaseOption, JsonOption
from wattyard.cli.printing import print_json, say

if TYPE_CHECKING:
    from uuid import UUID

    from wattyard.app.cells.moving import AccountMove, Moved
    from wattyard.platform.services import Services

_FOR_TARGET = "Address of the source as the target's server reaches it, where that is another one."


def move_account(
    account_id: Annotated[str, typer.Argument(help="acc_…")],
    to: Annotated[str, typer.Option("--to", help="Database of the target cell: postgresql://…")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what is in the way and what would move.")
    ] = False,
    abort: Annotated[
        bool,
        typer.Option("--abort", help="Undo an interrupted move; the source serves the account."),
    ] = False,
    target_lost: Annotated[
        bool,
        typer.Option(
            "--target-lost",
            help="With --abort: the target is gone for good. Refused where it may have served.",
        ),
    ] = False,
    purge: Annotated[
        bool, typer.Option("--purge", help="Delete what is left at the source after the move.")
    ] = False,
    source_of_target: Annotated[str, typer.Option("--source-of-target", help=_FOR_TARGET)] = "",
    haproxy: Annotated[
        list[str] | None,
        typer.Option("--haproxy", help="Socket of a running HAProxy to tell. May be repeated."),
    ] = None,
    map_file: Annotated[
        Path, typer.Option("--map", help="The map, as HAProxy's configuration names it.")
    ] = Path("/etc/haproxy/cells.map"),
    pause_seconds: Annotated[
        float,
        typer.Option("--pause-seconds", help="For how long rows are compared in the pause.", min=0),
    ] = 0.5,
    json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """Move an account to another cell while its calls are served; they are refused only for a
    moment.

    Run it again after an interruption, and it continues. --database names the database that the
    account is in.
    """
    from wattyard.app.cells import haproxy as proxies  # noqa: PLC0415 (help does without)
    from wattyard.app.cells.checks import facts_of  # noqa: PLC0415
    from wattyard.app.cells.clusters import account_of  # noqa: PLC0415
    from wattyard.app.cells.moving import AccountMove, Route  # noqa: PLC0415
    from wattyard.kernel import ids  # noqa: PLC0415
    from wattyard.platform.db.sessions import session  # noqa: PLC0415

    if target_lost and not abort:
        raise CommandFailed("--target-lost says how a move is undone: give it with --abort")
    source = external(database)
    id_ = ids.read(account_id, "acc", param="account")
    move = AccountMove(Route(source, to, source_of_target, pause_seconds), id_, _say)

    async def moving() -> "Moved":
        async with session(source, "source") as here, session(to, "target") as target:
            account, facts = await account_of(here, id_), await facts_of(target)

        async def opened() -> None:
            for socket in haproxy or ():
                assert account is not None  # noqa: S101 (it has moved)
                await proxies.send_calls(socket, str(map_file), account, facts["cell"])

        return await move.move(opened)

    if dry_run:
        _print_dry(move, json=json)
    elif abort:
        asyncio.run(move.abandon() if target_lost else move.abort())
        _print({"account": account_id, "aborted": True}, f"{account_id} stays", json=json)
    else:
        gone = purge and asyncio.run(move.take_fence_down())
        moved = None if gone else asyncio.run(moving())
        if purge and not gone:
            _purge(source, id_)
            asyncio.run(move.take_fence_down())
        _print_moved(account_id, moved, json=json)


def _purge(source: str, account_id: "UUID") -> None:
    """Delete what is left of an account that has moved."""
    from wattyard.accounts.service import Purge  # noqa: PLC0415 (help does without)
    from wattyard.cli import database as databases  # noqa: PLC0415
    from wattyard.cli.accounts_alone import accounts_alone  # noqa: PLC0415
    from wattyard.kernel.context import Contexts  # noqa: PLC0415

    async def work(services: "Services") -> None:
        context = services.get(Contexts).operator()
        await services.get(Purge).purge(context, account_id, force=True)

    _say("what is left of the account is deleted at the source")
    databases.run(None, source, work, assembly=accounts_alone)


def _print_dry(move: "AccountMove", *, json: bool) -> None:
    async def asked() -> tuple[list[str], dict[str, int]]:
        return await move.complaints(), await move.rows()

    found, rows = asyncio.run(asked())
    lines = [f"{count:>12,}  {name}" for name, count in rows.items() if count]
    said = "see above" if found else "nothing is in the way"
    _print({"complaints": found, "rows": rows}, *found, *lines, said, json=json)
    if found:
        raise typer.Exit(1)


def _print_moved(account_id: str, moved: "Moved | None", *, json: bool) -> None:
    refused = moved.refused_seconds if moved else None
    document = {
        "account": account_id,
        "rows": moved.rows if moved else 0,
        "refused_seconds": None if refused is None else round(refused, 3),
        "compared_before_the_pause_only": list(moved.compared_before_only) if moved else [],
    }
    lines = [f"{account_id} is served by the target"]
    if moved and moved.rows:
        lines.append(f"{moved.rows:,} rows were compared on both sides")
    if moved and moved.compared_before_only:
        lines.append(
            "compared shortly before the pause, and not in it: "
            + ", ".join(moved.compared_before_only)
        )
    _print(document, *lines, json=json)


def _print(document: object, *lines: str, json: bool) -> None:
    if json:
        print_json(document)
    else:
        say(*lines)


def external(database: str | None) -> str:
    from wattyard.platform.settings import Settings  # noqa: PLC0415 (help does without)

    url = Settings.read(database=database).database
    if not url:
        raise CommandFailed(
            "an account moves between cells, which are external databases: name the one that it "
            "is in with --database or WATTYARD_DATABASE"
        )
    return url


def _say(line: str) -> None:
    sys.stderr.write(f"wattyard: {line}\n")
    sys.stderr.flush()
