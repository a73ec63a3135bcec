"""Tariff bodies of up to 1 MiB, made to be slow to read and to judge."""

import json
import os
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from benchmarks.support.ground import SERVER_CORE, Ground, fastest, pin, verdict
from wattyard.kernel.refusals import Malformed, StateForbids
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.wire.rules import tariff_from_json

_REGION = CalendarRegion("Europe/Berlin", "DE", "BE")
_BODY_BYTES = 2**20
_BUDGET_MS = 500
_ROUNDS = 5
_RULES = {
    "direction": "IMPORT",
    "type": "COMMODITY",
    "contract_start_date": "2024-01-01",
    "contract_end_date": "9999-12-31",
}
Hours = list[dict[str, Any]]
Schedule = list[dict[str, Any]]


def run(ground: Ground) -> None:
    """Read and judge each body, faults included, as `POST /tariffs` does before it stores."""
    pin(os.getpid(), SERVER_CORE)
    for name, schedule in _SCHEDULES.items():
        text = json.dumps(_RULES | {"schedule": schedule()}, separators=(",", ":"))
        assert len(text) <= _BODY_BYTES, name
        body = json.loads(text)
        spent_ms, faults = fastest(lambda body=body: _judged(body), _ROUNDS)
        print(f"   {name}: {len(text) / 2**20:.2f} MiB, {faults} faults")
        verdict(name, spent_ms, f"<= {_BUDGET_MS} ms", met=spent_ms <= _BUDGET_MS)


def _judged(body: dict[str, Any]) -> int:
    try:
        tariff_from_json(body, _REGION)
    except (Malformed, StateForbids) as refusal:
        return len(refusal.faults)
    return 0


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def _hours(rates: Sequence[dict[str, Any]], minutes: int) -> Hours:
    """Windows of so many minutes, one a rate, from midnight on; the last ends at midnight."""
    starts = [_clock(n * minutes) for n in range(len(rates))]
    return [
        {"valid_from": start, "valid_to": end, "rate": [rate]}
        for start, end, rate in zip(starts, [*starts[1:], "00:00"], rates, strict=True)
    ]


def _entry(hours: Hours, **more: object) -> dict[str, Any]:
    return {"days_and_hours": [{"days": ["All"], "hours": hours}], **more}


def _formulas(text: Callable[[int], str], count: int, **variables: str) -> Schedule:
    """Windows with a formula of their own each, 1,440 a day."""
    more = {"variables": variables} if variables else {}
    rates = [{"value": text(n), **more} for n in range(count)]
    days = [rates[n : n + 1440] for n in range(0, count, 1440)]
    special = [_entry(_hours(own, 1), dates=[n]) for n, own in enumerate(days, 1)]
    return [*_hours_of_all_days(), *special]


def _hours_of_all_days() -> Schedule:
    return [_entry(_hours([{"value": 0.1}], 1440))]


def _days_of_their_own() -> Schedule:
    first = date(2024, 1, 1)
    day = _hours([{"value": 0.1}, {"value": 0.2}], 720)
    own = [_entry(day, dates=[f"{first + timedelta(n)}"]) for n in range(1999)]
    return [_entry(day), *own]


def _windows_of_many_days() -> Schedule:
    """Entries for some days of the month each, that meet in other combinations every day."""
    windows = _hours([{"value": 0.1}] * 5, 180)
    days = [[n * k % 31 + 1 for k in (3, 5, 7, 11)] for n in range(1, 1999)]
    return [_entry(windows), *[_entry(windows, dates=own) for own in days]]


def _windows_of_one_day() -> Schedule:
    windows = _hours([{"value": 1}], 1440) * 11
    return [*_hours_of_all_days(), *[_entry(windows, dates=["2025-01-01"])] * 1300]


_SCHEDULES: dict[str, Callable[[], Schedule]] = {
    "formulas of 200 nodes, constants": lambda: _formulas(lambda n: f"{n}" + "+1" * 99, 3500),
    "formulas of 199 nodes, a market": lambda: _formulas(
        lambda n: f"$m+{n}" + "+$m" * 98, 2400, m="EPEX"
    ),
    "formulas with a fault at their end": lambda: _formulas(
        lambda n: f"{n}" + "+1" * 99 + "+", 3500
    ),
    "short formulas": lambda: _formulas(lambda n: f"{n}+1", 13_000),
    "1,999 days of their own": _days_of_their_own,
    "1,998 entries that overlap": _windows_of_many_days,
    "14,300 windows of one day": _windows_of_one_day,
}
