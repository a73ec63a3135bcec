"""What a number of homes needs: cores, disk, log, connections, webhooks (docs/scale.md).

`python -m benchmarks.model --homes 1000000` prints the table. Every figure that it starts from is
in `MEASURED`, with the case of `make bench` that found it, or in `ASSUMED`; the table is calculated
from them. Cores are those of the machine of docs/benchmarks.md, fully used: plan for twice as many.
"""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, NamedTuple

_DAY_SECONDS: Final = 86_400
_YEAR_DAYS: Final = 365
_GIB: Final = 2**30


class Figure(NamedTuple):
    """A figure that the model starts from, and where it is from."""

    value: float
    unit: str
    source: str


MEASURED: Final = {
    "lists": Figure(5_670, "GET /sites?limit=30 a second of a server's core", "scale"),
    "states": Figure(1_969, "device states a second of a server's core", "scale"),
    "bare_states": Figure(9_116, "bare INSERTs of the same rows a second", "scale"),
    "batched_readings": Figure(203_194, "readings a second of a server's core", "meters"),
    "copy_share": Figure(0.395, "of a bare COPY of them, which the database's core does", "meters"),
    "price_ms": Figure(1.94, "ms of a core for tomorrow's quarter hours of a site", "prices-http"),
    "plan_ms": Figure(18.6, "ms of a core for a day of a battery", "plans-http"),
    "webhooks": Figure(972, "signed deliveries a second of a worker's core", "webhooks"),
    "claims": Figure(22_343, "deliveries claimed a second of a database's core", "webhooks"),
    "site_bytes": Figure(3_490, "bytes of a site with two devices on disk", "sizes"),
    "state_bytes": Figure(270, "bytes of a device state on disk", "sizes"),
    "state_log": Figure(2_547, "bytes of log of a device state", "sizes"),
    "reading_bytes": Figure(147, "bytes of a reading on disk", "sizes"),
    "reading_log": Figure(171, "bytes of log of a reading, of 10,000 in a batch", "sizes"),
    "day_log": Figure(8_060, "bytes of log of a day of half hours that is sent alone", "sizes"),
    "event_bytes": Figure(1_858, "bytes of an event and its delivery on disk", "sizes"),
    "event_log": Figure(2_527, "bytes of log of a change with two events, delivered", "sizes"),
}
"""What `make bench` found, with its case; docs/benchmarks.md has the sections."""

ASSUMED: Final = {
    "peak": Figure(3, "times the mean of a day, in its busiest hour", "assumed"),
    "page_images": Figure(2, "times the log without images of whole pages", "assumed"),
    "deleted_room": Figure(1.2, "times the rows, with what VACUUM has not freed yet", "assumed"),
    "read_share": Figure(0.5, "of a read's time on a server's core, on the database's", "assumed"),
    "pooled": Figure(8, "connections of a process, the default", "setting"),
}


@dataclass(frozen=True, slots=True)
class Homes:
    """What homes do in a day, each.

    Attributes:
        devices: devices of a home that report, such as a battery and a car.
        states: device states of each of them.
        meters: registers with readings, such as drawn and fed in.
        readings: readings of each of them.
        readings_alone: whether each home sends its own day; else they come 10,000 at a time.
        lists: pages of lists and single objects that are read for it.
        prices: times that its prices of a day are asked.
        plans: times that a plan is made.
        events: events that are written.
        endpoints: webhook endpoints that want an event.
        event_days: how long events are kept.
        state_days: how long device states are kept; 0 is for good, as readings are.
    """

    homes: int
    devices: float = 2
    states: float = 96
    meters: float = 2
    readings: float = 48
    readings_alone: bool = False
    lists: float = 24
    prices: float = 4
    plans: float = 24
    events: float = 12
    endpoints: float = 1
    event_days: float = 30
    state_days: float = 0

    def a_second(self, a_day: float) -> float:
        """How many a second in the busiest hour, of what each home does so often a day."""
        return self.homes * a_day * ASSUMED["peak"].value / _DAY_SECONDS


class Need(NamedTuple):
    """Something that the homes need."""

    name: str
    value: float
    unit: str


def needs(homes: Homes, figures: dict[str, Figure] = MEASURED) -> list[Need]:
    """Calculate what homes need in the busiest hour, and in a year."""
    rate = _rates(homes)
    server, database = sum(_server(rate, figures)), sum(_database(rate, figures))
    worker = rate.deliveries / figures["webhooks"].value
    kept, added = _disk(homes, figures)
    log = _log(homes, figures)
    processes = math.ceil(2 * server) + math.ceil(2 * worker)
    return [
        Need("device states", rate.states, "/s"),
        Need("readings", rate.readings, "/s"),
        Need("reads of lists and prices", rate.lists + rate.prices, "/s"),
        Need("plans", rate.plans, "/s"),
        Need("webhooks", rate.deliveries, "/s"),
        Need("cores of servers", server, ""),
        Need("cores of workers", worker, ""),
        Need("cores of the primary, at least", database, ""),
        Need("cores of the primary, at most", sum(_server(rate, figures)[:-1]) + worker, ""),
        Need("disk, what stays the same", kept, "GiB"),
        Need("disk, readings and states", added, "GiB/year"),
        Need("log of the database (WAL), mean", log / _DAY_SECONDS / 2**20, "MiB/s"),
        Need("log of the database (WAL)", log / _GIB, "GiB/day"),
        Need("connections, at twice the cores", processes * ASSUMED["pooled"].value, ""),
    ]


