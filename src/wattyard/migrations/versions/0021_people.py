"""People, their memberships, the links that let them in, their sessions, and the audit log.

Only adds: a program of an earlier release has no people and lets nobody in.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
WORKS_WITH = "0010"

STATEMENTS = (
    """
    CREATE TABLE people (
        id uuid PRIMARY KEY,
        email text NOT NULL UNIQUE,
        name text NOT NULL,
        is_operator boolean NOT NULL DEFAULT false,
        disabled boolean NOT NULL DEFAULT false,
        language text NOT NULL,
        password_hash text,
        time_created timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE memberships (
        account integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
        person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
        role smallint NOT NULL,
        time_created timestamptz NOT NULL,
        PRIMARY KEY (account, person_id)
    )
    """,
    "CREATE INDEX memberships_person ON memberships (person_id)",
    # Without an account: a link that lets a person in, and changes no membership.
    """
    CREATE TABLE person_links (
        id uuid PRIMARY KEY,
        token_hash bytea NOT NULL UNIQUE,
        account integer REFERENCES accounts ON DELETE CASCADE,
        email text NOT NULL,
        name text NOT NULL,
        role smallint,
        makes_operator boolean NOT NULL,
        signs_in boolean NOT NULL,
        time_created timestamptz NOT NULL,
        time_expiry timestamptz NOT NULL,
        time_used timestamptz
    )
    """,
    "CREATE INDEX person_links_account ON person_links (account)",
    "CREATE INDEX person_links_expiry ON person_links (time_expiry)",
    """
    CREATE TABLE person_sessions (
        id uuid PRIMARY KEY,
        token_hash bytea NOT NULL UNIQUE,
        person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
        address text NOT NULL,
        user_agent text NOT NULL,
        by_link boolean NOT NULL,
        time_created timestamptz NOT NULL,
        last_seen timestamptz NOT NULL
    )
    """,
    "CREATE INDEX person_sessions_person ON person_sessions (person_id)",
    "CREATE INDEX person_sessions_seen ON person_sessions (last_seen)",
    # One log for both modes of an account. A person who is gone stays in it by address.
    """
    CREATE TABLE audit_log (
        account integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
        id uuid NOT NULL,
        live_mode boolean,
        action text NOT NULL,
        person_id uuid,
        person_email text NOT NULL,
        object_id text,
        before bytea NOT NULL,
        after bytea NOT NULL,
        request_id text NOT NULL,
        time_created timestamptz NOT NULL,
        PRIMARY KEY (account, id)
    )
    """,
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
