"""Who is calling: an account in one of its two modes."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated account in live or test mode.

    `account` is the account's small internal number, the first column of every key;
    `account_id` is what clients see.
    """

    account: int
    account_id: UUID
    live_mode: bool
    key_id: UUID | None = None


OPERATOR: Final = Caller(account=0, account_id=UUID(int=0), live_mode=True)
"""Whoever runs the server; owns what every account sees. Nobody can log in as this account."""

NOBODY: Final = Caller(account=-1, account_id=UUID(int=0), live_mode=False)
"""Whoever has not said who they are; owns nothing."""

on_behalf_of: ContextVar[int | None] = ContextVar("on_behalf_of", default=None)
"""The account that the present task works for, None for the server itself.

`NOBODY.account` stands for callers of whom it is not known yet who they are.
"""
