"""Post tariffs that must be refused."""

from typing import Any

from tests.support.world import AMSTERDAM, Tenant, error

HOURS = "schedule[0].days_and_hours[0].hours"
"""The path of a plain schedule's windows."""


async def place(tenant: Tenant, **address: str) -> str:
    given = {"postal_address": {**AMSTERDAM, **address}}
    return (await tenant.make("/locations", given))["id"]


async def only_place(tenant: Tenant) -> str:
    listed = (await tenant.get("/locations")).json()["data"]
    return listed[0]["id"] if listed else await place(tenant)


async def refused(tenant: Tenant, given: Any) -> dict[str, Any]:
    """Post a tariff that must be refused, and check it too."""
    given = {"location_id": await only_place(tenant), **given}
    answer = await tenant.post("/tariffs", given)
    checked = await tenant.post("/tariffs/check", given)
    assert answer.status_code in (400, 404, 422), answer.text
    assert (checked.status_code, checked.json()["message"]) == (
        answer.status_code,
        answer.json()["message"],
    )
    assert (await tenant.get("/tariffs")).json()["data"] == []
    return error(answer, answer.status_code, answer.json()["code"]) | {"status": answer.status_code}
