"""The SQL of readings: store, replace and look up single ones."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg

from wattyard.kernel.arrays import Integers, Numbers, np
from wattyard.kernel.clock_changes import Microseconds, instant
from wattyard.meters.domain.readings import Readings
from wattyard.meters.store import copying
from wattyard.meters.store.columns import LONGEST
from wattyard.platform.db import ReadConnection, WriteConnection

_US = "(extract(epoch FROM {}) * 1000000)::int8"


class Periods(NamedTuple):
    """Stored periods (n), of the series given, in order: `series`, `starts_us`, `ends_us`."""

    series: Integers
    starts_us: Microseconds
    ends_us: Microseconds


async def periods(
    db: ReadConnection,
    account: int,
    live: bool,
    series: Integers,
    spans_us: tuple[Microseconds, Microseconds],
) -> Periods:
    """Find the stored periods that meet the span of each series (n of each)."""
    rows = await db.fetch(
        f"""
        SELECT r.series, {_US.format("r.start_time")}, {_US.format("r.end_time")}
        FROM unnest($3::int8[], $4::timestamptz[], $5::timestamptz[]) AS wanted (series, low, high)
        CROSS JOIN LATERAL (
            SELECT series, start_time, end_time FROM meter_readings
            WHERE account = $1 AND live_mode = $2 AND series = wanted.series
              AND start_time > wanted.low - {LONGEST} AND start_time < wanted.high
              AND end_time > wanted.low
        ) r
        ORDER BY r.series, r.start_time
        """,
        account,
        live,
        series.tolist(),
        [instant(at) for at in spans_us[0].tolist()],
        [instant(at) for at in spans_us[1].tolist()],
    )
    if not rows:
        nothing = np.zeros(0, np.int64)
        return Periods(nothing, nothing, nothing)
    return Periods(*(np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)))


async def add(
    db: WriteConnection, account: int, live: bool, readings: Readings, series: Integers
) -> None:
    """Keep readings whose periods are new to their locked series. `series` (n) their series."""
    await db.copy_to_table(
        "meter_readings",
        source=copying.rows(account, live, readings, series),
        columns=copying.COLUMNS,
        format="binary",
    )


async def replace(
    db: WriteConnection, account: int, live: bool, readings: Readings, series: Integers
) -> None:
    """Keep readings whose periods are stored in their series (n) with other values."""
    await db.execute(
        """
        INSERT INTO meter_readings (series, start_time, end_time, energy_kwh, confidence, account,
                                    live_mode, session_reference_id, record_reference_id)
        SELECT series, start_time, end_time, energy_kwh, confidence, $1, $2, session, reference
        FROM unnest($3::int8[], $4::timestamptz[], $5::timestamptz[], $6::float8[], $7::float8[],
                    $8::text[], $9::text[])
             AS new (series, start_time, end_time, energy_kwh, confidence, session, reference)
        ON CONFLICT (account, live_mode, series, start_time) DO UPDATE SET
            energy_kwh = EXCLUDED.energy_kwh, confidence = EXCLUDED.confidence,
            session_reference_id = EXCLUDED.session_reference_id,
            record_reference_id = EXCLUDED.record_reference_id
        """,
        account,
        live,
        series.tolist(),
        _instants(readings.starts_us),
        _instants(readings.ends_us),
        readings.energy_kwh.tolist(),
        readings.confidence.tolist(),
        readings.sessions,
        readings.references,
    )


async def transaction_number(db: ReadConnection) -> int:
    """Give the number of the caller's transaction, as `written_by` knows it."""
    return int(await db.fetchval("SELECT pg_current_xact_id()::text::numeric % 4294967296"))


