"""Prices in tiers: the tier that readings have reached (contract 2, Tiers)."""

from typing import Any

import pytest

from tests.support.tariff_bodies import entry, hours
from tests.support.world import Tenant

TIERS = [{"value": 0.2, "to_kwh": 100}, {"value": 0.3, "to_kwh": 300}, {"value": 0.4}]
NIGHT = [{"value": 0.1, "to_kwh": 50}, {"value": 0.15}]
SCHEDULE = [entry(("All", hours(("06:00", "22:00", TIERS), ("22:00", "06:00", NIGHT))))]


async def put(
    tenant: Tenant, location_id: str, start: str, end: str, kwh: float, **more: Any
) -> None:
    record = {"location_id": location_id, "start_time": start, "end_time": end, "energy_kwh": kwh}
    answer = await tenant.call("PUT", "/meters/interval", json=[{**record, **more}])
    assert answer.json()["records_accepted"] == 1, answer.text


async def day_and_night(tenant: Tenant, location_id: str) -> tuple[float, float]:
    """The prices at noon and at midnight of 2 March, in tiers reached by 1 March 11:00."""
    body = {
        "location_id": location_id,
        "start_time": "2026-03-02T12:00:00+01:00",
        "end_time": "2026-03-02T23:00:00+01:00",
    }
    data = (await tenant.post("/prices", body)).json()["data"]
    return data[0]["price"]["value"], data[-1]["price"]["value"]


@pytest.mark.parametrize(
    ("scope", "prices"), [("TARIFF", (0.4, 0.15)), ("PERIOD", (0.3, 0.15)), ("SHARED", (0.4, 0.15))]
)
async def test_the_counter_counts_as_the_scope_says(
    tenant: Tenant, scope: str, prices: tuple[float, float]
) -> None:
    home = (await tenant.site())["location_id"]
    await tenant.tariff(home, schedule=SCHEDULE, tier_scope=scope, tier_reset="YEAR")
    assert await day_and_night(tenant, home) == (0.2, 0.1)

    # 240 kWh over 12 hours: 3 at night and 9 by day, so 60 and 180.
    await put(tenant, home, "2026-02-10T03:00:00+01:00", "2026-02-10T15:00:00+01:00", 240)
    await put(tenant, home, "2026-02-11T12:00:00+01:00", "2026-02-11T13:00:00+01:00", 61)

    assert await day_and_night(tenant, home) == prices


async def test_a_month_starts_again_and_what_is_not_drawn_from_the_grid_counts_nothing(
    tenant: Tenant,
) -> None:
    site = await tenant.site()
    home = site["location_id"]
    device = (await tenant.device(home))["id"]
    await tenant.tariff(home, schedule=SCHEDULE)
    noon = ("2026-03-01T09:00:00Z", "2026-03-01T10:00:00Z")
    await put(tenant, home, "2026-02-28T10:00:00Z", "2026-02-28T23:00:00Z", 900)
    await put(tenant, home, *noon, 900, energy_flow_direction="OUTBOUND")
    await put(tenant, home, *noon, 900, tariff_direction="LOCAL")
    await put(tenant, home, *noon, 900, device_id=device)
    assert await day_and_night(tenant, home) == (0.2, 0.1)

    await put(tenant, home, *noon, 100)
    assert await day_and_night(tenant, home) == (0.3, 0.15)
    audit = await tenant.post(
        "/prices/audit",
        {
            "location_id": home,
            "start_time": "2026-03-02T12:00:00Z",
            "end_time": "2026-03-02T13:00:00Z",
        },
    )
    assert audit.json()["data"][0]["price"]["commodity_import"]["tier"] == 2


@pytest.mark.parametrize("scope", ["TARIFF", "PERIOD"])
async def test_a_reading_over_the_reset_counts_for_its_part_after_it(
    tenant: Tenant, scope: str
) -> None:
    """The month began at 23:00Z: three of the four hours are in it."""
    home = (await tenant.site())["location_id"]
    await tenant.tariff(home, schedule=SCHEDULE, tier_scope=scope)

    await put(tenant, home, "2026-02-28T22:00:00Z", "2026-03-01T02:00:00Z", 66.6)
    assert await day_and_night(tenant, home) == (0.2, 0.1)

    await put(tenant, home, "2026-02-28T22:00:00Z", "2026-03-01T02:00:00Z", 66.8)
    assert await day_and_night(tenant, home) == (0.2, 0.15)
