"""Pages of a list, newest first, positioned by id and never by counting (contract 0, Lists)."""

from collections.abc import Sequence
from typing import Final, Generic, TypeVar
from uuid import UUID

from wattyard.kernel.values import dataclass

Item = TypeVar("Item")

LIMIT: Final = 30
"""How many objects a page has at most where nobody says."""


@dataclass(frozen=True, slots=True)
class PageWindow:
    """Which page to answer: at most `limit` objects (1..100, or more where a list allows it).

    `older_than` continues after that id, `newer_than` goes back to the objects just before it;
    with neither it is the first page. Both ids are positions: they need not exist.

    Raises:
        ValueError: when both ids are given.
    """

    limit: int = LIMIT
    older_than: UUID | None = None
    newer_than: UUID | None = None

    def __post_init__(self) -> None:
        if self.older_than is not None and self.newer_than is not None:
            raise ValueError("a window has one of older_than and newer_than, not both")

    @property
    def backwards(self) -> bool:
        return self.newer_than is not None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page, newest first; `has_more`: there are more objects in the direction of travel."""

    items: Sequence[Item]
    has_more: bool

    @classmethod
    def cut(cls, found: Sequence[Item], window: PageWindow) -> "Page[Item]":
        """Cut the result of a query for `limit + 1` objects, given in the direction of travel."""
        kept = found[: window.limit]
        return cls(kept[::-1] if window.backwards else kept, len(found) > window.limit)
