"""Plans by amount as they are asked for and answered, and how several plans become one (contract
4)."""

from collections.abc import Sequence
from datetime import datetime
from itertools import combinations
from typing import Final
from uuid import UUID

from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import HOUR_US
from wattyard.kernel.values import dataclass, field
from wattyard.schedules.domain.by_amount.question import AmountPlan, PlanValue, Shaving
from wattyard.schedules.domain.power import Direction, PowerSlot, joined
from wattyard.schedules.domain.refusals import DeviceTwice, EndTimeInvalid, MinPowerInvalid
from wattyard.sites.domain.sites import Site

LONGEST_US: Final = 7 * 24 * HOUR_US
DEVICES_AT_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class DeviceAmountRequest:
    """What one device has to move from `start_us` to `end_us`; energy in Wh, power in W, all ≥ 0.

    `max_power_w` None stands for the device's rating, `min_power_w` None for its least power.
    `held` is the plan that the client holds.
    """

    device_id: UUID
    direction: Direction
    start_us: int
    end_us: int
    energy_wh: float
    max_power_w: float | None = None
    min_power_w: float | None = None
    held: tuple[PowerSlot, ...] | None = None

    def clashes(self, other: "DeviceAmountRequest") -> bool:
        """Check whether both want the same device at the same time."""
        overlap = self.start_us < other.end_us and other.start_us < self.end_us
        return overlap and self.device_id == other.device_id


@dataclass(frozen=True, slots=True)
class AmountRequest:
    """What the devices of a site have to move; `max_power_w` None stands for its grid limits.

    Raises:
        EndTimeInvalid: when a window ends more than 7 days after the first one starts.
        DeviceTwice: when windows of one device overlap.
        MinPowerInvalid: when a least power is above the largest.
    """

    site_id: UUID
    devices: tuple[DeviceAmountRequest, ...]
    max_power_w: float | None = None
    shaving: Shaving = field(default_factory=Shaving)
    keep_unless_saves: float = 0.0
    explain: bool = False

    def __post_init__(self) -> None:
        first_us = min(device.start_us for device in self.devices)
        for number, device in enumerate(self.devices):
            if device.end_us - first_us > LONGEST_US:
                raise EndTimeInvalid(
                    "end_time must be at most 7 days after the earliest start_time",
                    param=f"data[{number}].end_time",
                )
            least_w, most_w = device.min_power_w, device.max_power_w
            if least_w is not None and most_w is not None and least_w > most_w:
                raise MinPowerInvalid(
                    f"min_power must be at most max_power, {most_w:g} W; got {least_w:g} W",
                    param=f"data[{number}].min_power",
                )
        for (_, one), (number, two) in combinations(enumerate(self.devices), 2):
            if one.clashes(two):
                raise DeviceTwice(
                    "the device is named before with a window that overlaps this one",
                    param=f"data[{number}].device_id",
                )


@dataclass(frozen=True, slots=True)
class AmountAnswer:
    """The plan at a site, and when its prices will be known anew (UTC, or None).

    `prices_until`: where windows end for the plan because no price is known further.
    """

    site: Site
    request: AmountRequest
    plan: AmountPlan
    next_update: datetime | None
    prices_until: datetime | None = None


def together(plans: Sequence[tuple[Sequence[int], AmountPlan]]) -> AmountPlan:
    """Make one plan of several, each given with the positions of its devices in the whole."""
    own = {
        number: device
        for numbers, plan in plans
        for number, device in zip(numbers, plan.devices, strict=True)
    }
    energy = np.array([plan.energy_wh for _, plan in plans])
    confidence = np.array([plan.value.confidence for _, plan in plans])
    cost = sum(plan.value.cost for _, plan in plans)
    savings = sum(plan.value.savings for _, plan in plans)
    base = abs(cost + savings)
    value = PlanValue(
        cost=cost,
        confidence=float(energy @ confidence / energy.sum()) if energy.sum() > 0.0 else 1.0,
        savings=savings,
        savings_percent=100.0 * savings / base if base > 0.0 else 0.0,
    )
    return AmountPlan(
        tuple(own[number] for number in sorted(own)),
        float(energy.sum()),
        value,
        max(plan.gap for _, plan in plans),
        all(plan.kept for _, plan in plans),
    )


def combined(slots: Sequence[tuple[float, Sequence[PowerSlot]]]) -> tuple[PowerSlot, ...]:
    """Add up plans, each given with its sign: slots of what they move together.

    Where plans of both signs meet, the power is what is left, of either sign.
    """
    signed = [(slot, sign * slot.power_w) for sign, own in slots for slot in own]
    if not signed:
        return ()
    edges_us = np.unique([at for slot, _ in signed for at in (slot.start_us, slot.end_us)])
    power_w = np.zeros(edges_us.size)
    for slot, own_w in signed:
        first, last = np.searchsorted(edges_us, [slot.start_us, slot.end_us])
        power_w[first:last] += own_w
    return joined(
        [
            PowerSlot(int(edges_us[n]), int(edges_us[n + 1]), float(power_w[n]))
            for n in np.flatnonzero(np.abs(power_w[:-1]) > 1e-9)
        ]
    )
