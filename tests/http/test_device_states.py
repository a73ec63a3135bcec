"""Device states: reported, current, history, last seen (contract 1, Device state)."""

import asyncio

import pytest

from tests.support.world import Tenant, World, error
from wattyard.sites.service import Inspection

FULL = {
    "time": "2026-03-01T09:59:00Z",
    "state_of_charge_percent": 62.5,
    "target_state_of_charge_percent": 80,
    "battery_power_kw": -3.2,
    "energy_flow_direction": "EXPORT",
    "energy_remaining_kwh": 8.4,
    "backup_reserve_percent": 20,
    "record_reference_id": "r-1",
}


@pytest.fixture
async def site(tenant: Tenant) -> dict:
    return await tenant.site(devices=[{"reference_id": "b", "type": "BATTERY_SYSTEM"}])


@pytest.fixture
def path(site: dict) -> str:
    return f"/devices/{site['devices'][0]['id']}"


async def put(tenant: Tenant, path: str, **body: object) -> dict:
    answer = await tenant.call("PUT", f"{path}/state", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_state_is_kept_and_read(tenant: Tenant, site: dict, path: str) -> None:
    body = {**FULL, "location_id": site["location_id"]}
    kept = await put(tenant, path, **body)

    assert kept == {
        "id": kept["id"],
        "object": "device_state",
        "device_id": site["devices"][0]["id"],
        "account_id": tenant.account_id,
        "live_mode": False,
        "time_created": "2026-03-01T10:00:00.123Z",
    }
    assert kept["id"].startswith("dsr_")
    assert (await tenant.get(f"{path}/state")).json() == {**kept, **body}
    assert (await tenant.get(f"{path}/states")).json()["data"] == [{**kept, **body}]
    assert (await tenant.get(path)).json()["last_seen"] == FULL["time"]
    shown = (await tenant.get(f"/sites/{site['id']}")).json()["devices"][0]
    assert shown["last_seen"] == FULL["time"]


async def test_the_newest_by_time_is_current_and_older_ones_are_history(
    tenant: Tenant, path: str
) -> None:
    for time, charge in (("09:30:00", 1), ("09:50:00", 2), ("09:40:00", 3)):
        await put(tenant, path, time=f"2026-03-01T{time}Z", state_of_charge_percent=charge)

    assert (await tenant.get(f"{path}/state")).json()["state_of_charge_percent"] == 2
    assert (await tenant.get(path)).json()["last_seen"] == "2026-03-01T09:50:00Z"
    page = (await tenant.get(f"{path}/states?limit=2")).json()
    assert page["url"] == f"{path}/states"
    assert [s["state_of_charge_percent"] for s in page["data"]] == [3, 2]
    assert page["has_more"] is True
    rest = (await tenant.get(f"{path}/states?starting_after={page['data'][-1]['id']}")).json()
    assert [s["state_of_charge_percent"] for s in rest["data"]] == [1]


async def test_the_same_reference_answers_the_first(tenant: Tenant, path: str) -> None:
    first = await put(tenant, path, **FULL)
    again = await put(tenant, path, **{**FULL, "state_of_charge_percent": 1})

    assert again == first
    assert (await tenant.get(f"{path}/state")).json()["state_of_charge_percent"] == 62.5


async def test_the_summary_is_rewritten_at_most_once_a_minute(
    world: World, tenant: Tenant, site: dict, path: str
) -> None:
    async def shown() -> str:
        one = (await tenant.get(f"/sites/{site['id']}")).json()
        return one["devices"][0]["last_seen"][11:19]

    for second, expected in ((0, "09:00:00"), (30, "09:00:00"), (59, "09:00:00"), (60, "09:01:00")):
        time = f"2026-03-01T09:{second // 60:02}:{second % 60:02}Z"
        await put(tenant, path, time=time, state_of_charge_percent=50)
        assert await shown() == expected
        assert (await tenant.get(path)).json()["last_seen"] == time
    _, wrong = await world.services.get(Inspection).summaries(tenant.context)
    assert wrong == []


async def test_no_state_writes_an_event(tenant: Tenant, path: str) -> None:
    before = (await tenant.get("/events")).json()
    await put(tenant, path, **FULL)

    assert (await tenant.get("/events")).json() == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"time": None}, "time_invalid"),
        ({"time": "2026-03-01T10:00:00"}, "time_invalid"),
        ({"time": "2026-03-01T10:05:01Z"}, "time_invalid"),
        ({"time": 1740000000}, "time_invalid"),
        ({"state_of_charge_percent": 100.1}, "state_of_charge_percent_invalid"),
        ({"state_of_charge_percent": -1}, "state_of_charge_percent_invalid"),
        ({"state_of_charge_percent": None}, "state_of_charge_percent_invalid"),
        ({"energy_flow_direction": "INBOUND"}, "energy_flow_direction_invalid"),
        ({"backup_reserve_percent": 101}, "backup_reserve_percent_invalid"),
        ({"energy_remaining_kwh": -1}, "energy_remaining_kwh_invalid"),
        ({"location_id": "dev_" + "0" * 32}, "location_id_invalid"),
        ({"record_reference_id": ""}, "record_reference_id_invalid"),
        ({"soc": 1}, "parameter_unknown"),
    ],
)
async def test_a_bad_state_is_refused(tenant: Tenant, path: str, change: dict, code: str) -> None:
    answer = await tenant.call("PUT", f"{path}/state", json={**FULL, **change})

    error(answer, 400, code)
    error(await tenant.get(f"{path}/state"), 404, "device_state_not_found")


