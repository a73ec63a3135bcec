"""A row of an account in every table that has some, made from the catalogue of the database."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from wattyard.platform.db import Database, account_rows

_COLUMNS = """
    SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type FROM pg_attribute a
    WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attidentity = '' AND a.attgenerated = ''
"""


async def fill(db: Database, account: int, id_: UUID) -> None:
    """Put a row of an account into every table, with `id_` as the value of every id.

    So each row refers to the others where it refers to any. There is a partition of March 2026.
    """
    async with db.transaction() as connection:
        await connection.execute(
            """
            INSERT INTO people (id, email, name, language, time_created)
            VALUES ($1, $2, 'x', 'en', now())
            """,
            id_,
            f"{id_.hex}@example.com",
        )
        values = _values(account, id_)
        for table in reversed(await account_rows.tables(connection)):
            columns = await connection.fetch(_COLUMNS, table.name)
            names = ", ".join(one["name"] for one in columns)
            given = ", ".join(_written(one, values) for one in columns)
            await connection.execute(f"INSERT INTO {table.name} ({names}) VALUES ({given})")


async def counted(db: Database, account: int) -> dict[str, int]:
    """Count the rows of an account in every table and partition with a column `account`."""
    async with db.reading() as connection:
        names = await connection.fetch(
            """
            SELECT table_name FROM information_schema.columns JOIN information_schema.tables
                USING (table_schema, table_name)
            WHERE table_schema = 'public' AND column_name = 'account' AND table_type = 'BASE TABLE'
            """
        )
        return {
            name: await connection.fetchval(
                f"SELECT count(*) FROM {name} WHERE account = $1", account
            )
            for (name,) in names
        }


def _values(account: int, id_: UUID) -> Mapping[str, str]:
    return {
        "uuid": f"'{id_}'",
        "text": f"'{id_.hex}'",
        "bytea": rf"'\x{id_.hex}'",
        "boolean": "true",
        "jsonb": "'[]'",
        "timestamp with time zone": "'2026-03-01'",
        "time without time zone": "NULL",
        "account": str(account),
    }


def _written(column: asyncpg.Record, values: Mapping[str, Any]) -> str:
    name, type_ = column["name"], column["type"]
    if type_.endswith("[]"):
        return "'{}'"
    if name == "sequence":
        return "DEFAULT"
    return str(values["account"] if name == "account" else values.get(type_, "1"))
