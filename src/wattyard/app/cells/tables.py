"""What becomes of each table when an account moves; a sweep checks that every table is named
here."""

from typing import Final

from wattyard.kernel.values import dataclass


@dataclass(frozen=True, slots=True)
class MovedTable:
    """A table whose rows of an account move with it, by logical replication.

    Attributes:
        is_fenced: whether the database refuses changes while the account leaves. The request log
            is not: it is written in batches of all accounts, and may lose half a second anyway.
        compared: which rows are compared, in SQL, where it is not all; `$2` is the instant.
        by_partition: whether each partition is compared on its own.
    """

    name: str
    is_fenced: bool = True
    compared: str = "true"
    by_partition: bool = False


MOVED: Final = (
    MovedTable("secret_keys"),
    MovedTable("restricted_keys"),
    MovedTable("customers"),
    MovedTable("sites"),
    MovedTable("devices"),
    MovedTable("device_places"),
    MovedTable("device_states"),
    MovedTable("site_events_due"),
    MovedTable("market_sources"),
    MovedTable("market_prices"),
    MovedTable("market_price_versions"),
    MovedTable("tariffs"),
    MovedTable("meter_series"),
    MovedTable("meter_readings", by_partition=True),
    MovedTable("meter_sessions"),
    MovedTable("meter_batches"),
    MovedTable("events"),
    MovedTable("webhook_endpoints"),
    MovedTable("webhook_deliveries"),
    MovedTable("idempotency_keys"),
    # Marks end by themselves, and either side deletes those that have.
    MovedTable("idempotency_marks", compared="time_ends > $2::timestamptz + interval '5 seconds'"),
    MovedTable("kept_plans"),
    MovedTable("kept_plan_devices"),
    MovedTable("audit_log"),
    MovedTable(
        "requests",
        is_fenced=False,
        compared="time BETWEEN $2::timestamptz - interval '6 days'"
        " AND $2::timestamptz - interval '10 seconds'",
    ),
    MovedTable(
        "request_counts",
        is_fenced=False,
        compared="minute BETWEEN $2::timestamptz - interval '6 days'"
        " AND $2::timestamptz - interval '2 minutes'",
    ),
    # Written by the move itself, behind the fence too.
    MovedTable("account_moves", is_fenced=False),
)
"""In an order in which rows come after those that they refer to."""

OPENED: Final = ("accounts", "people", "memberships")
"""Written at the target last, in the transaction that opens the account there: a person may be
known there already, by their e-mail address."""

SHARED: Final = ("token_secrets", "signing_keys")
"""The same in every cell, as are the operator's market sources (account 0): see `publishing`."""

LOCAL: Final = (
    "alembic_version",
    "schema_revisions",
    "cells",
    "encryption_keys",
    "delivery_workers",
    "job_runs",
    "server_audit_log",
    # A session belongs to a browser and a cell: after a move its person logs in at the new one.
    "person_sessions",
    # Links lead to the cell that made them, and are good for a day.
    "person_links",
)
"""What stays: it is the cell's own."""

SEQUENCES: Final = (
    "events_sequence",
    "meter_series_series_seq",
    "webhook_deliveries_position_seq",
)
"""What numbers rows that move: the target goes on above."""
