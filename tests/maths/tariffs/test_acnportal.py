"""Time-of-use rates of acnportal: the expected prices, and a schedule that must be refused."""

import json
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.engine import Interval, engine_prices
from wattyard.tariffs.domain.refusals import ScheduleRefused

ZONE = "America/Los_Angeles"
STEP = timedelta(minutes=5)


def prices(body: dict[str, Any], start: datetime, end: datetime) -> list[Interval]:
    return engine_prices(
        body,
        zone=ZONE,
        country="US",
        state="CA",
        start=start,
        end=end,
        market=[],
        market_unit="KWH",
        now=start,
        counter_kwh=0,
    )


def test_the_expected_prices_come_out(shared_data: Path) -> None:
    cases = json.loads((shared_data / "acnportal_tou.json").read_text())["cases"]
    for case in cases:
        path = shared_data / "acnportal" / f"{case['tariff']}.json"
        body = acnportal_body(json.loads(path.read_text()))
        if "error" in case:
            with pytest.raises(ScheduleRefused) as refused:
                prices(body, datetime(2019, 6, 1, tzinfo=UTC), datetime(2019, 6, 2, tzinfo=UTC))
            assert refused.value.first.code == "gap_in_time_period"
            continue
        expected = [float(price) for price in case.get("prices", [case.get("price")])]
        at = datetime.fromisoformat(case.get("start", case.get("at"))).replace(
            tzinfo=ZoneInfo(ZONE)
        )
        at = at.astimezone(UTC)
        series = prices(body, at, at + len(expected) * STEP)
        seen = [
            next(own.value for own in series if own.start <= at + n * STEP < own.end)
            for n in range(len(expected))
        ]
        assert seen == expected


def acnportal_body(schedule: dict[str, Any]) -> dict[str, Any]:
    """Write one of acnportal's schedules as a tariff: seasons by MM-DD, hours as fractions."""
    days = {"WEEKDAYS": "Weekdays", "WEEKENDS": "Weekends", "ALL": "All"}
    entries = []
    parts = _distinct(schedule["schedule"])
    for season, own in groupby(parts, key=lambda part: part["effective_start"]):
        blocks = list(own)
        first = int(season.split("-")[0])
        last = int(blocks[0]["effective_end"].split("-")[0])
        months = [(first - 1 + n) % 12 for n in range((last - first) % 12 + 1)]
        names = [
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][m]
            for m in months
        ]
        entries.append(
            {
                "months": names,
                "days_and_hours": [
                    {"days": [days[part["dow_mask"]]], "hours": _hours(part)} for part in blocks
                ],
            }
        )
    return {
        "direction": "IMPORT",
        "type": "COMMODITY",
        "contract_start_date": "2019-01-01",
        "contract_end_date": "2020-01-01",
        "schedule": entries,
    }


def _hours(part: dict[str, Any]) -> list[dict[str, Any]]:
    clock = [f"{int(time):02}:{int(time % 1 * 60):02}" for time in part["times"]]
    ends = [*clock[1:], "00:00"]
    return [
        {"valid_from": start, "valid_to": end, "rate": [{"value": price}]}
        for start, end, price in zip(clock, ends, part["tariffs"], strict=True)
    ]


def _distinct(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out later parts for days that an earlier part of the season has taken already.

    acnportal takes the first part that matches; its PG&E file names winter twice, for ALL.
    """
    kept: list[dict[str, Any]] = []
    for part in parts:
        same = [own for own in kept if own["effective_start"] == part["effective_start"]]
        if not any(own["dow_mask"] in ("ALL", part["dow_mask"]) for own in same):
            kept.append(part)
    return kept
