"""What chargers and connections cannot do holds in every plan (contract 4, Rules)."""

from datetime import timedelta
from typing import Any

from tests.support.charging import MONDAY, START, home, hourly_load, metered
from tests.support.world import Tenant


def charger(**properties: Any) -> Any:
    rated = {"max_power_kw": 11, **properties}
    return {"type": "EV_CHARGER", "properties": {"ev_charger": rated}}


async def moving(tenant: Tenant, at: str, *devices: str, kwh: float = 12, **more: Any) -> Any:
    window = {"start_time": START, "end_time": "2026-03-02T06:00:00Z"}
    energy = {"units": "KWH", "value": kwh}
    items = [{"device_id": one, "energy": energy, **window, **more} for one in devices]
    answer = await tenant.post("/schedules/amount", {"location_id": at, "data": items})
    assert answer.status_code == 200, answer.text
    return answer.json()


def powers(part: Any) -> list[float]:
    return [slot["power"]["value"] for slot in part["schedule"]]


async def test_a_plan_by_amount_leaves_the_place_its_usual_load(tenant: Tenant) -> None:
    at, device = await home(tenant, charger(), max_power_import_kw=11)
    until = MONDAY - timedelta(days=1)
    await metered(tenant, at, hourly_load(5, days=2, until=until))
    await metered(tenant, at, hourly_load(1, days=2, until=until), device_id=device)

    answer = await moving(tenant, at, device)

    assert max(powers(answer)) <= 7_001
    assert (answer["status"], answer["cost"]["value"]) == ("COMPLETE", 1.7)


async def test_a_charger_runs_at_its_least_power_or_not_at_all(tenant: Tenant) -> None:
    at, said = await home(tenant, charger(min_power_kw=6), max_power_import_kw=11)
    by_phases = (await tenant.device(at, **charger(phases=3)))["id"]
    switching = (await tenant.device(at, **charger(phases=3, phase_switching=True)))["id"]

    answer = await moving(tenant, at, said, by_phases, switching, kwh=9)
    slower = await moving(tenant, at, by_phases, max_power={"units": "KW", "value": 3})
    asked = await moving(tenant, at, by_phases, min_power={"units": "KW", "value": 9})

    least = [min(powers(part)) for part in answer["data"]]
    assert answer["status"] == "COMPLETE"
    assert all(low >= known - 1 for low, known in zip(least, (6_000, 4_140, 1_380), strict=True))
    assert (slower["data"][0]["status"], slower["data"][0]["reason"]) == ("PARTIAL", "device_power")
    assert min(powers(asked)) >= 8_999
