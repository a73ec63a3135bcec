"""Slots of constant power, the words plans answer with, and energy counted over steps."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import HOUR_US
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.prices import Instants

Direction = Literal["IMPORT", "EXPORT"]
Why = Literal["cheapest", "deadline", "site_limit", "reserve", "price_limit", "export", "solar"]
"""Why a slot is where it is."""
Reason = Literal["window_too_short", "device_power", "site_power", "price_limit", "reserve"]
"""What keeps a goal from being reached."""
Status = Literal["COMPLETE", "PARTIAL"]

WATTS_PER_KW: Final = 1000.0
WH_PER_KWH: Final = 1000.0
"""W in a kW, Wh in a kWh."""
TOLERANCE_W: Final = 1.0
"""No plan breaks a limit by more; powers that differ by less are the same."""
TOLERANCE_WH: Final = 1.0
_SAME_POWER_W: Final = 1e-3


@dataclass(frozen=True, slots=True)
class PowerSlot:
    """Constant power in W ≥ 0 from `start_us` to `end_us` (microseconds since 1970 UTC)."""

    start_us: int
    end_us: int
    power_w: float
    why: Why | None = None

    @property
    def energy_wh(self) -> float:
        return self.power_w * (self.end_us - self.start_us) / HOUR_US


def joined(slots: Sequence[PowerSlot]) -> tuple[PowerSlot, ...]:
    """Join slots, given in order of time, that touch with the same power and reason."""
    result: list[PowerSlot] = []
    for slot in slots:
        last = result[-1] if result else None
        if (
            last is not None
            and last.end_us == slot.start_us
            and abs(last.power_w - slot.power_w) < _SAME_POWER_W
            and last.why == slot.why
        ):
            result[-1] = replace(last, end_us=slot.end_us)
        else:
            result.append(slot)
    return tuple(result)


def energy_within(slots: Sequence[PowerSlot], edges_us: Instants) -> Numbers:
    """Find the Wh (n) that slots move within each of n steps."""
    if not slots:
        return np.zeros(edges_us.size - 1)
    starts = np.array([slot.start_us for slot in slots])[:, None]
    ends = np.array([slot.end_us for slot in slots])[:, None]
    power_w = np.array([slot.power_w for slot in slots])
    shared = np.minimum(ends, edges_us[1:]) - np.maximum(starts, edges_us[:-1])
    return np.asarray(power_w @ np.maximum(shared, 0) / HOUR_US, dtype=np.float64)
