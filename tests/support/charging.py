"""Batteries and cars whose charging is planned over a Monday."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.pricing import hourly, market
from tests.support.world import Tenant

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
START = "2026-03-02T00:00:00Z"
PRICES = [0.3] * 4 + [0.1, 0.2] + [0.4] * 18
CAR = {
    "type": "ELECTRIC_VEHICLE",
    "properties": {"power_rating_import_kwh": 10, "capacity_kwh": 50},
}
BATTERY = {
    "type": "BATTERY_SYSTEM",
    "properties": {
        "power_rating_import_kwh": 5,
        "power_rating_export_kwh": 5,
        "capacity_kwh": 10,
        "battery": {"round_trip_efficiency": 1},
    },
}


async def home(tenant: Tenant, device: Any, prices: list[float] = PRICES, **site: Any) -> Any:
    """Make a place with a market of a Monday, and a device at it."""
    at = (await tenant.site(**site))["location_id"]
    await market(tenant, at, hourly(MONDAY, prices))
    return at, (await tenant.device(at, **device))["id"]


def body(device: str, **more: Any) -> Any:
    wanted = {"device_id": device, "start_time": START, "schedule_horizon": 24, **more}
    return {name: value for name, value in wanted.items() if value is not ...}


async def plan(tenant: Tenant, device: str, **more: Any) -> Any:
    answer = await tenant.post("/schedules/soc", body(device, **more))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(tenant: Tenant, device: str, **more: Any) -> Any:
    return await tenant.post("/schedules/soc", body(device, **more))


def slots(answer: Any) -> list[tuple[str, str, str, float, float]]:
    return [
        (
            one["start_time"][11:16],
            one["end_time"][11:16],
            one["direction"],
            round(one["power"]["value"]),
            round(one["state_of_charge_percent"], 1),
        )
        for one in answer["data"][0]["schedule"]
    ]


def hourly_load(kwh: float, days: int = 28, until: datetime = MONDAY) -> list[Any]:
    return [
        {
            "start_time": (until - timedelta(hours=n + 1)).isoformat(),
            "end_time": (until - timedelta(hours=n)).isoformat(),
            "energy_kwh": kwh,
        }
        for n in range(24 * days)
    ]


async def metered(tenant: Tenant, at: str, readings: list[Any], **stream: Any) -> None:
    """Send readings of a place that must be taken."""
    common = {
        "energy_flow_direction": "INBOUND",
        "tariff_direction": "IMPORT",
        "location_id": at,
        **stream,
    }
    answer = await tenant.call(
        "PUT", "/meters/interval", json=[{**common, **one} for one in readings]
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["records_accepted"] == len(readings), answer.text[:500]
