"""From JSON records to columns of readings; a fault fails its own record only (contract 3)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Protocol
from uuid import UUID

import msgspec
import numpy as np

from wattyard.kernel.refusals import Malformed
from wattyard.meters.domain.readings import (
    RECORDS_AT_ONCE,
    Failed,
    FlowDirection,
    Readings,
    Stream,
    TariffDirection,
    direction_of,
)
from wattyard.platform.reading import Shape, convert, json_value
from wattyard.platform.reading.texts import LocationId, Reference

DeviceId = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^dev_[0-9a-f]{32}$(?!\n)",
        description="id of a device; the reading then counts for it",
        extra={"wanted": "an id dev_… with 32 lower-case hex digits"},
    ),
]
Units = Literal["W", "KW", "WH", "KWH"]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Confidence = Annotated[float, msgspec.Meta(ge=0.1, le=1, description="1 is measured")]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class EnergyBody(Protocol):
    """What tells the energy of a period in one of its two forms."""

    @property
    def start_time(self) -> datetime: ...

    @property
    def end_time(self) -> datetime: ...

    @property
    def units(self) -> Units | None: ...

    @property
    def value(self) -> float | None: ...

    @property
    def energy_kwh(self) -> float | None: ...


class ReadingBody(Shape):
    """Energy of a period, half-open; a power stands for constant power over it."""

    location_id: LocationId
    start_time: Instant
    end_time: Instant
    units: Units | None = None
    value: float | None = None
    energy_kwh: Annotated[float | None, msgspec.Meta(description="instead of units and value")] = (
        None
    )
    device_id: DeviceId | None = None
    energy_flow_direction: FlowDirection = "INBOUND"
    tariff_direction: Annotated[
        TariffDirection | None,
        msgspec.Meta(description="default: IMPORT for INBOUND, EXPORT for OUTBOUND"),
    ] = None
    session_reference_id: Reference | None = None
    record_reference_id: Reference | None = None
    confidence: Confidence = 1.0


_read_all = msgspec.json.Decoder(list[ReadingBody]).decode
_read_one = msgspec.json.Decoder(ReadingBody).decode


class Columns:
    """Collects records, those that cannot be read among them, as columns."""

    def __init__(self) -> None:
        self.submitted = 0
        self.failed: list[Failed] = []
        self._streams: dict[tuple[str, str | None, str, str | None], int] = {}
        self._rows: list[tuple[int, int, float, float, float, float]] = []
        self._sessions: list[str | None] = []
        self._references: list[str | None] = []

    def add(self, body: ReadingBody) -> None:
        """Add a record that has its form."""
        self.submitted += 1
        try:
            energy_kwh = energy_of(body)
        except Malformed as refusal:
            self._fail(body.record_reference_id, refusal)
            return
        key = (
            body.location_id,
            body.device_id,
            body.energy_flow_direction,
            body.tariff_direction,
        )
        self._rows.append(
            (
                self.submitted,
                self._streams.setdefault(key, len(self._streams)),
                (body.start_time - _EPOCH).total_seconds(),
                (body.end_time - _EPOCH).total_seconds(),
                energy_kwh,
                body.confidence,
            )
        )
        self._sessions.append(body.session_reference_id)
        self._references.append(body.record_reference_id)

    def add_json(self, raw: bytes) -> None:
        """Add a record in JSON, or note why it cannot be read."""
        try:
            body = _one(raw)
        except Malformed as refusal:
            self.submitted += 1
            self._fail(_reference_in(raw), refusal)
        else:
            self.add(body)

    def fail(self, code: str, error: str) -> None:
        """Note a record that cannot even be read."""
        self.submitted += 1
        self.failed.append(Failed(self.submitted, None, code, error))

    def readings(self) -> Readings:
        """Give what can be readings so far."""
        rows = np.array(self._rows, dtype=np.float64).reshape(-1, 6)
        return Readings(
            streams=tuple(_stream(*key) for key in self._streams),
            number=rows[:, 0].astype(np.int64),
            stream=rows[:, 1].astype(np.int64),
            starts_us=np.rint(rows[:, 2] * 1e6).astype(np.int64),
            ends_us=np.rint(rows[:, 3] * 1e6).astype(np.int64),
            energy_kwh=rows[:, 4],
            confidence=rows[:, 5],
            sessions=self._sessions,
            references=self._references,
        )

    def _fail(self, reference: str | None, refusal: Malformed) -> None:
        first = refusal.first
        self.failed.append(Failed(self.submitted, reference, first.code, first.message))


def columns_of(raw: bytes) -> Columns:
    """Read the body of `PUT /meters/interval`: an array of at most 10,000 records.

    Raises:
        Malformed: when it is no array, or too long; a fault in a record fails that record only.
    """
    columns = Columns()
    for body in _bodies(raw):
        if isinstance(body, ReadingBody):
            columns.add(body)
        else:
            columns.add_json(body)
    return columns


def energy_of(body: EnergyBody) -> float:
    """Tell the energy (kWh) of a record.

    Raises:
        Malformed: unless there is `energy_kwh`, or `units` and `value`.
    """
    if body.energy_kwh is not None:
        if body.value is not None or body.units is not None:
            raise Malformed(
                "energy_kwh stands instead of units and value: send one of them",
                param="energy_kwh",
                code="parameters_exclusive",
            )
        return body.energy_kwh
    if body.value is None or body.units is None:
        missing = "value" if body.value is None else "units"
        raise Malformed(
            f"{missing} is needed, or energy_kwh instead of units and value",
            param=missing,
            code=f"{missing}_missing",
        )
    energy = body.value
    if body.units in ("W", "KW"):
        energy *= (body.end_time - body.start_time).total_seconds() / 3600
    return energy / 1000 if body.units in ("W", "WH") else energy


def _one(raw: bytes) -> ReadingBody:
    """Read a record, in one pass where it has no fault."""
    if b"\\u0000" not in raw:
        try:
            return _read_one(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
    return convert(json_value(raw), ReadingBody)


def _bodies(raw: bytes) -> Iterable[ReadingBody | bytes]:
    if b"\\u0000" not in raw:
        try:
            return _checked_length(_read_all(raw))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
    value = json_value(raw)
    if not isinstance(value, list):
        raise Malformed(
            f"the body must be an array of at most {RECORDS_AT_ONCE:,} readings",
            code="body_invalid",
        )
    return [msgspec.json.encode(record) for record in _checked_length(value)]


def _checked_length(records: list[Any]) -> list[Any]:
    if len(records) > RECORDS_AT_ONCE:
        raise Malformed(
            f"the body must be an array of at most {RECORDS_AT_ONCE:,} readings; got "
            f"{len(records):,}; send the rest in another batch, or all as application/x-ndjson",
            code="body_invalid",
        )
    return records


def _stream(location: str, device: str | None, flow: Any, direction: Any) -> Stream:  # noqa: ANN401
    return Stream(
        UUID(hex=location[4:]),
        UUID(hex=device[4:]) if device else None,
        flow,
        direction or direction_of(flow),
    )


def _reference_in(raw: bytes) -> str | None:
    """Find the client's reference in a record that has other faults."""
    try:
        found = json_value(raw).get("record_reference_id")
    except (Malformed, AttributeError):
        return None
    return found[:255] if isinstance(found, str) else None
