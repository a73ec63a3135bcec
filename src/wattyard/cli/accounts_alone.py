"""The use-cases of accounts and people, without the libraries of what others compute."""

from collections.abc import Sequence
from typing import Final

from wattyard.accounts.service import Accounts, Departures, OwnSites, Purge
from wattyard.kernel.context import Contexts
from wattyard.kernel.ids import SortedIds
from wattyard.kernel.instants import system_clock
from wattyard.people.service import AuditLog, People, Sessions
from wattyard.platform.composition import Capability, Contributions
from wattyard.platform.db import Database
from wattyard.platform.encryption import key_file
from wattyard.platform.services import Services
from wattyard.platform.settings import Settings

_ALONE: Final = Capability(
    name="accounts",
    id_prefixes=("acc", "key"),
    provides=(Accounts, Purge, key_file.keyring_of, People, Sessions, AuditLog),
    contributes=((Departures, People),),
)


def accounts_alone(db: Database, settings: Settings) -> Services:
    """Put the use-cases of accounts and people together on a database.

    All others are loaded only where a key is bound to locations, which are theirs to judge.
    """

    def own_sites() -> Sequence[OwnSites]:
        from wattyard.app import services  # noqa: PLC0415 - see above
        from wattyard.sites.service import Sites  # noqa: PLC0415 - see above

        return [services(db, settings).get(Sites)]

    return Services(
        (_ALONE,),
        {
            Database: db,
            Settings: settings,
            Contexts: Contexts(system_clock, SortedIds(system_clock)),
            Contributions[OwnSites]: Contributions(own_sites),
        },
    )
