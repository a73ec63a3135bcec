"""`wattyard migrate` and `wattyard doctor`."""

from typing import Annotated

import typer

from wattyard.app import Services
from wattyard.cli.accounts import print_json, say
from wattyard.cli.database import DatabaseOption, DataOption, JsonOption, database_of, run
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.platform.db import schema
from wattyard.platform.settings import Settings


def migrate(data: DataOption = None, database: DatabaseOption = None) -> None:
    """Bring the database to the schema of this version. A second run changes nothing."""
    with database_of(Settings.read(data=data, database=database)) as url:
        say(f"the database has schema {schema.migrate(url)}")


def doctor(
    repair: Annotated[
        bool, typer.Option("--repair", help="Write the wrong summaries anew.")
    ] = False,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Check that what is stored is whole: every site's summary is recomputed and compared."""

    async def work(services: Services) -> tuple[int, list[str]]:
        checked, wrong = 0, []
        for account in await services.accounts.all():
            for live_mode in (False, True):
                caller = Caller(account.number, account.id, live_mode)
                count, found = await services.inspection.summaries(caller, repair=repair)
                checked += count
                wrong += [ids.wire("ste", one) for one in found]
        return checked, wrong

    checked, wrong = run(data, database, work)
    if json:
        print_json({"sites_checked": checked, "summaries_wrong": wrong, "repaired": repair})
    else:
        say(f"{checked:,} sites checked, {len(wrong):,} summaries wrong", *wrong[:100])
    if wrong and not repair:
        raise typer.Exit(1)
