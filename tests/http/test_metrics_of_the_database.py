"""The metrics of the whole database: what waits, what is behind, what is made ahead."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.support.world import SETTINGS, Tenant, World


async def values(world: World) -> dict[str, float]:
    """The metrics of a process that has just started: none are kept from a second before."""
    transport = httpx.ASGITransport(app=world.another(SETTINGS))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        text = (await http.get("/metrics")).text
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.labels
    }


async def test_the_backlog_of_deliveries_and_the_age_of_its_oldest_are_shown(
    world: World, tenant: Tenant
) -> None:
    before = (await values(world))["wattyard_delivery_backlog"]
    await tenant.make("/webhook-endpoints", {"url": "http://127.0.0.1:9/"})
    for _ in range(3):
        await tenant.make("/customers", {})
    world.clock.forward(seconds=90)

    found = await values(world)
    assert found["wattyard_delivery_backlog"] == before + 3
    assert found["wattyard_delivery_oldest_seconds"] >= 90


async def test_the_time_of_lent_connections_and_months_ahead_are_shown(
    world: World, tenant: Tenant
) -> None:
    await tenant.site()
    found = await values(world)

    assert found["wattyard_database_seconds_total"] > 0
    assert "wattyard_meter_months_ahead" in found