async def test_five_minutes_ahead_is_still_taken(tenant: Tenant, path: str) -> None:
    await put(tenant, path, time="2026-03-01T10:05:00Z", state_of_charge_percent=1)


async def test_a_location_of_somebody_else_is_not_found(
    world: World, tenant: Tenant, path: str
) -> None:
    theirs = await (await world.tenant("a stranger")).site()
    body = {**FULL, "location_id": theirs["location_id"]}
    answer = await tenant.call("PUT", f"{path}/state", json=body)

    error(answer, 404, "location_not_found", "location_id")


async def test_an_event_at_another_of_the_callers_places_is_taken(
    tenant: Tenant, path: str
) -> None:
    other = await tenant.site()
    await put(tenant, path, **{**FULL, "location_id": other["id"]})


async def test_reports_at_once_are_all_kept(tenant: Tenant, site: dict, path: str) -> None:
    await asyncio.gather(
        *(
            put(tenant, path, time=f"2026-03-01T09:{n:02}:00Z", state_of_charge_percent=n)
            for n in range(20)
        )
    )

    assert len((await tenant.get(f"{path}/states")).json()["data"]) == 20
    assert (await tenant.get(path)).json()["last_seen"] == "2026-03-01T09:19:00Z"
    shown = (await tenant.get(f"/sites/{site['id']}")).json()["devices"][0]["last_seen"]
    assert shown == "2026-03-01T09:19:00Z"


async def test_a_deleted_device_takes_its_states_along(tenant: Tenant, path: str) -> None:
    await put(tenant, path, **FULL)
    await tenant.delete(path)

    error(await tenant.get(f"{path}/state"), 404, "device_not_found")
    error(await tenant.get(f"{path}/states"), 404, "device_not_found")


async def test_a_state_does_not_name_a_place_that_the_key_is_not_for(
    world: World, tenant: Tenant, site: dict, path: str
) -> None:
    own, other = site["location_id"], (await tenant.site())["location_id"]
    await tenant.patch(path, {"locations": [own, other]})
    await put(tenant, path, **{**FULL, "location_id": other})
    key = await world.restricted(tenant, "sites:read", locations=[own])

    (seen,) = (await key.get(f"{path}/states")).json()["data"]

    assert (seen["state_of_charge_percent"], seen["location_id"]) == (62.5, None)
    assert (await key.get(f"{path}/state")).json() == seen
