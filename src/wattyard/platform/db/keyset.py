"""The query of one page: a range scan from an id, never OFFSET, never COUNT."""

from collections.abc import Mapping
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
    arguments: list[object] = [account, live, window.newer_than or window.older_than or _FIRST]
    comparison, order = (">", "ASC") if window.backwards else ("<", "DESC")
    conditions = ["account = $1", "live_mode = $2", f"id {comparison} $3"]
    for condition, value in filters.items():
        if value is not None:
            arguments.append(value)
            conditions.append(condition.format(f"${len(arguments)}"))
    arguments.append(window.limit + 1)
    return (
        f"{selection} WHERE {' AND '.join(conditions)} ORDER BY id {order} LIMIT ${len(arguments)}",
        arguments,
    )
