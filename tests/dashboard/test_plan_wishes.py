"""What is asked of the stores of a plan, as its drawing shows it."""

from typing import Any

import pytest

from wattyard.web.dashboard.screens.plan_documents import plan_of
from wattyard.web.dashboard.screens.plan_wishes import percent_before, wishes_of


def slot(hour: int, watts: float, percent: float, direction: str = "IMPORT") -> Any:
    return {
        "start_time": f"2026-03-01T{hour:02}:00:00Z",
        "end_time": f"2026-03-01T{hour + 1:02}:00:00Z",
        "direction": direction,
        "power": {"units": "W", "value": watts},
        "state_of_charge_percent": percent,
    }


def charged(*slots: Any) -> Any:
    own = {"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-02T00:00:00Z"}
    cost = {"value": 1.0, "confidence": 1.0}
    return {
        "object": "schedule_soc",
        "device_id": "dev_1",
        "status": "COMPLETE",
        "data": [{**own, "schedule": list(slots), "cost": cost}],
        "assumptions": {"efficiency": 0.81},
    }


@pytest.mark.parametrize(
    ("slots", "before"),
    [
        ((), None),
        ((slot(1, 1000, 30),), None),
        ((slot(1, 1000, 30), slot(3, 2000, 50)), 20.0),
        ((slot(1, 1000, 30, "EXPORT"), slot(3, 2000, 10, "EXPORT")), 40.0),
        ((slot(1, 1000, 30), slot(3, 1000, 18, "EXPORT")), 30 - 12 * 0.81),
        ((slot(1, 1000, 5), slot(3, 1000, 25)), 0.0),
    ],
)
def test_the_charge_before_the_first_slot_follows_from_others(
    slots: tuple[Any, ...], before: float | None
) -> None:
    assert percent_before(slots, 0.81) == (None if before is None else pytest.approx(before))


def test_targets_stand_at_their_times_and_a_battery_is_to_end_as_it_began() -> None:
    plan = plan_of(charged(slot(1, 1000, 30), slot(3, 2000, 50)))
    request = {"target_state_of_charge_percent": 45, "ready_by": "2026-03-01T06:00:00Z"}

    battery = wishes_of(plan, request, {}, {"dev_1": "BATTERY_SYSTEM"})["dev_1"]
    car = wishes_of(plan, {}, {}, {"dev_1": "ELECTRIC_VEHICLE"})["dev_1"]

    start_us, end_us = plan.span_us
    at = [(one.at_us, one.percent) for one in battery.targets]
    assert at == [(start_us + 6 * 3_600_000_000, 45.0), (end_us, 20.0)]
    assert battery.percent == pytest.approx(20.0)
    assert [(one.at_us, one.percent) for one in car.targets] == [(end_us, 100.0)]
