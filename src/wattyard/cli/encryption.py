"""`wattyard encryption-key new` and `apply`: the keys that encrypt secrets in the database."""

import typer

from wattyard.app import ENCRYPTED, Services
from wattyard.cli.database import run
from wattyard.cli.options import DatabaseOption, DataOption, JsonOption
from wattyard.cli.printing import print_json, say
from wattyard.platform.db import Database
from wattyard.platform.encryption import Keyring, keyring, registry

encryption_key = typer.Typer(
    help="The keys that encrypt secrets in the database.", no_args_is_help=True
)


@encryption_key.command("new")
def new(json: JsonOption = False) -> None:
    """Make a key and print it, for WATTYARD_ENCRYPTION_KEY of every node. Nothing is kept."""
    key = keyring.new_key()
    if json:
        print_json({"encryption_key": key})
    else:
        say(key)


@encryption_key.command("apply")
def apply(
    json: JsonOption = False, data: DataOption = None, database: DatabaseOption = None
) -> None:
    """Encrypt every secret with the first key.

    To rotate: give every node the new key first and the old one behind it, run this, then remove
    the old key. After an upgrade it encrypts what earlier releases kept as plain text; none of
    those may be running any more.
    """

    async def work(services: Services) -> int:
        return await registry.apply(services.get(Database), services.get(Keyring), ENCRYPTED)

    done = run(data, database, work, any_key=True)
    if json:
        print_json({"encrypted": done})
    else:
        say(f"{done:,} secrets were encrypted; all secrets use the first key now")
