"""Plans of every kind as the screen Plan reads them: by state of charge, by amount, of a site."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import HOUR_US, microseconds
from wattyard.web.charts.plans import ChargeTarget, PlanLane
from wattyard.web.charts.series import StepSeries, steps_of

Document = Mapping[str, Any]
Reading = Callable[[Document], float]

_WATTS: Final = 1_000.0
SOLAR: Final = "PV_SYSTEM"
PLANNED_TYPES: Final = ("BATTERY_SYSTEM", "ELECTRIC_VEHICLE", "EV_CHARGER")
"""Types of devices whose state of charge is planned."""


@dataclass(frozen=True, slots=True)
class DeviceShown:
    """What a plan says of one device; slots are as the API answers them, rests left out."""

    device_id: str
    status: str
    slots: Sequence[Document]
    missing: Sequence[Document]


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A plan: its currency and zone, devices, money, and what it rests on.

    `cost` and `confidence` are of the whole plan; `parts` name what the cost is made of.
    """

    document: Document
    start_time: str
    end_time: str
    devices: Sequence[DeviceShown]
    cost: float
    confidence: float
    parts: Sequence[tuple[str, float]] = field(default_factory=tuple)

    @property
    def span_us(self) -> tuple[int, int]:
        """Its start and end."""
        return _at(self.start_time), _at(self.end_time)


def plan_of(document: Document) -> PlanShown:
    """Read the answer of any plan call, or of `GET /devices/{id}/plan`."""
    match document["object"]:
        case "schedule_soc":
            return _by_charge(document)
        case "schedule_amount":
            return _by_amount(document)
        case _:
            return _of_site(document)


