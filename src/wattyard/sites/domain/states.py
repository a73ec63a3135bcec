"""Device states: what a device reported at a moment (contract 1, Device state)."""

from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from wattyard.kernel.refusals import Malformed, Missing
from wattyard.kernel.values import dataclass

MAY_BE_AHEAD: Final = timedelta(minutes=5)
SUMMARY_MAY_TRAIL: Final = timedelta(seconds=60)
"""How far the `last_seen` in a site's summary may trail the newest state."""

FlowDirection = Literal["IMPORT", "EXPORT"]


class DeviceStateNotFound(Missing):
    """The device has not reported a state yet."""

    code = "device_state_not_found"


class TimeInvalid(Malformed):
    """`time` is more than five minutes in the future."""

    code = "time_invalid"


@dataclass(frozen=True, slots=True)
class StateReport:
    """What a device reports: percentages 0..100, power in kW (+ charging), energy in kWh."""

    time: datetime
    state_of_charge_percent: float
    location_id: UUID | None = None
    target_state_of_charge_percent: float | None = None
    battery_power_kw: float | None = None
    energy_flow_direction: FlowDirection | None = None
    energy_remaining_kwh: float | None = None
    backup_reserve_percent: float | None = None
    record_reference_id: str | None = None

    def checked(self, now: datetime) -> "StateReport":
        """Check the time against the clock.

        Raises:
            TimeInvalid: when it is more than five minutes ahead.
        """
        if self.time > now + MAY_BE_AHEAD:
            raise TimeInvalid(
                f"time must be at most 5 minutes ahead of the server's {now.isoformat()}; "
                f"got {self.time.isoformat()}",
                param="time",
            )
        return self


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A stored report."""

    id: UUID
    device_id: UUID
    time_created: datetime
    report: StateReport


@dataclass(frozen=True, slots=True)
class Sighting:
    """When a device was last seen, when its summaries last showed that, and where it is."""

    last_seen: datetime | None
    last_shown: datetime | None
    locations: tuple[UUID, ...]

    def must_show(self, time: datetime) -> bool:
        """Whether a state of `time` must be shown in the summaries of the device's sites."""
        if self.last_seen is not None and time <= self.last_seen:
            return False
        return self.last_shown is None or time - self.last_shown >= SUMMARY_MAY_TRAIL
