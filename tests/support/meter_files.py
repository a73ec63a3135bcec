"""Meter files written from readings, by a hand that does not know how they are read."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from wattyard.meters.adapters.meter_file import MeterReading, RefusedReading

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MARKET = timezone(timedelta(hours=10))


@dataclass(frozen=True)
class Kept:
    """What of a reading must come back."""

    start: datetime
    end: datetime
    kwh: float
    direction: str
    confidence: float = 1.0
    channel: str | None = None


def kept(read: Iterable[MeterReading | RefusedReading], *, channels: bool = True) -> list[Kept]:
    """Take the readings, all of which must have been accepted."""
    found = []
    for one in read:
        assert isinstance(one, MeterReading), one
        channel = one.channel if channels else None
        found.append(
            Kept(
                one.start_time,
                one.end_time,
                one.energy_kwh,
                one.energy_flow_direction,
                one.confidence,
                channel,
            )
        )
    return found


def refused(read: Iterable[MeterReading | RefusedReading]) -> list[tuple[str, str]]:
    """Tell where and why parts were refused."""
    return [(one.where, one.code) for one in read if isinstance(one, RefusedReading)]


def half_hours(start: datetime, end: datetime, step: timedelta) -> list[tuple[datetime, datetime]]:
    periods = []
    while start < end:
        periods.append((start, start + step))
        start += step
    return periods


def nem12_day(day: date, values: Sequence[str], quality: str = "A") -> str:
    return f"300,{day:%Y%m%d},{','.join(values)},{quality},,,20250101120000,"


def nem12_register(nmi: str, suffix: str, unit: str = "kWh", minutes: int = 30) -> str:
    return f"200,{nmi},E1B1,1,{suffix},N1,METER1,{unit},{minutes},"


def nem12(*lines: str, whole: bool = True, ending: str = "\r\n") -> bytes:
    framed = ["100,NEM12,202501011200,MDP1,RET1", *lines, "900"] if whole else list(lines)
    return (ending.join(framed) + ending).encode()


def market_start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=MARKET).astimezone(UTC)


@dataclass(frozen=True)
class Usage:
    """A meter reading of a Green Button file: a meter's title, a type, and values by blocks."""

    number: int
    title: str
    flow_direction: int
    power_of_ten: int
    blocks: tuple[tuple[tuple[datetime, datetime, int], ...], ...]
    uom: int = 72


def green_button(usages: Sequence[Usage], order: random.Random | None = None) -> bytes:
    entries = [entry for usage in usages for entry in _entries(usage)]
    if order is not None:
        order.shuffle(entries)
    feed = '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>All</title>'
    return f"{feed}\n{''.join(entries)}</feed>\n".encode()


def espi_entry(self_: str, up: str, related: Sequence[str], title: str, content: str) -> str:
    links = "".join(f'<link rel="related" href="{address}"/>' for address in related)
    return (
        f'<entry><id>urn:{self_}</id><link rel="self" href="{self_}"/><link rel="up" href="{up}"/>'
        f"{links}<title>{title}</title><content>{content}</content></entry>\n"
    )


def interval_reading(start: int, duration: int, value: object, quality: int | None = None) -> str:
    judged = (
        "" if quality is None else f"<ReadingQuality><quality>{quality}</quality></ReadingQuality>"
    )
    return (
        f"<IntervalReading><cost>9</cost>{judged}<timePeriod><duration>{duration}</duration>"
        f"<start>{start}</start></timePeriod><value>{value}</value></IntervalReading>"
    )


def _entries(usage: Usage) -> list[str]:
    espi = 'xmlns="http://naesb.org/espi"'
    point = f"/espi/UsagePoint/{usage.number}"
    meter, kind = f"{point}/MeterReading/1", f"/espi/ReadingType/{usage.number}"
    made = [
        espi_entry(point, "/espi/UsagePoint", [f"{point}/MeterReading"], usage.title,
                   f"<UsagePoint {espi}><kind>0</kind></UsagePoint>"),
        espi_entry(meter, f"{point}/MeterReading", [f"{meter}/IntervalBlock", kind], "Usage",
                   f"<MeterReading {espi}/>"),
        espi_entry(kind, "/espi/ReadingType", [], "Type",
                   f"<ReadingType {espi}><accumulationBehaviour>4</accumulationBehaviour>"
                   f"<commodity>1</commodity><flowDirection>{usage.flow_direction}</flowDirection>"
                   f"<powerOfTenMultiplier>{usage.power_of_ten}</powerOfTenMultiplier>"
                   f"<uom>{usage.uom}</uom></ReadingType>"),
    ]  # fmt: skip
    for number, block in enumerate(usage.blocks):
        values = "".join(
            interval_reading((a - EPOCH) // SECOND, (b - a) // SECOND, value)
            for a, b, value in block
        )
        inside = f"<IntervalBlock {espi}>{values}</IntervalBlock>"
        address = f"{meter}/IntervalBlock/{number}"
        made.append(espi_entry(address, f"{meter}/IntervalBlock", [], "", inside))
    return made


SECOND = timedelta(seconds=1)


def local(instant: datetime, zone: ZoneInfo, pattern: str = "%Y-%m-%d %H:%M") -> str:
    return instant.astimezone(zone).strftime(pattern)
