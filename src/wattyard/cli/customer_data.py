"""`wattyard customer export` and `erase`: all that is kept of one customer, given out or erased."""

import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, TextIO, TypeVar
from uuid import UUID

import typer

from wattyard.accounts.service import Accounts
from wattyard.app import Services
from wattyard.cli.accounts import AccountOption, Mode
from wattyard.cli.database import run
from wattyard.cli.files import new_private_file
from wattyard.cli.options import MODE_VARIABLE, DatabaseOption, DataOption, JsonOption
from wattyard.cli.printing import print_json, say
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.values import dataclass
from wattyard.sites.service import PersonalData

Result = TypeVar("Result")
CustomerArgument = Annotated[str, typer.Argument(help="cus_…")]
ModeOption = Annotated[
    Mode, typer.Option("--mode", help="Which data: test or live.", envvar=MODE_VARIABLE)
]


@dataclass(frozen=True, slots=True)
class OfCustomer:
    """Whose data is meant, and in which database."""

    customer_id: str
    account: str
    mode: Mode
    data: Path | None
    database: str | None

    @property
    def id(self) -> UUID:
        return ids.read(self.customer_id, "cus", param="customer")

    def run(self, work: Callable[[PersonalData, Context, UUID], Awaitable[Result]]) -> Result:
        """Do something with the data of the customer, on behalf of its account."""
        customer_id, account_id = self.id, ids.read(self.account, "acc", param="account")

        async def done(services: Services) -> Result:
            owner = await services.get(Accounts).account(account_id)
            caller = Caller(owner.number, owner.id, self.mode is Mode.live)
            context = services.get(Contexts).of(caller)
            return await work(services.get(PersonalData), context, customer_id)

        return run(self.data, self.database, done)


def export_customer(
    customer_id: CustomerArgument,
    account: AccountOption,
    mode: ModeOption,
    output: Annotated[
        Path | None, typer.Option("--output", help="File to write, which must not exist yet.")
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Write everything that is kept about a customer as one JSON document.

    It has an array of rows for each table: the customer, its sites and devices, their states,
    readings, tariffs and plans, and what the logs say about them.
    """
    asked = OfCustomer(customer_id, account, mode, data, database)

    async def work(found: PersonalData, context: Context, id_: UUID) -> None:
        pieces = found.document(context, id_)
        first = await anext(pieces)  # raises before a file is made
        with _written(output) as file:
            file.write(first)
            async for piece in pieces:
                file.write(piece)

    asked.run(work)
    if output is not None:
        say(
            f"{output} holds everything that is kept about {customer_id}; only its owner may read "
            "it"
        )


def erase_customer(
    customer_id: CustomerArgument,
    account: AccountOption,
    mode: ModeOption,
    yes: Annotated[
        bool, typer.Option("--yes", help="Really erase; without this option nothing is erased.")
    ] = False,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Erase a customer: its sites, devices and readings, and every mention in the logs.

    Without --yes it says what would be erased. Servers and workers may keep running. After an
    interruption, run the same command again. Backups made before still hold the customer.
    """
    asked = OfCustomer(customer_id, account, mode, data, database)
    if yes:
        rows = asked.run(lambda found, context, id_: found.erase(context, id_))
    else:
        rows = asked.run(lambda found, context, id_: found.holdings(context, id_))
    if json:
        print_json({"customer_id": customer_id, "erased": yes, "rows": rows})
        return
    say(*_lines(rows))
    say("erased" if yes else "nothing was erased: add --yes to do it")


def _lines(rows: Mapping[str, int]) -> list[str]:
    return [f"{count:>9,} {table}" for table, count in rows.items()]


@contextmanager
def _written(output: Path | None) -> Iterator[TextIO]:
    """Write a new file that only its owner may read; without a name, standard output. UTF-8, too,
    which JSON is, whatever the terminal's own encoding."""
    if output is None:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        yield sys.stdout
        sys.stdout.flush()
        return
    with new_private_file(output) as file:
        yield file
