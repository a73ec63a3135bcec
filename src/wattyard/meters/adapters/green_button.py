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
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final

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
    Options,
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


@dataclass(slots=True)
class _Found:
    """What the first pass leaves to the second: links, and blocks that stand before theirs."""

    links: Links = field(default_factory=Links)
    postponed: dict[int, AtomEntry] = field(default_factory=dict)
    has_values: bool = False


def readings(stream: BinaryIO, options: Options) -> Iterator[MeterReading | RefusedReading]:
    """Read a Green Button file: one reading for each IntervalReading, in the order of the file.

    A block that stands before the resources it refers to is read in a second pass, so blocks
    may come out of order; a stream that cannot go back is first copied to a temporary file.
    """
    if stream.seekable():
        yield from _passes(stream, options)
        return
    with tempfile.TemporaryFile() as copy:
        while chunk := stream.read(1 << 20):
            copy.write(chunk)
        copy.seek(0)
        yield from _passes(copy, options)


def _passes(stream: BinaryIO, options: Options) -> Iterator[MeterReading | RefusedReading]:
    start = stream.tell()
    found = _Found()
    invalid = None
    try:
        yield from _first_pass(stream, options, found)
    except FeedInvalid as fault:
        invalid = fault
    if found.postponed:
        stream.seek(start)
        # The second pass fails at the same line: reported once, below.
        with contextlib.suppress(FeedInvalid):
            yield from _second_pass(stream, options, found)
    if invalid is not None:
        yield RefusedReading(f"line {invalid.line}", invalid.code, str(invalid))
    elif not found.has_values:
        hint = "the file holds no IntervalReading; is it a Green Button file of usage?"
        yield RefusedReading("end of file", "format_invalid", hint)


def _first_pass(
    stream: BinaryIO, options: Options, found: _Found
) -> Iterator[MeterReading | RefusedReading]:
    measure: _Measure | RefusedReading | None = None
    for part in feed(stream):
        match part:
            case EspiResource():
                found.links.add(part)
            case IntervalBlock():
                measure = _measured(part, found.links, options, final=False)
                if measure is None:
                    found.postponed[part.number] = part.resource
                elif isinstance(measure, RefusedReading):
                    yield measure
            case IntervalValue():
                found.has_values = True
                if isinstance(measure, _Measure):
                    yield _reading(part, measure)


def _second_pass(
    stream: BinaryIO, options: Options, found: _Found
) -> Iterator[MeterReading | RefusedReading]:
    measure: _Measure | RefusedReading | None = None
    for part in feed(stream):
        if isinstance(part, IntervalBlock):
            measure = None
            if part.number in found.postponed:
                whole = replace(part, resource=found.postponed[part.number])
                measure = _measured(whole, found.links, options, final=True)
            if isinstance(measure, RefusedReading):
                yield measure
        elif isinstance(part, IntervalValue) and isinstance(measure, _Measure):
            yield _reading(part, measure)


def _measured(
    block: IntervalBlock, links: Links, options: Options, *, final: bool
) -> _Measure | RefusedReading | None:
    """Find what a block's values mean; None while what it refers to has not been read."""
    where = f"line {block.line}, IntervalBlock {block.number}"
    meter = links.owner(block.resource, "MeterReading")
    kind = links.reading_type(meter, only_one=final)
    point = links.owner(meter, "UsagePoint") if meter else None
    if not final and (kind is None or point is None):
        return None
    if kind is None:
        return RefusedReading(
            where, "reading_type_missing", "no ReadingType is linked; the block is left out"
        )
    wrong = _fault(kind)
    if wrong is not None:
        return replace(wrong, where=where, message=f"{wrong.message}; the block is left out")
    titles = (resource.title for resource in (point, meter) if resource)
    return _measure(kind, next(filter(None, titles), None), options)


def _fault(kind: ReadingType) -> RefusedReading | None:
    if kind.commodity not in _ELECTRICITY:
        return RefusedReading(
            "", "units_invalid", f"commodity {kind.commodity:.10} is not electricity"
        )
    if kind.unit not in (_WATT_HOURS, _WATTS):
        unit = _UNITS.get(kind.unit, f"uom {kind.unit:.10}" if kind.unit else "no unit")
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
