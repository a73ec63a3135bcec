"""Green Button files: energy of intervals as ESPI resources in an Atom feed.

Source of the rules: NAESB REQ.21 (ESPI) as the OpenESPI project publishes its schema: `uom`,
`flowDirection`, `accumulationBehaviour`, `dataQualifier` and `quality` are numbers of
enumerations; `start` counts seconds of UTC since 1970, `duration` seconds. The offsets of
LocalTimeParameters are for showing times only, so days of 23 and 25 hours need no care here.
"""

import contextlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final

from wattyard.kernel.values import dataclass
from wattyard.meters.adapters.espi_feed import (
    AtomEntry,
    EspiResource,
    FeedInvalid,
    IntervalBlock,
    IntervalValue,
    Links,
    ReadingType,
    feed,
)
from wattyard.meters.adapters.meter_file import (
    MeterReading,
    Noted,
    Options,
    Part,
    RefusedReading,
    Register,
    judged,
)
from wattyard.meters.domain.readings import FlowDirection

_WATT_HOURS, _WATTS = "72", "38"
_UNITS: Final = {
    "5": "A", "29": "V", "42": "m³", "61": "VA", "63": "var", "65": "power factor", "71": "VAh",
    "73": "varh", "119": "ft³", "132": "BTU", "169": "therm",
}  # fmt: skip
_ELECTRICITY: Final = ("", "0", "1", "2")
"""Commodities: unspecified, and electricity metered on either side of the transformer."""
_ELECTRICAL_SERVICE: Final = ("", "0")
_DEMAND: Final = "8"
"""A kind of reading, as its type says."""
_DIRECTIONS: Final[dict[str, FlowDirection]] = {"1": "INBOUND", "19": "OUTBOUND"}
_DELTAS: Final = ("", "0", "4", "6", "12")
"""Kinds of accumulation that give an interval's energy: unspecified, deltas, indicating power,
instantaneous power. The others are cumulative registers."""
_MEANS: Final = ("", "0", "2", "12")
"""Data qualifiers of whole values: none, average, normal. The others are extremes and limits."""
_CONFIDENCE: Final = {
    "0": 1.0,  # valid
    "7": 0.9,  # edited by hand
    "8": 0.7,  # estimated from a reference day
    "9": 0.7,  # estimated between neighbours
    "10": 0.5,  # questionable
    "11": 0.9,  # derived
    "12": 0.5,  # projected
    "13": 0.7,  # mixed
    "14": 1.0,  # raw: measured, not validated yet
    "15": 0.5,  # normalised for the weather
    "17": 1.0,  # validated
    "18": 1.0,  # verified
    "19": 1.0,  # of revenue quality
}
_UNKNOWN_QUALITY: Final = 0.5
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
_LAST_SECOND: Final = 2**33
_LONGEST_SECONDS: Final = 2**31


@dataclass(frozen=True, slots=True)
class _Measure:
    """What the values of a block mean: kWh are value times `multiplier`, over `divisor`."""

    register: Register
    is_power: bool
    multiplier: int
    divisor: int
    quality: str
    interval_seconds: str


@dataclass(frozen=True, slots=True)
class _Registers:
    """The meter readings of a file: how they refer to others, and what each is called."""

    links: Links
    names: dict[int, str | None]
    """By the identity of a meter reading's entry."""


def readings(stream: BinaryIO, options: Options) -> Iterator[Part]:
    """Read a Green Button file: one reading for each IntervalReading, in the order of the file.

    Each MeterReading is a register. Those of demand (W beside Wh, VA) and of anything but
    electricity are told apart and passed over. The file is read twice, since a block may stand
    before what it refers to; a stream that cannot go back is first copied to a temporary file.
    """
    if stream.seekable():
        yield from _passes(stream, options)
        return
    with tempfile.TemporaryFile() as copy:
        while chunk := stream.read(1 << 20):
            copy.write(chunk)
        copy.seek(0)
        yield from _passes(copy, options)


def _passes(stream: BinaryIO, options: Options) -> Iterator[Part]:
    start = stream.tell()
    links = _linked(stream)
    stream.seek(start)
    registers = _Registers(links, _names(links))
    measure: _Measure | RefusedReading | Noted | None = None
    has_values = False
    try:
        for found in feed(stream):
            if isinstance(found, IntervalBlock):
                measure = _measured(found, registers, options)
                if not isinstance(measure, _Measure):
                    yield measure
            elif isinstance(found, IntervalValue):
                has_values = True
                if isinstance(measure, _Measure):
                    yield _reading(found, measure)
    except FeedInvalid as fault:
        yield RefusedReading(f"line {fault.line}", fault.code, str(fault))
        has_values = True
    if not has_values:
        hint = "the file holds no IntervalReading; is it a Green Button file of usage?"
        yield RefusedReading("end of file", "format_invalid", hint)


def _linked(stream: BinaryIO) -> Links:
    """Read how the resources of a file refer to one another, as far as it can be read."""
    links = Links()
    with contextlib.suppress(FeedInvalid):  # the second pass fails at the same line
        for part in feed(stream):
            if isinstance(part, EspiResource):
                links.add(part)
    return links


def _measured(
    block: IntervalBlock, registers: _Registers, options: Options
) -> _Measure | RefusedReading | Noted:
    """Find what a block's values mean, or why they are not taken."""
    where = f"line {block.line}, IntervalBlock {block.number}"
    links = registers.links
    meter = links.owner(block.resource, "MeterReading")
    kind = links.reading_type(meter)
    if kind is None:
        return RefusedReading(
            where, "reading_type_missing", "no ReadingType is linked; the block is left out"
        )
    other = _other_quantity(meter, kind, links)
    if other is not None:
        return Noted(where, "other_quantity", f"{other}; the block is left out")
    wrong = _fault(kind)
    if wrong is not None:
        return replace(wrong, where=where, message=f"{wrong.message}; the block is left out")
    return _measure(kind, registers.names.get(id(meter)), options)