async def written_by(
    db: ReadConnection,
    account: int,
    live: bool,
    readings: tuple[Integers, Microseconds],
    transactions: Sequence[int],
) -> Numbers:
    """Find the energy (n, kWh) of stored readings, by series and start (n of each), that any of
    the transactions wrote last; NaN for the others."""
    rows = await db.fetch(
        """
        SELECT wanted.place, r.energy_kwh
        FROM unnest($3::int8[], $4::timestamptz[]) WITH ORDINALITY
             AS wanted (series, start_time, place)
        JOIN meter_readings r ON r.account = $1 AND r.live_mode = $2
            AND r.series = wanted.series AND r.start_time = wanted.start_time
        WHERE r.xmin::text::int8 = ANY($5::int8[])
        """,
        account,
        live,
        readings[0].tolist(),
        _instants(readings[1]),
        list(transactions),
    )
    found = np.full(readings[0].size, np.nan)
    for row in rows:
        found[row["place"] - 1] = row["energy_kwh"]
    return found


async def remove(
    db: WriteConnection, account: int, live: bool, series: Integers, starts_us: Microseconds
) -> None:
    """Remove readings by series and start (n of each)."""
    await db.execute(
        """
        DELETE FROM meter_readings r
        USING unnest($3::int8[], $4::timestamptz[]) AS gone (series, start_time)
        WHERE r.account = $1 AND r.live_mode = $2 AND r.series = gone.series
          AND r.start_time = gone.start_time
        """,
        account,
        live,
        series.tolist(),
        _instants(starts_us),
    )


async def remove_empty(
    db: WriteConnection, account: int, live: bool, series: int, span_us: tuple[int, int]
) -> None:
    """Remove readings without energy that lie in a span."""
    await db.execute(
        """
        DELETE FROM meter_readings
        WHERE account = $1 AND live_mode = $2 AND series = $3
          AND start_time >= $4 AND end_time <= $5 AND start_time < $5 AND energy_kwh = 0
        """,
        account,
        live,
        series,
        instant(span_us[0]),
        instant(span_us[1]),
    )


async def note_sessions(
    db: WriteConnection,
    account: int,
    live: bool,
    rows: Collection[tuple[str, int, datetime, datetime]],
) -> None:
    """Note in which series and when sessions have readings: (session, series, start, end)."""
    await db.execute(
        """
        INSERT INTO meter_sessions (account, live_mode, session_reference_id, series, start_time,
                                    end_time)
        SELECT $1, $2, session, series, start_time, end_time
        FROM unnest($3::text[], $4::int8[], $5::timestamptz[], $6::timestamptz[])
             AS new (session, series, start_time, end_time)
        ORDER BY session, series
        ON CONFLICT (account, live_mode, session_reference_id, series) DO UPDATE SET
            start_time = least(meter_sessions.start_time, EXCLUDED.start_time),
            end_time = greatest(meter_sessions.end_time, EXCLUDED.end_time)
        """,
        account,
        live,
        *map(list, zip(*rows, strict=True)),
    )


async def page(
    db: ReadConnection,
    account: int,
    live: bool,
    series: Collection[int],
    position: "PagePosition",
) -> list[asyncpg.Record]:
    """Read up to `limit + 1` readings of series on one side of a position, in the order asked."""
    comparison, order = ("<", "DESC") if position.newest_first else (">", "ASC")
    return list(
        await db.fetch(
            f"""
            SELECT series, {_US.format("start_time")}, {_US.format("end_time")}, energy_kwh,
                   confidence, session_reference_id, record_reference_id
            FROM meter_readings
            WHERE account = $1 AND live_mode = $2 AND series = ANY($3)
              AND start_time >= $4 AND start_time < $5
              AND (start_time, series) {comparison} ($6, $7)
            ORDER BY start_time {order}, series {order} LIMIT $8
            """,
            account,
            live,
            list(series),
            position.start,
            position.end,
            position.after[0],
            position.after[1],
            position.limit + 1,
        )
    )


class PagePosition(NamedTuple):
    """Where a page is: the span, the (start, series) it comes after, its order and length."""

    start: datetime
    end: datetime
    after: tuple[datetime, int]
    newest_first: bool
    limit: int


def _instants(counts_us: Microseconds) -> list[datetime]:
    return [instant(count_us) for count_us in counts_us.tolist()]
