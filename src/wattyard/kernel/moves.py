"""Moves of accounts from one cell to another: how far one has come (docs/cells.md)."""

from enum import StrEnum
from typing import Final


class MoveRefused(Exception):
    """An account cannot be moved as things are; the message says why, and what to do."""


class MoveStage(StrEnum):
    """How far an account has moved away from a database; None where it lives there."""

    DRAINING = "DRAINING"
    """It is served, and background work leaves it alone."""
    LEAVING = "LEAVING"
    """Calls are refused, because the last rows are on their way."""
    MOVED = "MOVED"
    """It lives elsewhere: calls are refused, until it is purged here."""

    @property
    def is_closed(self) -> bool:
        """Whether calls are refused."""
        return self is not MoveStage.DRAINING


MOVING_SENTENCE: Final = (
    "the account is being moved to another part of the service; nothing was changed, try again in "
    "a moment"
)
MOVED_SENTENCE: Final = (
    "the account was moved to another part of the service; nothing was changed: if trying again "
    "does not help, the operator must send the account's calls to its new cell"
)