def _names(links: Links) -> dict[int, str | None]:
    """Call each register of electrical energy by the first of its names that is no other's."""
    meters = [
        meter
        for meter in links.meters
        if (kind := links.reading_type(meter)) and _other_quantity(meter, kind, links) is None
    ]
    listed = [_candidates(meter, links) for meter in meters]
    found: dict[int, str | None] = {}
    for meter, own in zip(meters, listed, strict=True):
        alone = (name for name in own if sum(name in others for others in listed) == 1)
        found[id(meter)] = next(alone, next(iter(own), None))
    return found


def _candidates(meter: AtomEntry, links: Links) -> list[str]:
    point = links.owner(meter, "UsagePoint")
    title = (point.title if point else "") or meter.title
    parts = meter.self_.strip("/").split("/")
    longer = [f"{meter.title or title} {'/'.join(parts[-n:])}".strip() for n in (1, 3, len(parts))]
    return [name for name in (title, meter.title, *longer) if name]


def _other_quantity(meter: AtomEntry | None, kind: ReadingType, links: Links) -> str | None:
    """Say what a register counts that is not electrical energy; None where it is that."""
    point = links.owner(meter, "UsagePoint") if meter else None
    service = point.service if point else ""
    if kind.commodity not in _ELECTRICITY or service not in _ELECTRICAL_SERVICE:
        return f"commodity {kind.commodity or service:.10} is not electricity"
    if kind.unit in _UNITS:
        return f"values in {_UNITS[kind.unit]} are neither Wh (72) nor W (38)"
    if kind.unit != _WATTS:
        return None
    if kind.kind == _DEMAND or kind.qualifier not in _MEANS:
        return "values in W that are no means are demand"
    beside = (
        links.reading_type(own) for own in links.meters if links.owner(own, "UsagePoint") is point
    )
    has_energy = any(own is not None and own.unit == _WATT_HOURS for own in beside)
    return "values in W beside others in Wh are demand" if has_energy else None


def _fault(kind: ReadingType) -> RefusedReading | None:
    if kind.unit not in (_WATT_HOURS, _WATTS):
        unit = f"uom {kind.unit:.10}" if kind.unit else "no unit"
        return RefusedReading(
            "", "units_invalid", f"values in {unit} are neither Wh (72) nor W (38)"
        )
    if kind.flow_direction not in ("", "0", *_DIRECTIONS):
        hint = f"flowDirection {kind.flow_direction:.10} is neither forward (1) nor reverse (19)"
        return RefusedReading("", "energy_flow_direction_invalid", hint)
    if kind.accumulation not in _DELTAS or kind.qualifier not in _MEANS:
        hint = (
            f"accumulationBehaviour {kind.accumulation or '0':.10} with dataQualifier "
            f"{kind.qualifier or '0':.10} does not say what flowed in an interval"
        )
        return RefusedReading("", "reading_type_invalid", hint)
    if not re.fullmatch(r"[+-]?[0-9]{1,2}", kind.power_of_ten or "0"):
        hint = f"powerOfTenMultiplier {kind.power_of_ten!r:.20} is not a number from -99 to 99"
        return RefusedReading("", "reading_type_invalid", hint)
    return None


def _measure(kind: ReadingType, name: str | None, options: Options) -> _Measure:
    power = int(kind.power_of_ten or "0") - 3
    direction = _DIRECTIONS.get(kind.flow_direction, options.default_direction)
    return _Measure(
        register=Register(name, direction),
        is_power=kind.unit == _WATTS,
        multiplier=10 ** max(power, 0),
        divisor=10 ** max(-power, 0),
        quality=kind.default_quality,
        interval_seconds=kind.interval_length,
    )


def _reading(value: IntervalValue, measure: _Measure) -> MeterReading | RefusedReading:
    where = f"IntervalReading {value.number}"
    start = _whole(value.start, _LAST_SECOND)
    if start is None:
        hint = f"start {value.start!r:.30} is not a count of seconds since 1970"
        return RefusedReading(where, "start_time_invalid", hint)
    seconds = _whole(value.duration or measure.interval_seconds, _LONGEST_SECONDS)
    if seconds is None:
        hint = f"duration {value.duration!r:.30} is not a count of seconds"
        return RefusedReading(where, "end_time_invalid", hint)
    if not value.value:
        return RefusedReading(where, "value_missing", "the interval has no value")
    if not _INTEGER.fullmatch(value.value):
        return RefusedReading(where, "value_invalid", f"{value.value!r:.30} is not a whole number")
    # One division of whole numbers: the nearest double to the exact energy.
    hours = (seconds, 3600) if measure.is_power else (1, 1)
    count = int(value.value) * measure.multiplier * hours[0]
    energy_kwh = count / (measure.divisor * hours[1])
    begin = datetime.fromtimestamp(start, UTC)
    period = (begin, begin + timedelta(seconds=seconds))
    return judged(where, period, energy_kwh, measure.register, _confidence(value, measure))


def _whole(text: str, limit: int) -> int | None:
    if not _INTEGER.fullmatch(text):
        return None
    number = int(text)
    return number if 0 <= number < limit else None


def _confidence(value: IntervalValue, measure: _Measure) -> float:
    qualities = value.qualities or ((measure.quality,) if measure.quality else ("0",))
    return min(_CONFIDENCE.get(quality, _UNKNOWN_QUALITY) for quality in qualities)
