"""Pages of a list, newest first, placed by id and never by counting (contract 0, Lists)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Window:
    """Which page is wanted: at most `limit` objects (1..100 or more where a list allows it).

    `older_than` pages forward from that id, `newer_than` pages back to the objects just before
    it; neither is the first page. Both ids are positions: they need not exist.

    Raises:
        ValueError: when both ids are given.
    """

    limit: int = 30
    older_than: UUID | None = None
    newer_than: UUID | None = None

    def __post_init__(self) -> None:
        if self.older_than is not None and self.newer_than is not None:
            raise ValueError("a window is placed by one id")

    @property
    def backwards(self) -> bool:
        return self.newer_than is not None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page, newest first; `has_more` tells of more objects in the direction of travel."""

    items: Sequence[Item]
    has_more: bool

    @classmethod
    def cut(cls, found: Sequence[Item], window: Window) -> "Page[Item]":
        """Cut what a query for `limit + 1` objects found, in its order of travel."""
        kept = found[: window.limit]
        return cls(kept[::-1] if window.backwards else kept, len(found) > window.limit)
