"""The query of one page: a range scan from an id, never OFFSET, never COUNT."""

from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

from wattyard.kernel.pages import PageWindow

_FIRST = UUID(int=2**128 - 1)


def page_query(
    selection: str, account: int, live: bool, window: PageWindow, filters: Mapping[str, object]
) -> tuple[str, list[object]]:
    """Write the query for a page of `limit + 1` rows in the order of travel, and its arguments.

    `selection` is `SELECT … FROM table` of a table keyed by (account, live_mode, id). `filters`
    maps a condition with one `{}` for its argument (`"status = {}"`) to a value; None leaves
    the condition out. Conditions are ours, values are arguments: nothing of a caller's text
    becomes SQL.
    """
    given = {condition: value for condition, value in filters.items() if value is not None}
    position = window.newer_than or window.older_than or _FIRST
    return (
        _query(selection, tuple(given), window.backwards),
        [account, live, position, window.limit + 1, *given.values()],
    )


@lru_cache
def _query(selection: str, filters: tuple[str, ...], backwards: bool) -> str:
    comparison, order = (">", "ASC") if backwards else ("<", "DESC")
    conditions = [f" AND {one.format(f'${number}')}" for number, one in enumerate(filters, 5)]
    return (
        f"{selection} WHERE account = $1 AND live_mode = $2 AND id {comparison} $3"
        f"{''.join(conditions)} ORDER BY id {order} LIMIT $4"
    )
