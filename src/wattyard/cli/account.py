"""`wattyard account …`: all its commands together."""

from wattyard.cli.account_delete import delete_account
from wattyard.cli.accounts import account
from wattyard.cli.moves import move_account

account.command("delete")(delete_account)
account.command("move")(move_account)

__all__ = ["account"]
