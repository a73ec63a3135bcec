"""Accounts for benchmarks."""

from wattyard.accounts.domain import Account
from wattyard.accounts.service import Accounts
from wattyard.app import Services
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context, Contexts


async def create_account(services: Services, name: str) -> tuple[Account, str, Context]:
    """Make an account: it, its test secret, and a context of it in test mode."""
    contexts = services.get(Contexts)
    account, secret, _ = await services.get(Accounts).create(contexts.operator(), name=name)
    return account, secret, contexts.of(Caller(account.number, account.id, live_mode=False))
