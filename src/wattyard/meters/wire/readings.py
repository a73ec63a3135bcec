"""From JSON records to columns of readings; a fault fails its own record only (contract 3)."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from wattyard.kernel.arrays import Integers, Numbers, np
from wattyard.kernel.clock_changes import Microseconds
from wattyard.kernel.refusals import Malformed
from wattyard.meters.domain.readings import (
    RECORDS_AT_ONCE,
    REGISTER_LENGTH,
    Failed,
    FlowDirection,
    Readings,
    Stream,
    TariffDirection,
    Units,
    direction_of,
    energy_of,
)
from wattyard.platform.decoding import ITEM_LIMIT_BYTES, Shape, array_items, convert, json_value
from wattyard.platform.decoding.texts import (
    NO_CONTROLS,
    DeviceId,
    Instant,
    LocationId,
    Reference,
)

RegisterName = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=REGISTER_LENGTH,
        pattern=NO_CONTROLS,
        description="one of several registers that add up, such as T1 and T2",
        extra={"expected": f"text of 1 to {REGISTER_LENGTH} characters without control characters"},
    ),
]
Confidence = Annotated[float, msgspec.Meta(ge=0.1, le=1, description="1 is measured")]


class SentReading(Shape):
    """A reading with its ids unread: they are the same for very many.

    Attributes:
        units: unit of `value`; W and KW are the mean power of the period
        value: energy or mean power of the period
        energy_kwh: instead of units and value
        energy_flow_direction: INBOUND: into the site; OUTBOUND: out of it
        tariff_direction: default: IMPORT for INBOUND, EXPORT for OUTBOUND
    """

    location_id: str
    start_time: Instant
    end_time: Instant
    units: Units | None = None
    value: float | None = None
    energy_kwh: float | None = None
    device_id: str | None = None
    energy_flow_direction: FlowDirection = "INBOUND"
    tariff_direction: TariffDirection | None = None
    session_reference_id: Reference | None = None
    record_reference_id: Reference | None = None
    confidence: Confidence = 1.0
    register: RegisterName | None = None


class ReadingBody(SentReading):
    """Energy of a period, half-open; a power stands for constant power over it."""

    location_id: LocationId
    device_id: DeviceId | None = None


_read_all = msgspec.json.Decoder(list[SentReading]).decode
_read_one = msgspec.json.Decoder(SentReading).decode
_UNFIT: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError)
"""What msgspec raises where it cannot read a record; a ValueError for the year 0."""

_Key = tuple[str, str | None, FlowDirection, TariffDirection | None, str | None]
_LOCATION: Final = re.compile(r"(loc|ste)_[0-9a-f]{32}")
_DEVICE: Final = re.compile(r"dev_[0-9a-f]{32}")
_IS_POWER: Final = {None: False, "KWH": False, "WH": False, "KW": True, "W": True}
_DIVISOR: Final = {None: 1, "KWH": 1, "WH": 1000, "KW": 1, "W": 1000}


class Columns:
    """Collects records as columns, including those that cannot be read."""

    def __init__(self) -> None:
        self.submitted = 0
        self._failed: list[Failed] = []
        self._sent: list[SentReading] = []
        self._numbers: list[int] = []

    def add(self, sent: SentReading) -> None:
        """Add a well-formed record."""
        self.submitted += 1
        self._sent.append(sent)
        self._numbers.append(self.submitted)

    def add_json(self, raw: bytes) -> None:
        """Add a record in JSON, or note why it cannot be read."""
        try:
            sent = _one(raw)
        except Malformed as refusal:
            self.submitted += 1
            self._fail(self.submitted, _reference_in(raw), refusal)
        else:
            self.add(sent)

    def readings(self) -> tuple[Readings, list[Failed]]:
        """Give the readings, and the records that failed."""
        keys: dict[_Key, int] = {}
        stream = np.array([keys.setdefault(_key(one), len(keys)) for one in self._sent], np.int64)
        well_formed = np.array([_is_well_formed(key) for key in keys], np.bool_)
        energy_kwh = _energies(self._sent)
        sound = ~np.isnan(energy_kwh)
        if not well_formed.all():
            sound &= well_formed[stream]
        if not sound.all():
            for n in np.flatnonzero(~sound).tolist():
                self._judge(self._numbers[n], self._sent[n])
            positions = np.flatnonzero(sound).tolist()
            self._numbers = [self._numbers[n] for n in positions]
            self._sent = [self._sent[n] for n in positions]
            return self.readings()
        return self._columns(tuple(map(_stream, keys)), stream, energy_kwh), self._failed

    def _columns(
        self, streams: tuple[Stream, ...], stream: Integers, energy_kwh: Numbers
    ) -> Readings:
        sent = self._sent
        return Readings(
            streams=streams,
            number=np.array(self._numbers, np.int64),
            stream=stream,
            starts_us=_microseconds([one.start_time for one in sent]),
            ends_us=_microseconds([one.end_time for one in sent]),
            energy_kwh=energy_kwh,
            confidence=np.array([one.confidence for one in sent], np.float64),
            sessions=[one.session_reference_id for one in sent],
            references=[one.record_reference_id for one in sent],
        )

    def _judge(self, number: int, sent: SentReading) -> None:
        """Report a well-formed record with wrong ids or no energy."""
        try:
            energy_of(convert(msgspec.to_builtins(sent), ReadingBody))
        except Malformed as refusal:
            self._fail(number, sent.record_reference_id, refusal)

    def _fail(self, number: int, reference: str | None, refusal: Malformed) -> None:
        first = refusal.first
        self._failed.append(Failed(number, reference, first.code, first.message))


def columns_of(raw: bytes) -> Columns:
    """Read the body of `PUT /meters/interval`: an array of at most 10,000 records.

    Raises:
        Malformed: when it is no array, or too long; a fault in a record fails only that record.
    """
    columns = Columns()
    for body in _bodies(raw):
        if isinstance(body, SentReading):
            columns.add(body)
        else:
            columns.add_json(body)
    return columns


def _energies(sent: Sequence[SentReading]) -> Numbers:
    """Find the energy (kWh) of n records, as `energy_of` does; NaN where it refuses."""
    given = np.array([one.energy_kwh for one in sent], dtype=np.float64)
    value = np.array([one.value for one in sent], dtype=np.float64)
    units = [one.units for one in sent]
    is_power = np.array([_IS_POWER[unit] for unit in units], dtype=np.bool_)
    without = np.array([unit is None for unit in units], dtype=np.bool_)
    if is_power.any():
        seconds = [(one.end_time - one.start_time).total_seconds() for one in sent]
        value = np.where(is_power, value * (np.array(seconds) / 3600), value)
    from_value = value / np.array([_DIVISOR[unit] for unit in units], dtype=np.float64)
    from_value[without] = np.nan
    both = ~np.isnan(given) & (~np.isnan(value) | ~without)
    return np.where(both, np.nan, np.where(np.isnan(given), from_value, given))


def _microseconds(times: Sequence[datetime]) -> Microseconds:
    seconds = np.array([time.timestamp() for time in times], dtype=np.float64)
    return np.rint(seconds * 1e6).astype(np.int64)


def _key(sent: SentReading) -> _Key:
    return (
        sent.location_id,
        sent.device_id,
        sent.energy_flow_direction,
        sent.tariff_direction,
        sent.register,
    )


def _is_well_formed(key: _Key) -> bool:
    location, device, *_ = key
    return bool(_LOCATION.fullmatch(location) and (device is None or _DEVICE.fullmatch(device)))


def _one(raw: bytes) -> SentReading:
    """Read a record, in one pass where it has no fault."""
    if len(raw) > ITEM_LIMIT_BYTES:
        raise Malformed(f"a record has at most {ITEM_LIMIT_BYTES:,} bytes", code="body_invalid")
    if b"\\u00" not in raw:
        try:
            return _read_one(raw)
        except _UNFIT:
            pass
    return convert(json_value(raw), ReadingBody)


def _bodies(raw: bytes) -> Sequence[SentReading | bytes]:
    if b"\\u00" not in raw:
        try:
            return _checked_length(_read_all(raw))
        except _UNFIT:
            pass
    records = array_items(raw, at_most=RECORDS_AT_ONCE)
    if records is None:
        raise Malformed(
            f"the body must be an array of at most {RECORDS_AT_ONCE:,} readings; send the rest in "
            "another batch, or all as application/x-ndjson",
            code="body_invalid",
        )
    return records


def _checked_length(records: list[Any]) -> list[Any]:
    if len(records) > RECORDS_AT_ONCE:
        raise Malformed(
            f"the body must be an array of at most {RECORDS_AT_ONCE:,} readings; got "
            f"{len(records):,}; send the rest in another batch, or all as application/x-ndjson",
            code="body_invalid",
        )
    return records


def _stream(key: _Key) -> Stream:
    location, device, flow, direction, register = key
    return Stream(
        UUID(hex=location[4:]),
        UUID(hex=device[4:]) if device else None,
        flow,
        direction or direction_of(flow),
        register,
    )


def _reference_in(raw: bytes) -> str | None:
    """Find the client's reference in a record that has other faults."""
    if len(raw) > ITEM_LIMIT_BYTES:
        return None
    try:
        found = msgspec.json.encode(json_value(raw).get("record_reference_id"))
        return msgspec.json.decode(found, type=Reference)
    except (Malformed, AttributeError, UnicodeEncodeError, msgspec.ValidationError):
        return None
