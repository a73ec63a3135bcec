"""`wattyard account …`: all its commands together."""

from wattyard.cli.account_delete import delete_account
from wattyard.cli.accounts import account

account.command("delete")(delete_account)

__all__ = ["account"]