def lanes_of(
    plan: PlanShown,
    names: Mapping[str, str],
    types: Mapping[str, str],
    prices: StepSeries | None,
    asked: Mapping[str, "Wishes"],
) -> list[PlanLane]:
    """Draw a plan's lanes: price, what each device does, and its state of charge."""
    lanes = []
    if prices is not None:
        unit = f"{plan.document['currency_code']} per kWh"
        lanes.append(PlanLane("Price", unit, prices, "price"))
    for one in plan.devices:
        name = names.get(one.device_id, one.device_id)
        solar = types.get(one.device_id) == SOLAR
        power = _power(one, plan.span_us)
        lanes.append(PlanLane(name, "kW", power, "power", solar=solar))
        wishes = asked.get(one.device_id, NO_WISHES)
        charge = _charge(one, plan.span_us, wishes)
        if charge is not None:
            start = wishes.percent if wishes.percent is not None else charge.values[0]
            lanes.append(
                PlanLane(
                    f"{name}: state of charge",
                    "%",
                    charge,
                    "charge",
                    float(start) if np.isfinite(start) else None,
                    wishes.targets,
                    wishes.reserve_percent,
                )
            )
    return lanes


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked of a device: its charge at the start, targets, and the reserve."""

    percent: float | None = None
    targets: Sequence[ChargeTarget] = field(default_factory=tuple)
    reserve_percent: float | None = None


NO_WISHES: Final = Wishes()


def site_prices(document: Document) -> StepSeries | None:
    """Read the prices that a site plan was made with."""
    return steps_of(document.get("site") or (), lambda one: one["price_import"])


def quoted_prices(document: Document) -> StepSeries | None:
    """Read the answer of `GET /prices`."""
    return steps_of(
        document["data"],
        lambda one: one["price"]["value"],
        confidence=lambda one: float(one["price"]["confidence"]),
        ends=("valid_from", "valid_to"),
    )


@dataclass(frozen=True, slots=True)
class DeviceRun:
    """Slots of a device that touch, go the same way and have one reason; positive takes."""

    device_id: str
    slots: Sequence[Document]

    @property
    def start_time(self) -> str:
        """When it begins."""
        return str(self.slots[0]["start_time"])

    @property
    def end_time(self) -> str:
        """When it ends."""
        return str(self.slots[-1]["end_time"])

    @property
    def kwh(self) -> float:
        """The energy that it moves."""
        return sum(
            _signed_kw(slot) * (_at(slot["end_time"]) - _at(slot["start_time"])) / HOUR_US
            for slot in self.slots
        )

    @property
    def percent_after(self) -> float | None:
        """The state of charge at its end, where there is one."""
        found: float | None = self.slots[-1].get("state_of_charge_percent")
        return found


def runs_of(plan: PlanShown) -> list[DeviceRun]:
    """List the runs of all devices, in the order in which they begin."""
    found: list[DeviceRun] = []
    for device in plan.devices:
        slots: list[Document] = []
        for slot in device.slots:
            if slots and not _goes_on(slots[-1], slot):
                found.append(DeviceRun(device.device_id, slots))
                slots = []
            slots.append(slot)
        if slots:
            found.append(DeviceRun(device.device_id, slots))
    return sorted(found, key=lambda run: _at(run.start_time))


def _goes_on(before: Document, slot: Document) -> bool:
    same = all(before.get(name) == slot.get(name) for name in ("direction", "why"))
    return same and _at(before["end_time"]) == _at(slot["start_time"])


def _by_charge(document: Document) -> PlanShown:
    (own,) = document["data"]
    missing = []
    if document["status"] == "PARTIAL":
        missing = [{**document["shortfall"], "reason": document["reason"], "target": "end"}]
    device = DeviceShown(document["device_id"], document["status"], own["schedule"], missing)
    cost = own["cost"]
    return PlanShown(
        document, own["start_time"], own["end_time"], [device], cost["value"], cost["confidence"]
    )


def _by_amount(document: Document) -> PlanShown:
    devices = [
        DeviceShown(
            one["device_id"],
            one["status"],
            [{"direction": one["tariff_direction"], **slot} for slot in one["schedule"]],
            [{**one["shortfall"], "reason": one["reason"], "target": "energy"}]
            if one["status"] == "PARTIAL"
            else [],
        )
        for one in document["data"]
    ]
    return PlanShown(
        document,
        min((one["start_time"] for one in document["data"]), key=_at),
        max((one["end_time"] for one in document["data"]), key=_at),
        devices,
        document["cost"]["value"],
        document["cost"]["confidence"],
    )


def _of_site(document: Document) -> PlanShown:
    cost = document["cost"]
    signs = {"energy": 1, "export": -1, "demand": 1, "wear": 1, "preferences": 1, "stored": -1}
    return PlanShown(
        document,
        document["site"][0]["start_time"],
        document["site"][-1]["end_time"],
        [
            DeviceShown(one["device_id"], one["status"], one["slots"], one["shortfalls"])
            for one in document["devices"]
        ],
        cost["total"],
        cost["confidence"],
        [(name, sign * cost[name]) for name, sign in signs.items() if cost[name]],
    )


def _power(device: DeviceShown, span_us: tuple[int, int]) -> StepSeries:
    """Lay slots over a span, kW, positive takes; nothing is used between them."""
    return _laid(device.slots, span_us, _signed_kw, 0.0)


def _signed_kw(slot: Document) -> float:
    sign = 1.0 if slot["direction"] == "IMPORT" else -1.0
    return sign * float(slot["power"]["value"]) / _WATTS


def _charge(device: DeviceShown, span_us: tuple[int, int], wishes: Wishes) -> StepSeries | None:
    """Lay the state of charge at the ends of slots over a span; it stays as it is in rests."""
    slots = [one for one in device.slots if one.get("state_of_charge_percent") is not None]
    if not slots:
        if wishes.percent is None:
            return None
        return StepSeries(np.array(span_us, np.int64), np.array([wishes.percent]))
    held = _laid(slots, span_us, lambda one: float(one["state_of_charge_percent"]), np.nan)
    values = held.values.copy()
    before = np.nan if wishes.percent is None else wishes.percent
    for n, value in enumerate(values.tolist()):
        values[n] = before = before if np.isnan(value) else value
    return StepSeries(held.edges_us, values)


def _laid(
    slots: Iterable[Document], span_us: tuple[int, int], value: Reading, rest: float
) -> StepSeries:
    edges, values = [span_us[0]], []
    for start, end, own in _pieces(slots, span_us, value):
        if start > edges[-1]:
            edges.append(start)
            values.append(rest)
        edges.append(end)
        values.append(own)
    if edges[-1] < span_us[1]:
        edges.append(span_us[1])
        values.append(rest)
    return StepSeries(np.array(edges, np.int64), np.array(values, np.float64))


def _pieces(
    slots: Iterable[Document], span_us: tuple[int, int], value: Reading
) -> Iterator[tuple[int, int, float]]:
    at = span_us[0]
    for slot in slots:
        start, end = max(_at(slot["start_time"]), at), min(_at(slot["end_time"]), span_us[1])
        if start < end:
            yield start, end, value(slot)
            at = end


def _at(text: str) -> int:
    return microseconds(datetime.fromisoformat(text))
