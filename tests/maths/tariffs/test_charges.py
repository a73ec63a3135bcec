"""Which windows a demand charge counts."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.support.tariff_bodies import body, flat
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.demand import DemandCharge, counted
from wattyard.tariffs.wire.rules import tariff_from_json

BERLIN = CalendarRegion("Europe/Berlin", "DE", "BE")
QUARTER_US = 900_000_000


def charge(schedule: list[dict[str, Any]] | None) -> DemandCharge:
    rules = {"kind": "DEMAND", "amount_per_kw": 5, "window_minutes": 15}
    if schedule is not None:
        rules["schedule"] = schedule
    (made,) = tariff_from_json(body(flat(0.2), charges=[rules]), BERLIN).charges
    assert isinstance(made, DemandCharge)
    return made


def quarters(start: datetime, end: datetime) -> np.ndarray:
    return np.arange(microseconds(start), microseconds(end), QUARTER_US)


def berlin(*when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo("Europe/Berlin"))


def block(days: str, *hours: tuple[str, str]) -> dict[str, Any]:
    return {"days": [days], "hours": [{"valid_from": a, "valid_to": b} for a, b in hours]}


PEAK = {"days_and_hours": [block("Weekdays", ("07:00", "09:00"), ("08:00", "20:00"))]}


def test_without_a_filter_every_window_counts() -> None:
    starts = quarters(berlin(2025, 1, 6), berlin(2025, 1, 7))

    assert counted(charge(None).filter, BERLIN, starts).all()


def test_windows_count_by_the_wall_clock_at_their_start_and_overlaps_do_no_harm() -> None:
    starts = quarters(berlin(2025, 3, 28), berlin(2025, 4, 1))

    marks = counted(charge([PEAK]).filter, BERLIN, starts)

    days = {instant(at).astimezone(BERLIN.zone).date().isoformat() for at in starts[marks]}
    clocks = [instant(at).astimezone(BERLIN.zone).time().hour for at in starts[marks]]
    assert days == {"2025-03-28", "2025-03-31"}
    assert (min(clocks), max(clocks), marks.sum()) == (7, 19, 2 * 13 * 4)


@pytest.mark.parametrize(("day", "counts"), [((2025, 5, 1), False), ((2025, 5, 2), True)])
def test_a_dated_entry_without_hours_takes_holidays_out(
    day: tuple[int, int, int], counts: bool
) -> None:
    filter_ = charge([PEAK, {"dates": ["Holidays"], "days_and_hours": [block("All")]}]).filter

    assert counted(filter_, BERLIN, quarters(berlin(*day), berlin(*day, 23))).any() == counts
