"""What a solver found for the devices of one direction, before it becomes plans."""

from wattyard.kernel.arrays import Numbers
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.by_amount.shared_steps import SharedSteps
from wattyard.schedules.domain.power import PowerSlot


@dataclass(frozen=True, slots=True, eq=False)
class StepPlan:
    """Energy (d, s) in Wh on steps, and the slots of each device in order of time.

    `gap` 0..1 is how far the cost may be from the least. `buys`: whether it is of devices that
    import, so that demand charges may rise.
    """

    steps: SharedSteps
    energy_wh: Numbers
    slots: list[list[PowerSlot]]
    gap: float = 0.0
    buys: bool = False
