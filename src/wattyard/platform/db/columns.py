"""Columns of numbers that stores read at once."""

from datetime import UTC, datetime
from typing import Final

from wattyard.kernel.arrays import Integers, Numbers, np
from wattyard.kernel.clock_changes import Microseconds, microseconds

# Columns as the bytes of their numbers: making a Python value of each of very many takes longer
# than all that is calculated with them. They are selected as `string_agg(float8send(value), ''
# ORDER BY …)`, of `int8send` or `timestamptz_send`.
EPOCH_US: Final = microseconds(datetime(2000, 1, 1, tzinfo=UTC))
"""What PostgreSQL counts time from."""


def integers(sent: bytes | None) -> Integers:
    """Read what `int8send` made of n numbers."""
    return np.frombuffer(sent or b"", ">i8").astype(np.int64)


def numbers(sent: bytes | None) -> Numbers:
    """Read what `float8send` made of n numbers."""
    return np.frombuffer(sent or b"", ">f8").astype(np.float64)


def times_us(sent: bytes | None) -> Microseconds:
    """Read what `timestamptz_send` made of n times, as microseconds since 1970 (UTC)."""
    return integers(sent) + EPOCH_US
