"""The body of a plan for a whole site, read with all its faults (contract 4b, Request)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from wattyard.kernel import ids
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.ids import shown
from wattyard.kernel.instants import requested_span
from wattyard.schedules.domain.power import WATTS_PER_KW
from wattyard.schedules.domain.site.question import HeldSlot, Weights
from wattyard.schedules.domain.site.request import (
    LONGEST,
    CircuitWish,
    DeviceWish,
    LimitWish,
    SeriesPiece,
    SiteRequest,
)
from wattyard.schedules.wire.device_wishes import device_wish
from wattyard.schedules.wire.faults import Faults
from wattyard.schedules.wire.site_wishes import (
    CircuitBody,
    HeldDeviceBody,
    LimitOverTimeBody,
    PowerPieceBody,
    SitePlanBody,
)


def site_request(body: SitePlanBody, now: datetime) -> SiteRequest:
    """Read what is asked.

    Raises:
        Malformed: with every fault: `<param>_invalid`, `<param>_missing`.
    """
    faults = Faults()
    start = body.start_time or now.replace(microsecond=0)
    wishes = [device_wish(one, f"devices[{n}]", faults) for n, one in enumerate(body.devices)]
    _check_once([one.device_id for one in body.devices], "devices[{}].device_id", faults)
    _check_once(body.device_ids or [], "device_ids[{}]", faults)
    horizon = None
    if body.schedule_horizon is not None:
        horizon = timedelta(seconds=max(1, round(body.schedule_horizon * 3600)))
    _check_times(body, wishes, (start, start + (horizon or LONGEST)), faults)
    request = SiteRequest(
        site_id=ids.read(body.location_id, "loc", "ste", param="location_id"),
        start=requested_span(start, start + LONGEST).start,
        horizon=horizon,
        step_minutes=body.step_minutes,
        device_ids=None
        if body.device_ids is None
        else tuple(ids.read(one, "dev", param="device_ids") for one in body.device_ids),
        wishes={wish.device_id: wish for wish in wishes},
        limits=_limits(body.limits, faults),
        circuits=_circuits(body.circuits, faults),
        load=_pieces(body.forecasts.load, "forecasts.load", faults),
        solar=_pieces(body.forecasts.solar, "forecasts.solar", faults),
        weights=Weights(
            body.objective.cost,
            body.objective.carbon_per_kg,
            body.objective.sooner_per_kwh_hour,
            body.objective.self_use_per_kwh,
        ),
        previous=None if body.previous is None else _held(body.previous, faults),
        keep_unless_saves=body.keep_unless_saves,
        explain=body.explain,
    )
    faults.check()
    return request


def site_form(body: SitePlanBody) -> datetime | None:
    """Choose the offset in which the plan is answered; None for UTC."""
    return body.start_time


def _check_once(given: Sequence[str], place: str, faults: Faults) -> None:
    known: dict[str, int] = {}
    for n, one in enumerate(given):
        if known.setdefault(one, n) != n:
            first = place.format(known[one])
            faults.add(place.format(n), f"a device is named once; {first} names it already")


def _check_times(
    body: SitePlanBody,
    wishes: Sequence[DeviceWish],
    within: tuple[datetime, datetime],
    faults: Faults,
) -> None:
    """Check that targets are due inside what is planned."""
    start, latest = within
    start_us, latest_us = microseconds(start), microseconds(latest)
    for n, wish in enumerate(wishes):
        for number, target in enumerate(wish.storage.targets):
            if target.at_us is not None and not start_us < target.at_us <= latest_us:
                faults.add(
                    f"devices[{n}].targets[{number}].time",
                    f"time must be after {start.isoformat()} and at most {latest.isoformat()}, "
                    f"where the plan ends; got {instant(target.at_us).isoformat()}",
                )


def _limits(bodies: Sequence[LimitOverTimeBody], faults: Faults) -> tuple[LimitWish, ...]:
    found = []
    for n, one in enumerate(bodies):
        if one.import_kw is None and one.export_kw is None:
            faults.add(
                f"limits[{n}].import_kw", "a limit needs import_kw or export_kw", missing=True
            )
        time = faults.stretch(one, f"limits[{n}]")
        found.append(LimitWish(*time, one.import_kw, one.export_kw, one.reason))
    return tuple(found)


def _circuits(bodies: Sequence[CircuitBody], faults: Faults) -> tuple[CircuitWish, ...]:
    parents = {one.id: one.parent for one in bodies}
    numbers: dict[str, int] = {}
    wired: dict[str, str] = {}
    for n, one in enumerate(bodies):
        if numbers.setdefault(one.id, n) != n:
            faults.add(f"circuits[{n}].id", f"circuits[{numbers[one.id]}] has the same id")
        if one.parent is not None and one.parent not in parents:
            faults.add(
                f"circuits[{n}].parent", f"there is no circuit with the id {shown(one.parent)}"
            )
        elif _loops(one.id, parents):
            faults.add(
                f"circuits[{n}].parent",
                f"circuit {shown(one.id)} is behind itself; fuses make a tree, not a loop",
            )
        for number, device in enumerate(one.devices):
            place = f"circuits[{n}].devices[{number}]"
            if wired.setdefault(device, place) != place:
                faults.add(place, f"a device is on one circuit; {wired[device]} names it already")
    return tuple(
        CircuitWish(
            one.id,
            one.max_kw,
            tuple(
                ids.read(device, "dev", param=f"circuits[{n}].devices") for device in one.devices
            ),
            one.parent,
        )
        for n, one in enumerate(bodies)
    )


def _loops(start: str, parents: dict[str, str | None]) -> bool:
    """Check whether a circuit is behind itself."""
    at = parents.get(start)
    for _ in parents:
        if at is None or at == start:
            break
        at = parents.get(at)
    return at == start


def _pieces(bodies: Sequence[PowerPieceBody], path: str, faults: Faults) -> tuple[SeriesPiece, ...]:
    times = faults.apart(bodies, path)
    return tuple(
        sorted(SeriesPiece(*time, one.kw) for time, one in zip(times, bodies, strict=True))
    )


def _held(bodies: Sequence[HeldDeviceBody], faults: Faults) -> dict[UUID, tuple[HeldSlot, ...]]:
    _check_once([one.device_id for one in bodies], "previous[{}].device_id", faults)
    found = {}
    for n, one in enumerate(bodies):
        device_id = ids.read(one.device_id, "dev", param=f"previous[{n}].device_id")
        times = faults.apart(one.slots, f"previous[{n}].slots")
        found[device_id] = tuple(
            HeldSlot(
                *time,
                slot.power.value
                * (WATTS_PER_KW if slot.power.units == "KW" else 1.0)
                * (1.0 if slot.direction == "IMPORT" else -1.0),
            )
            for time, slot in zip(times, one.slots, strict=True)
        )
    return found
