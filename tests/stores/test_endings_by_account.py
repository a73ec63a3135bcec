"""Contracts that end soon, and nothing follows."""

from tests.support.world import AMSTERDAM, Tenant, World
from wattyard.tariffs.domain.contracts import EndingContracts
from wattyard.tariffs.service import Endings


async def test_what_ends_within_thirty_days_comes_first_to_end_unless_another_follows(
    world: World, tenant: Tenant
) -> None:
    days = {"soon": "2026-03-09", "later": "2026-03-25", "past": "2026-02-20", "far": "2026-05-01"}
    for name, day in days.items():
        site = await tenant.site(reference_id=name, postal_address=AMSTERDAM)
        await tenant.tariff(site["location_id"], contract_end_date=day, display_name=name)
    followed = await tenant.site(reference_id="followed")
    await tenant.tariff(followed["location_id"], contract_end_date="2026-03-10")
    await tenant.tariff(followed["location_id"], contract_start_date="2026-03-10")
    exported = await tenant.site(reference_id="another direction follows")
    await tenant.tariff(
        exported["location_id"], contract_end_date="2026-03-12", display_name="alone"
    )
    await tenant.tariff(exported["location_id"], direction="EXPORT")

    endings = world.services.get(Endings)
    page = await endings.upcoming(tenant.context)
    assert [one.display_name for one in page.items] == ["soon", "alone", "later"]
    assert page.after is None

    first = await endings.upcoming(tenant.context, limit=2)
    assert first.after is not None
    second = await endings.upcoming(tenant.context, first.after, limit=2)
    assert [one.display_name for one in second.items] == ["later"]
    assert second.after is None
    stranger = await world.tenant()
    assert await endings.upcoming(stranger.context) == EndingContracts((), None)
