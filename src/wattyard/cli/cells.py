"""`wattyard cells …`: several PostgreSQL clusters, each with its accounts (docs/cells.md)."""

import asyncio
from collections.abc import Awaitable, Callable
from time import sleep
from typing import Annotated, Any, TypeVar

import typer

from wattyard.cli.moves import external
from wattyard.cli.options import DatabaseOption, JsonOption
from wattyard.cli.printing import print_json, say

cells = typer.Typer(help="Cells: accounts on several PostgreSQL clusters.", no_args_is_help=True)

Result = TypeVar("Result")
CellsArgument = Annotated[
    list[str], typer.Argument(help="Databases of the cells, the first one first: postgresql://…")
]


@cells.command("number")
def number_cell(
    number: Annotated[int, typer.Argument(help="0 for the first cell, 1 for the next, …", min=0)],
    json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """Make a database a cell: from then on no other gives its accounts the same numbers."""
    from wattyard.app.cells import numbering  # noqa: PLC0415 (help does without)
    from wattyard.app.cells.checks import range_of  # noqa: PLC0415

    _with([external(database)], lambda dbs: numbering.number(dbs[0], number))
    first, last = range_of(number)
    if json:
        print_json({"cell": number, "first_account": first, "last_account": last})
    else:
        say(f"this is cell {number}; its accounts have the numbers {first:,} to {last:,}")


@cells.command("check")
def check_cells(urls: CellsArgument, json: JsonOption = False) -> None:
    """Compare cells with the first: schema, secrets, numbers; exit code 1 where they differ."""
    from wattyard.app.cells.checks import complaints_of_pair  # noqa: PLC0415 (help does without)

    async def work(dbs: list[Any]) -> list[str]:
        found = [await complaints_of_pair(dbs[0], other) for other in dbs[1:]]
        return list(dict.fromkeys(one for complaints in found for one in complaints))

    found = _with(urls, work)
    if json:
        print_json({"complaints": found})
    else:
        say(*found, "see above" if found else f"{len(urls)} cells agree")
    if found:
        raise typer.Exit(1)


@cells.command("publish")
def publish_to_cells(
    to: Annotated[list[str], typer.Option("--to", help="Database of a cell. May be repeated.")],
    every: Annotated[
        int, typer.Option("--every", help="Repeat after this many seconds, until Ctrl-C.", min=0)
    ] = 0,
    json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """Copy what all cells share from the first one: secrets that sign, the operator's markets.

    Restart the nodes of a cell whose secrets changed. Prices are new in the first cell several
    times a day: give the other cells theirs with --every, or with a timer.
    """
    from wattyard.app.cells.publishing import publish  # noqa: PLC0415 (help does without)

    first = external(database)
    while True:
        for url in to:
            done = _with([first, url], lambda dbs: publish(*dbs))
            if json:
                print_json(
                    {
                        "secrets_changed": done.secrets_changed,
                        "sources": done.sources,
                        "prices": done.prices,
                    }
                )
                continue
            restart = "; restart its nodes: its secrets changed" if done.secrets_changed else ""
            say(f"{done.sources} market sources and {done.prices:,} prices copied{restart}")
        if not every:
            return
        sleep(every)


@cells.command("map")
def print_map(urls: CellsArgument) -> None:
    """Print the map of accounts for HAProxy: write it to the file that its configuration names."""
    from wattyard.app.cells import haproxy  # noqa: PLC0415 (help does without)

    async def work(dbs: list[Any]) -> list[str]:
        return [line for db in dbs for line in await haproxy.lines_of(db)]

    say(*_with(urls, work))


def _with(urls: list[str], work: Callable[[list[Any]], Awaitable[Result]]) -> Result:
    """Do something with the databases of cells."""
    from contextlib import AsyncExitStack  # noqa: PLC0415 (help does without)

    from wattyard.platform.db.sessions import session  # noqa: PLC0415 (as above)

    async def working() -> Result:
        async with AsyncExitStack() as stack:
            dbs = [await stack.enter_async_context(session(url, url_shown(url))) for url in urls]
            return await work(dbs)

    return asyncio.run(working())


def url_shown(url: str) -> str:
    """Name a cell by its address, without a password."""
    from wattyard.kernel.addresses import without_password  # noqa: PLC0415 (help does without)

    return without_password(url)
