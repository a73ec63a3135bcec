"""Object ids: a UUIDv7 inside, `prefix_` and 32 hex digits on the wire (contract 0, Objects)."""

import re
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from wattyard.kernel.refusals import Malformed

NAMES: Final[dict[str, str]] = {
    "acc": "account",
    "key": "key",
    "per": "person",
    "ses": "session",
    "inv": "invitation",
    "aud": "audit_entry",
    "cus": "customer",
    "loc": "location",
    "ste": "site",
    "dev": "device",
    "dsr": "device_state",
    "trf": "tariff",
    "prv": "provider",
    "mrs": "market_source",
    "prs": "price",
    "tra": "price_audit",
    "mre": "meter_record",
    "bat": "meter_batch",
    "ecs": "energy_cost",
    "std": "schedule_duration",
    "spl": "schedule_limit",
    "sae": "schedule_amount",
    "ssc": "schedule_soc",
    "spn": "schedule_site",
    "evt": "event",
    "whe": "webhook_endpoint",
    "whd": "webhook_delivery",
    "req": "request",
}
"""The type of object that each id prefix names."""

_WIRE = re.compile(r"([a-z]{2,4})_([0-9a-f]{32})", re.ASCII)
_COUNTER_BITS: Final = 42
_COUNTER_LIMIT: Final = 1 << _COUNTER_BITS

IdMaker = Callable[[], UUID]
"""Makes a new id, later than every id that the same maker made before."""


class SortedIds:
    """Makes UUIDv7 ids (RFC 9562, section 6.2, method 1) that never repeat or go backwards.

    When the clock stands still or goes backwards, the last millisecond is kept and a 42-bit
    counter continues; when the counter is full, the kept millisecond advances by one. Safe to use
    from several threads.
    """

    def __init__(
        self, now: Callable[[], datetime], random_bits: Callable[[int], int] = secrets.randbits
    ) -> None:
        self._now = now
        self._random_bits = random_bits
        self._lock = threading.Lock()
        self._millisecond = -1
        self._counter = 0

    def __call__(self) -> UUID:
        now = int(self._now().timestamp() * 1000)
        random = self._random_bits(40)
        with self._lock:
            if now > self._millisecond:
                self._millisecond = now
                self._counter = self._random_bits(_COUNTER_BITS - 1)
            else:
                self._counter += 1 + (random >> 32)
                if self._counter >= _COUNTER_LIMIT:
                    self._millisecond += 1
                    self._counter = self._random_bits(_COUNTER_BITS - 1)
            millisecond, counter = self._millisecond, self._counter
        return _uuid7(millisecond, counter, random & 0xFFFFFFFF)


def _uuid7(millisecond: int, counter: int, tail: int) -> UUID:
    high, low = counter >> 30, counter & ((1 << 30) - 1)
    return UUID(int=millisecond << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low << 32 | tail)


def time_of(id_: UUID) -> datetime:
    """Read the creation time that a UUIDv7 carries, to the millisecond, in UTC."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, tz=UTC)


def first_id_at(time: datetime) -> UUID:
    """Give the id that sorts before all ids made at `time` or later, to the millisecond."""
    return UUID(int=max(0, int(time.timestamp() * 1000)) << 80)


def wire(prefix: str, id_: UUID) -> str:
    """Write an id for the wire: `wire("ste", id_)` is `ste_019…`."""
    return f"{prefix}_{id_.hex}"


def read(text: str, *prefixes: str, param: str) -> UUID:
    """Parse an id of one of the given types from the wire.

    Raises:
        Malformed: `<param>_invalid`, when it is malformed or of another type.
    """
    match = _WIRE.fullmatch(text)
    if match is None or match[1] not in prefixes:
        wanted = " or ".join(f"{prefix}_…" for prefix in prefixes)
        code = f"{param.rpartition('.')[2]}_invalid"
        raise Malformed(
            f"{param} must be the id of {_one(NAMES[prefixes[0]])} ({wanted}, 32 lower-case hex "
            f"digits); got {shown(text)}",
            param=param,
            code=code,
        )
    return UUID(hex=match[2])


def shown(value: object, limit: int = 60) -> str:
    """Quote a caller's value for a message, cut to a readable length."""
    text = value if isinstance(value, str) else str(value)
    return f"'{text[:limit]}…'" if len(text) > limit else f"'{text}'"


def _one(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name.replace('_', ' ')}"
