"""Use-cases of accounts: create them and their keys, log in, authenticate."""

from wattyard.accounts.service.accounts import Accounts
from wattyard.accounts.service.authentication import ENCRYPTED
from wattyard.accounts.service.ports import Counted, Departures, OwnSites, Usage
from wattyard.accounts.service.purge import Holdings, Purge

__all__ = [
    "ENCRYPTED",
    "Accounts",
    "Counted",
    "Departures",
    "Holdings",
    "OwnSites",
    "Purge",
    "Usage",
]
