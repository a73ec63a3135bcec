"""The list envelope and its query, and the answer of a deletion (contract 0, Lists)."""

from collections import deque
from collections.abc import Collection, Iterable
from typing import Annotated, Final, Generic, Literal, TypeVar

import msgspec

from wattyard.kernel import ids
from wattyard.kernel.pages import LIMIT, PageWindow
from wattyard.kernel.refusals import Malformed
from wattyard.platform.decoding import Shape

Item = TypeVar("Item")

PAGE_BYTES: Final = 8 * 1024 * 1024
"""Of the documents on a list page."""


class CursorInvalid(Malformed):
    """`starting_after` or `ending_before` is not a well-formed id of this list's type."""

    code = "starting_after_invalid"


class ParametersExclusive(Malformed):
    """Two parameters were given that cannot be used together, such as both cursors of a list."""

    code = "parameters_exclusive"


class LimitInvalid(Malformed):
    """`limit` is not a whole number from 1 to 100."""

    code = "limit_invalid"


class List(msgspec.Struct, Generic[Item]):
    """One page of a list, newest first.

    Attributes:
        url: path of the list
        data: the objects of this page
    """

    url: str
    has_more: bool
    data: list[Item]
    object: Literal["list"] = "list"


class ListQuery(Shape):
    """Which page to return: `limit` and one of the two cursors.

    Attributes:
        limit: how many objects a page holds
        starting_after: id of the last object of the page before this one
        ending_before: id of the first object of the page after this one
    """

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = LIMIT
    starting_after: str | None = None
    ending_before: str | None = None

    @property
    def backwards(self) -> bool:
        return self.ending_before is not None

    def window(self, *prefixes: str) -> PageWindow:
        """Read the cursors as positions in a list of ids with one of `prefixes`.

        Raises:
            ParametersExclusive: when both cursors are given.
            CursorInvalid: when a cursor is malformed or of another type.
        """
        if self.starting_after is not None and self.ending_before is not None:
            raise ParametersExclusive(
                "starting_after and ending_before cannot be used together; send one of them",
                param="ending_before",
            )
        if self.starting_after is not None:
            older_than = ids.read(self.starting_after, *prefixes, param="starting_after")
            return PageWindow(self.limit, older_than=older_than)
        if self.ending_before is not None:
            newer_than = ids.read(self.ending_before, *prefixes, param="ending_before")
            return PageWindow(self.limit, newer_than=newer_than)
        return PageWindow(self.limit)


class Deleted(msgspec.Struct):
    """What was deleted.

    Attributes:
        object: what kind of object it was
        deleted: always true
    """

    id: str
    object: str
    deleted: Literal[True] = True


LIST_REFUSALS = (LimitInvalid, CursorInvalid, ParametersExclusive)


def list_answer(
    url: str, items: Iterable[bytes], *, has_more: bool, backwards: bool = False
) -> bytes:
    """Join ready JSON documents into the list envelope, of at most 8 MiB.

    A page that would exceed that holds fewer documents, but at least one: those nearest to its
    cursor, the first ones, or the last ones of a page that goes backwards. No more are asked for.
    """
    documents = b",".join(items) if isinstance(items, list) else b""
    if (
        not isinstance(items, list) or len(documents) >= PAGE_BYTES
    ):  # hardly ever, if they are ready
        kept, is_cut = _fitting(items, backwards=backwards)
        documents = b",".join(kept)
        has_more = has_more or is_cut
    return b'{"object":"list","url":"%b","has_more":%b,"data":[%b]}' % (
        url.encode(),
        b"true" if has_more else b"false",
        documents,
    )


def _fitting(items: Iterable[bytes], *, backwards: bool) -> tuple[Collection[bytes], bool]:
    """Choose the documents that a page has room for, at least one; say whether some are left."""
    kept: deque[bytes] = deque()
    left = PAGE_BYTES
    for item in reversed([*items]) if backwards else items:
        left -= len(item) + 1
        if left < 0 and kept:
            return kept, True
        (kept.appendleft if backwards else kept.append)(item)
    return kept, False
