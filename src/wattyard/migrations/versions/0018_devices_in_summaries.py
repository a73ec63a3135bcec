"""`type` and `reference_id` of each device in the summaries of sites (contract 1).

Only changes what is stored twice; earlier programs show the longer summaries as they are. What
such a program writes while it still runs beside this one lacks the two, until the site or one of
its devices changes again, or `wattyard doctor --repair` is run.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from alembic import op
from sqlalchemy import Connection, RowMapping, text

revision = "0018"
down_revision = "0017"
WORKS_WITH = "0010"

_AT_ONCE = 1_000
_PAGE = text(
    """
    SELECT account, live_mode, id, summary FROM sites
    WHERE (account, live_mode, id) > (:account, :live_mode, :id)
    ORDER BY account, live_mode, id LIMIT :rows
    """
)
_DEVICES = text(
    """
    SELECT id, type, reference_id FROM devices WHERE (account, live_mode, id) IN (
        SELECT * FROM unnest(CAST(:accounts AS integer[]), CAST(:modes AS boolean[]),
                             CAST(:ids AS uuid[])))
    """
)
_REWRITE = text(
    """
    WITH page AS (
        SELECT * FROM unnest(CAST(:accounts AS integer[]), CAST(:modes AS boolean[]),
                             CAST(:ids AS uuid[]), CAST(:old AS bytea[]), CAST(:new AS bytea[]))
             AS page (account, live_mode, id, old, new))
    UPDATE sites SET summary = page.new FROM page
    WHERE sites.account = page.account AND sites.live_mode = page.live_mode
      AND sites.id = page.id AND sites.summary = page.old
    """
)


def upgrade() -> None:
    """Rewrite the summaries that have devices, page by page: a short transaction each."""
    last = {"account": -1, "live_mode": False, "id": UUID(int=0)}
    with op.get_context().autocommit_block():
        database = op.get_bind()
        while True:
            rows = database.execute(_PAGE, {**last, "rows": _AT_ONCE}).mappings().all()
            if not rows:
                return
            last = {name: rows[-1][name] for name in last}
            changes = _changes(database, rows)
            if changes:
                columns = map(list, zip(*changes, strict=True))
                names = ("accounts", "modes", "ids", "old", "new")
                database.execute(_REWRITE, dict(zip(names, columns, strict=True)))


def _changes(database: Connection, rows: Sequence[RowMapping]) -> list[tuple[Any, ...]]:
    """Find which summaries of a page are to be rewritten, and how."""
    shown = [msgspec.json.decode(row["summary"]) for row in rows]
    at = [
        (row["account"], row["live_mode"], UUID(hex=device["id"].removeprefix("dev_")))
        for row, one in zip(rows, shown, strict=True)
        for device in one["devices"]
    ]
    if not at:
        return []
    accounts, modes, ids = (list(column) for column in zip(*at, strict=True))
    found = database.execute(_DEVICES, {"accounts": accounts, "modes": modes, "ids": ids})
    named = {f"dev_{id_.hex}": {"type": t, "reference_id": r} for id_, t, r in found}
    changes: list[tuple[Any, ...]] = []
    for row, one in zip(rows, shown, strict=True):
        devices = [{"id": d["id"], **named.get(d["id"], {}), **d} for d in one["devices"]]
        new = msgspec.json.encode({**one, "devices": devices})
        if new != row["summary"]:
            changes.append((*row.values(), new))
    return changes
