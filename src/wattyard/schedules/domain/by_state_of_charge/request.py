"""Plans by state of charge as they are asked for and answered (contract 4)."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from wattyard.kernel.values import dataclass, field
from wattyard.schedules.domain.by_state_of_charge.question import (
    ChargePlan,
    ChargeSlot,
    Objective,
    Storage,
)
from wattyard.schedules.domain.forecasts.surroundings import Surroundings
from wattyard.schedules.domain.power import TOLERANCE_WH
from wattyard.schedules.domain.refusals import ReadyByInvalid
from wattyard.sites.domain.sites import Site

LONGEST: Final = timedelta(hours=72)
LEAST: Final = timedelta(hours=24)
"""How far a plan goes at least where the client does not say, confirmed prices or not."""


@dataclass(frozen=True, slots=True)
class StateRequest:
    """What the request says of the device's state; percentages 0..100, energy in kWh."""

    state_of_charge_percent: float | None = None
    target_percent: float | None = None
    reserve_percent: float | None = None
    energy_kwh: float | None = None


@dataclass(frozen=True, slots=True)
class Goals:
    """What a plan is to reach: `ready_by` for the target, `end_percent` at its end."""

    ready_by: datetime | None = None
    end_percent: float | None = None
    objective: Objective = "COST"
    export_allowed: bool | None = None
    efficiency: float | None = None


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """When does a device charge and discharge from `start` on, for `horizon` or as far as known?

    Raises:
        ReadyByInvalid: when the goal's time is not within what is planned.
    """

    device_id: UUID
    start: datetime
    site_id: UUID | None = None
    horizon: timedelta | None = None
    state: StateRequest = field(default_factory=StateRequest)
    goals: Goals = field(default_factory=Goals)
    held: tuple[ChargeSlot, ...] | None = None
    keep_unless_saves: float = 0.0
    explain: bool = False

    def __post_init__(self) -> None:
        ready_by, latest = self.goals.ready_by, self.start + (self.horizon or LONGEST)
        if ready_by is not None and not self.start < ready_by <= latest:
            raise ReadyByInvalid(
                f"ready_by must be after {self.start.isoformat()} and at most "
                f"{latest.isoformat()}, where the plan ends; got {ready_by.isoformat()}",
                param="ready_by",
            )


@dataclass(frozen=True, slots=True, eq=False)
class ChargeAnswer:
    """The plan of a device at a site, and all that it rests on.

    `prices_until`: where the plan ends because no price is known further.
    """

    site: Site
    device_id: UUID
    start: datetime
    end: datetime
    storage: Storage
    plan: ChargePlan
    surroundings: Surroundings
    objective: Objective
    next_update: datetime | None
    prices_until: datetime | None = None

    @property
    def savings(self) -> float | None:
        """What the plan saves; None where nobody planning would reach less than it."""
        (own,), baseline = self.plan.storages, self.plan.baseline
        if baseline.unmet_wh > own.shortfall_wh + TOLERANCE_WH:
            return None
        return baseline.cost - own.cost
