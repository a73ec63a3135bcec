"""Tariffs, market sources and their published prices with earlier versions."""

from alembic import op

revision = "0003"
down_revision = "0002"
WORKS_WITH = "0003"

STATEMENTS = (
    # The tariffs of a place as its location shows them, written with every change of one.
    "ALTER TABLE sites ADD COLUMN tariffs jsonb NOT NULL DEFAULT '[]'",
    # `account` 0 in live mode holds the operator's sources, which every account can read. So
    # there is no reference to `accounts`.
    """
    CREATE TABLE market_sources (
        account integer NOT NULL,
        live_mode boolean NOT NULL,
        id uuid NOT NULL,
        code text NOT NULL,
        display_name text,
        currency_code text NOT NULL,
        unit text NOT NULL,
        timezone text NOT NULL,
        resolution_minutes integer,
        publishes_at time,
        area text,
        time_created timestamptz NOT NULL,
        revision bigint NOT NULL DEFAULT 0,
        time_published timestamptz,
        published_until timestamptz,
        feed text,
        feed_options jsonb NOT NULL DEFAULT '{}',
        next_fetch timestamptz,
        time_fetched timestamptz,
        failures integer NOT NULL DEFAULT 0,
        last_failure text,
        PRIMARY KEY (account, live_mode, id),
        UNIQUE (account, live_mode, code)
    )
    """,
    "CREATE INDEX market_sources_due ON market_sources (next_fetch) WHERE feed IS NOT NULL",
    """
    CREATE TABLE market_prices (
        account integer NOT NULL,
        live_mode boolean NOT NULL,
        source_id uuid NOT NULL,
        valid_from timestamptz NOT NULL,
        valid_to timestamptz NOT NULL,
        value double precision NOT NULL,
        time_recorded timestamptz NOT NULL,
        PRIMARY KEY (account, live_mode, source_id, valid_from),
        FOREIGN KEY (account, live_mode, source_id) REFERENCES market_sources ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE market_price_versions (
        account integer NOT NULL,
        live_mode boolean NOT NULL,
        source_id uuid NOT NULL,
        valid_from timestamptz NOT NULL,
        valid_to timestamptz NOT NULL,
        value double precision NOT NULL,
        time_recorded timestamptz NOT NULL,
        time_replaced timestamptz NOT NULL,
        revision bigint NOT NULL,
        PRIMARY KEY (account, live_mode, source_id, valid_from, revision),
        FOREIGN KEY (account, live_mode, source_id) REFERENCES market_sources ON DELETE CASCADE
    )
    """,
    # `rules` is what prices depend on, as the client said it. `expiring_told` and
    # `expired_told` keep the worker from telling twice.
    """
    CREATE TABLE tariffs (
        account integer NOT NULL,
        live_mode boolean NOT NULL,
        id uuid NOT NULL,
        site_id uuid NOT NULL,
        type text NOT NULL,
        direction text NOT NULL,
        status text NOT NULL,
        connection_type text NOT NULL,
        is_temporary boolean NOT NULL,
        display_name text,
        provider_id uuid,
        contract_start timestamptz NOT NULL,
        contract_end timestamptz NOT NULL,
        market_source_id uuid,
        market_codes text[] NOT NULL,
        rules jsonb NOT NULL,
        metadata jsonb NOT NULL,
        time_created timestamptz NOT NULL,
        time_updated timestamptz NOT NULL,
        expiring_told boolean NOT NULL,
        expired_told boolean NOT NULL,
        PRIMARY KEY (account, live_mode, id),
        FOREIGN KEY (account, live_mode, site_id) REFERENCES sites ON DELETE CASCADE
    )
    """,
    "CREATE INDEX tariffs_site ON tariffs (account, live_mode, site_id, id)",
    "CREATE INDEX tariffs_ending ON tariffs (contract_end) WHERE NOT expired_told",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
