"""The SQL of readings: kept, replaced, looked up and grouped."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final, NamedTuple, TypeVar

import asyncpg
import numpy as np
from numpy.typing import NDArray

from wattyard.kernel.clock_changes import Microseconds, instant, microseconds
from wattyard.meters.domain.readings import Indices, Metered, Readings
from wattyard.meters.store import copying
from wattyard.platform.db import Connection

_EPOCH_US: Final = microseconds(datetime(2000, 1, 1, tzinfo=UTC))
"""What PostgreSQL counts time from."""
Number = TypeVar("Number", np.int64, np.float64)

_MEETING: Final = """
    account = $1 AND live_mode = $2 AND series = ANY($3)
    AND start_time > $4::timestamptz - interval '31 days' AND start_time < $5 AND end_time > $4
"""
"""The readings of series that meet a span; none is longer than 31 days."""

_US = "(extract(epoch FROM {}) * 1000000)::int8"


class Periods(NamedTuple):
    """Stored periods (n), of the series given, in order: `series`, `starts_us`, `ends_us`."""

    series: Indices
    starts_us: Microseconds
    ends_us: Microseconds


async def periods(
    db: Connection,
    account: int,
    live: bool,
    series: Indices,
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
              AND start_time > wanted.low - interval '31 days' AND start_time < wanted.high
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
    db: Connection, account: int, live: bool, readings: Readings, series: Indices
) -> None:
    """Keep readings whose periods are new to their locked series. `series` (n) their series."""
    await db.copy_to_table(
        "meter_readings",
        source=copying.rows(account, live, readings, series),
        columns=copying.COLUMNS,
        format="binary",
    )


async def replace(
    db: Connection, account: int, live: bool, readings: Readings, series: Indices
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


async def remove(
    db: Connection, account: int, live: bool, series: Indices, starts_us: Microseconds
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


async def note_sessions(
    db: Connection,
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


async def sessions(
    db: Connection, account: int, live: bool, session: str
) -> list[tuple[int, datetime, datetime]]:
    """Find in which series, and between when, a session can have readings."""
    rows = await db.fetch(
        """
        SELECT series, start_time, end_time FROM meter_sessions
        WHERE account = $1 AND live_mode = $2 AND session_reference_id = $3 ORDER BY series
        """,
        account,
        live,
        session,
    )
    return [(row["series"], row["start_time"], row["end_time"]) for row in rows]


async def between(
    db: Connection,
    account: int,
    live: bool,
    series: Collection[int],
    start: datetime,
    end: datetime,
) -> Metered:
    """Read the readings of series that meet [start, end), in order of time.

    Columns come as the bytes of their numbers, not as rows: a year of half hours is 17,520 of
    them, and making Python values of each takes longer than all the rest of a cost.
    """
    columns = await db.fetchrow(
        f"""
        SELECT count(*), string_agg(int8send(series), ''),
               string_agg(timestamptz_send(start_time), ''),
               string_agg(timestamptz_send(end_time), ''),
               string_agg(float8send(energy_kwh), ''), string_agg(float8send(confidence), ''),
               CASE WHEN count(session_reference_id) > 0
                    THEN array_agg(session_reference_id) END,
               CASE WHEN count(record_reference_id) > 0
                    THEN array_agg(record_reference_id) END
        FROM (
            SELECT * FROM meter_readings
            WHERE {_MEETING}
            ORDER BY start_time, series
        ) AS found
        """,
        account,
        live,
        list(series),
        start,
        end,
    )
    assert columns is not None  # noqa: S101 (an aggregate of nothing is a row too)
    count, numbers, starts, ends, energy_kwh, confidence, sessions, references = columns
    return Metered(
        _numbers(numbers, np.int64),
        _numbers(starts, np.int64) + _EPOCH_US,
        _numbers(ends, np.int64) + _EPOCH_US,
        _numbers(energy_kwh, np.float64),
        _numbers(confidence, np.float64),
        sessions or [None] * count,
        references or [None] * count,
    )


async def total_kwh(
    db: Connection,
    account: int,
    live: bool,
    series: Collection[int],
    start: datetime,
    end: datetime,
) -> float:
    """Sum up what series have in [start, end); readings over an edge count by time."""
    total: float = await db.fetchval(
        f"""
        SELECT coalesce(sum(energy_kwh * CASE
            WHEN start_time >= $4 AND end_time <= $5 THEN 1
            ELSE extract(epoch FROM least(end_time, $5) - greatest(start_time, $4))::float8
                 / extract(epoch FROM end_time - start_time)::float8 END), 0)
        FROM meter_readings
        WHERE {_MEETING}
        """,
        account,
        live,
        list(series),
        start,
        end,
    )
    return total


def _numbers(sent: bytes | None, type_: type[Number]) -> NDArray[Number]:
    """Read numbers of 8 bytes as PostgreSQL sends them, the high byte first."""
    return np.frombuffer(sent or b"", np.dtype(type_).newbyteorder(">")).astype(type_)


async def page(
    db: Connection,
    account: int,
    live: bool,
    series: Collection[int],
    place: "Place",
) -> list[asyncpg.Record]:
    """Read up to `limit + 1` readings of series on one side of a place, in the order asked."""
    comparison, order = ("<", "DESC") if place.newest_first else (">", "ASC")
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
            place.start,
            place.end,
            place.after[0],
            place.after[1],
            place.limit + 1,
        )
    )


class Place(NamedTuple):
    """A page's place: the span, the (start, series) it comes after, its order and length."""

    start: datetime
    end: datetime
    after: tuple[datetime, int]
    newest_first: bool
    limit: int


def _instants(counts_us: Microseconds) -> list[datetime]:
    return [instant(count_us) for count_us in counts_us.tolist()]
