"""Who is calling: an account in one of its two modes."""

from dataclasses import dataclass
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
