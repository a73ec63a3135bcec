"""Who is calling: an account in one of its two modes."""

from contextvars import ContextVar
from datetime import datetime
from typing import Final
from uuid import UUID

from wattyard.kernel.scopes import Scope
from wattyard.kernel.values import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated account in live or test mode.

    `account` is the account's small internal number, the first column of every key;
    `account_id` is what clients see.

    Attributes:
        scopes: what a restricted key may do; None where the key may do everything.
        site_ids: the only sites that it sees; None where it sees all.
        expires: when the key ends by itself.
    """

    account: int
    account_id: UUID
    live_mode: bool
    key_id: UUID | None = None
    scopes: frozenset[Scope] | None = None
    site_ids: frozenset[UUID] | None = None
    expires: datetime | None = None


OPERATOR: Final = Caller(account=0, account_id=UUID(int=0), live_mode=True)
"""Whoever runs the server; owns what every account sees. Nobody can log in as this account."""

NOBODY: Final = Caller(account=-1, account_id=UUID(int=0), live_mode=False)
"""Whoever has not said who they are; owns nothing."""

on_behalf_of: ContextVar[int | None] = ContextVar("on_behalf_of", default=None)
"""The account that the present task works for, None for the server itself.

`NOBODY.account` stands for callers who are not yet identified.
"""