class _Rates(NamedTuple):
    states: float
    readings: float
    days: float
    lists: float
    prices: float
    plans: float
    events: float
    deliveries: float


def _rates(homes: Homes) -> _Rates:
    alone = homes.readings_alone
    return _Rates(
        states=homes.a_second(homes.devices * homes.states),
        readings=homes.a_second(homes.meters * homes.readings),
        days=homes.a_second(homes.meters) if alone else 0.0,
        lists=homes.a_second(homes.lists),
        prices=homes.a_second(homes.prices),
        plans=homes.a_second(homes.plans),
        events=homes.a_second(homes.events),
        deliveries=homes.a_second(homes.events * homes.endpoints),
    )


def _server(rate: _Rates, figures: dict[str, Figure]) -> list[float]:
    """Cores of servers. A day of readings that comes alone costs a call, like a state."""
    readings = rate.days / figures["states"].value if rate.days else 0.0
    return [
        rate.states / figures["states"].value,
        readings or rate.readings / figures["batched_readings"].value,
        rate.lists / figures["lists"].value,
        rate.prices * figures["price_ms"].value / 1000,
        rate.plans * figures["plan_ms"].value / 1000,
    ]


def _database(rate: _Rates, figures: dict[str, Figure]) -> list[float]:
    """Cores of the primary: of the same rows written by hand, and half of a list's time."""
    reads = rate.lists / figures["lists"].value + rate.prices * figures["price_ms"].value / 1000
    return [
        rate.states / figures["bare_states"].value,
        rate.readings * figures["copy_share"].value / figures["batched_readings"].value,
        reads * ASSUMED["read_share"].value,
        rate.deliveries / figures["claims"].value,
        rate.events / figures["bare_states"].value,
    ]


def _disk(homes: Homes, figures: dict[str, Figure]) -> tuple[float, float]:
    """GiB of what is kept for a time, and GiB that each year adds."""
    places = figures["site_bytes"].value
    events = homes.events * homes.event_days * figures["event_bytes"].value
    readings = homes.meters * homes.readings * figures["reading_bytes"].value
    states = homes.devices * homes.states * figures["state_bytes"].value
    kept = places + events
    if homes.state_days:
        kept += homes.state_days * states * ASSUMED["deleted_room"].value
    added = _YEAR_DAYS * (readings if homes.state_days else readings + states)
    return homes.homes * kept / _GIB, homes.homes * added / _GIB


def _log(homes: Homes, figures: dict[str, Figure]) -> float:
    """Bytes of log a day, with images of whole pages."""
    readings = (
        homes.meters * figures["day_log"].value
        if homes.readings_alone
        else homes.meters * homes.readings * figures["reading_log"].value
    )
    states = homes.devices * homes.states * figures["state_log"].value
    events = homes.events / 2 * figures["event_log"].value
    return homes.homes * (states + readings + events) * ASSUMED["page_images"].value


def table(columns: Sequence[Homes]) -> str:
    """Write what numbers of homes need as a table of Markdown."""
    found = [needs(homes) for homes in columns]
    heads = " | ".join(f"{homes.homes:,} homes" for homes in columns)
    lines = [f"| | {heads} |", "|---|" + "---|" * len(columns)]
    for row in zip(*found, strict=True):
        cells = " | ".join(f"{_shown(need.value)} {need.unit}".rstrip() for need in row)
        lines.append(f"| {row[0].name} | {cells} |")
    return "\n".join(lines)


def _shown(value: float) -> str:
    """Write a number: whole from 10 on, else with the two figures that count."""
    if value >= 10 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.{max(1, 1 - math.floor(math.log10(value)))}f}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.model", description=__doc__)
    given = Homes(1_000_000)
    for one in fields(Homes):
        name, value = f"--{one.name.replace('_', '-')}", getattr(given, one.name)
        if isinstance(value, bool):
            parser.add_argument(name, action="store_true")
        else:
            parser.add_argument(name, type=type(value), default=value)
    homes = replace(given, **vars(parser.parse_args()))
    print(table([homes]))
    for name, found in {**MEASURED, **ASSUMED}.items():
        print(f"  {name:18} {found.value:>12,g}  {found.unit}  [{found.source}]")


if __name__ == "__main__":
    main()
