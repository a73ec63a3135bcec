"""The judge of statements itself: it lets pass what is held and finds what is not."""

import pytest

from tests.support.scoped_sql import unheld

TABLES = {
    "sites": frozenset({"account", "live_mode"}),
    "devices": frozenset({"account", "live_mode"}),
    "accounts": frozenset({"account"}),
}
ARGUMENTS = {"account": "$1", "live_mode": "$2"}
OWN = "account = $1 AND live_mode = $2"
BOTH = ["sites.account", "sites.live_mode"]


def judged(sql: str) -> list[str]:
    return unheld(sql, TABLES, ARGUMENTS)


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT id FROM sites WHERE {OWN} AND id = $3",
        "SELECT id FROM sites s WHERE s.account = $1 AND $2 = s.live_mode FOR UPDATE OF s",
        f"UPDATE sites SET name = $3 FROM unnest($4::text[]) AS new (id) WHERE {OWN}",
        f"DELETE FROM sites AS s USING unnest($3::text[]) gone WHERE {OWN}",
        f"SELECT id FROM sites WHERE {OWN} AND id = ANY(ARRAY(SELECT id FROM devices WHERE {OWN}))",
        (
            "SELECT id FROM sites s JOIN devices d ON d.account = s.account"
            " AND d.live_mode = s.live_mode WHERE s.account = $1 AND s.live_mode = $2"
        ),
        (
            f"SELECT ARRAY(SELECT id FROM devices d WHERE d.account = sites.account"
            f" AND d.live_mode = sites.live_mode) FROM sites WHERE {OWN}"
        ),
        (
            "SELECT id FROM sites WHERE ((account = $1 AND live_mode = $2)"
            " OR (account = 0 AND live_mode)) AND id = $3"
        ),
        "INSERT INTO sites (account, live_mode, id) VALUES ($1, $2, $3)",
        (
            f"INSERT INTO sites SELECT d.account, d.live_mode FROM devices d"
            f" WHERE {OWN} ON CONFLICT (id) DO UPDATE SET id = 1 WHERE true"
        ),
        f"WITH gone AS (DELETE FROM sites WHERE {OWN} RETURNING id) SELECT id FROM gone",
        "SELECT 'FROM sites', 1 -- FROM sites",
    ],
)
def test_what_is_held_passes(sql: str) -> None:
    assert judged(sql) == []


@pytest.mark.parametrize(
    ("sql", "faults"),
    [
        ("SELECT id FROM sites WHERE account = $1", ["sites.live_mode"]),
        ("SELECT id FROM sites WHERE account = $1 AND deliveries = $2", ["sites.live_mode"]),
        ("SELECT id FROM sites WHERE account = $1 AND live_mode = $3", ["sites.live_mode"]),
        ("SELECT id FROM sites WHERE account = $1 AND live_mode", ["sites.live_mode"]),
        (f"SELECT id FROM sites WHERE {OWN} OR true", BOTH),
        (f"SELECT id FROM sites WHERE ({OWN} OR true)", BOTH),
        (f"SELECT id FROM sites WHERE NOT ({OWN})", BOTH),
        ("SELECT id FROM sites WHERE account <> $1 AND live_mode <> $2", BOTH),
        (f"SELECT id FROM sites -- WHERE {OWN}", BOTH),
        (f"SELECT id, '{OWN}' FROM sites", BOTH),
        (f"SELECT id FROM sites WHERE {OWN} UNION ALL SELECT id FROM sites", BOTH),
        (f"SELECT id FROM devices WHERE {OWN} AND id IN (SELECT id FROM sites)", BOTH),
        (
            (
                "SELECT id FROM devices d JOIN sites s ON s.id = d.site"
                " WHERE d.account = $1 AND d.live_mode = $2"
            ),
            BOTH,
        ),
        (
            (
                "SELECT id FROM sites s JOIN devices d ON d.account = s.account"
                " AND d.live_mode = s.live_mode"
            ),
            [*BOTH, "devices.account", "devices.live_mode"],
        ),
        ("DELETE FROM sites WHERE account = $1 AND id = $2", ["sites.live_mode"]),
        ("UPDATE sites SET account = $1, live_mode = $2 WHERE id = $3", BOTH),
        (
            "INSERT INTO sites (account, live_mode, id) VALUES ($1, true, $2)",
            ["sites.live_mode is written"],
        ),
        ("INSERT INTO sites (live_mode, id) VALUES ($2, $3)", ["sites.account is written"]),
    ],
)
def test_what_is_not_held_is_found(sql: str, faults: list[str]) -> None:
    assert judged(sql) == faults
