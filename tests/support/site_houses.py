"""Houses whose whole site is planned, through HTTP."""

from typing import Any

from tests.support.charging import MONDAY
from tests.support.pricing import hourly, market
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant

START = "2026-03-02T00:00:00Z"
BATTERY = {
    "type": "BATTERY_SYSTEM",
    "properties": {
        "battery": {"capacity_kwh": 10, "power_kw": 5, "round_trip_efficiency": 1},
    },
}
CAR = {
    "type": "ELECTRIC_VEHICLE",
    "properties": {"power_rating_import_kwh": 10, "capacity_kwh": 50},
}
PANELS = {"type": "PV_SYSTEM", "properties": {"pv": {"peak_power_kw": 5}}}
PUMP = {"type": "HEAT_PUMP", "properties": {"heat_pump": {"max_power_kw": 3}}}
WASHER = {"type": "OTHER", "properties": {"power_rating_import_kwh": 2}}


async def house(tenant: Tenant, *devices: Any, prices: Any = 0.25, **site: Any) -> Any:
    """Make a place with devices; `prices` by the hour of a Monday, or one for ever."""
    at = (await tenant.site(timezone="UTC", **site))["location_id"]
    if isinstance(prices, list):
        await market(tenant, at, hourly(MONDAY, prices))
    else:
        await tenant.tariff(at, schedule=flat(prices))
    return at, [(await tenant.device(at, **one))["id"] for one in devices]


def hour(number: float) -> str:
    """The instant so many hours into the Monday."""
    return f"2026-03-02T{int(number):02}:{round(60 * (number % 1)):02}:00Z"


def asked(at: str, **more: Any) -> Any:
    wanted = {"location_id": at, "start_time": START, "schedule_horizon": 23, **more}
    return {name: value for name, value in wanted.items() if value is not ...}


async def plan(tenant: Tenant, at: str, **more: Any) -> Any:
    answer = await tenant.post("/schedules/site", asked(at, **more))
    assert answer.status_code == 200, answer.text
    return answer.json()


def steady(kw: float, *, until: float = 23) -> list[Any]:
    """A forecast of one power from midnight on."""
    return [{"start_time": START, "end_time": hour(until), "kw": kw}]


def slots(answer: Any, number: int = 0) -> list[tuple[str, str, str, float]]:
    """The slots of a device: from, to, direction, W."""
    return [
        (
            one["start_time"][11:16],
            one["end_time"][11:16],
            one["direction"],
            round(one["power"]["value"]),
        )
        for one in answer["devices"][number]["slots"]
    ]
