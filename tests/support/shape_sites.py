"""A site whose tariffs have the shapes of contract 2b: asked through HTTP and of the reference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.support.clock import FakeClock
from tests.support.cost_reference import CostAnswer, CostItem, reference_costs
from tests.support.costing import put
from tests.support.region_reference import Region
from tests.support.shape_strategies import ShapeCase
from tests.support.span_strategies import Json
from tests.support.tariff_reference import NoPriceData, NoTariffConnected
from tests.support.world import Tenant, World
from wattyard.platform.db import Database

TOLERANCE = Fraction(2, 10**6)
KINDS = ("ENERGY", "STANDING", "DEMAND", "MINIMUM", "VAT")


async def site(tenant: Tenant, region: Region, **fields: Any) -> str:
    """Make a place in a region; its `location_id`."""
    address = {"city": "Somewhere", "country_code": region.country, "state": region.state}
    made = await tenant.site(
        timezone=region.zone,
        currency_code="EUR",
        postal_address={name: text for name, text in address.items() if text},
        **fields,
    )
    return str(made["location_id"])


async def furnished(tenant: Tenant, case: ShapeCase) -> str:
    """Have the place with its tariffs and readings."""
    home = await site(tenant, case.region, **({"netting": case.netting} if case.netting else {}))
    for body in case.tariff_bodies:
        await tenant.make("/tariffs", {**body, "location_id": home})
    await put(tenant, [{**one, "location_id": home} for one in case.readings])
    return home


async def costs(tenant: Tenant, home: str, case: ShapeCase) -> Any:
    """`POST /costs/interval/{id}` with its lines."""
    span = {"start_time": case.span.start.isoformat(), "end_time": case.span.end.isoformat()}
    query = {
        "aggregation": case.aggregation,
        "tariff_direction": case.direction,
        "include_lines": "true",
    }
    return (await tenant.post(f"/costs/interval/{home}", span, params=query)).json()


def expectation(case: ShapeCase) -> CostAnswer | str:
    """What the reference answers, or the code of its refusal."""
    try:
        return reference_costs(**case.arguments())
    except NoTariffConnected:
        return "no_tariff_connected"
    except NoPriceData:
        return "no_price_data"


async def assert_costs_alike(url: str, case: ShapeCase) -> None:
    """Ask the application and the reference the same; nothing may be apart."""
    expected = expectation(case)
    db = Database(url, connections=2)
    await db.open()
    try:
        async with World(db, FakeClock(case.now)) as world:
            tenant = await world.tenant()
            asked = await costs(tenant, await furnished(tenant, case), case)
    finally:
        await db.close()
    apart = (
        [f"{asked} where the reference refuses"] * (asked.get("code") != expected)
        if isinstance(expected, str)
        else differences(asked, expected)
    )
    assert not apart, "\n".join([*apart[:12], *described(case)])


def differences(asked: Json, expected: CostAnswer) -> list[str]:
    """Where an answer is not that of the reference, group by group and kind by kind."""
    if asked["object"] == "error":
        return [f"refused: {asked}"]
    ours = {datetime.fromisoformat(one["start_time"]): one for one in asked["data"]}
    theirs = {one.start: one for one in expected.data}
    found = [f"{start}: no such group" for start in theirs if start not in ours]
    found += [f"{start}: a group too many" for start in ours if start not in theirs]
    for start in sorted(ours.keys() & theirs.keys()):
        found += _apart(f"{start.isoformat()}", ours[start], theirs[start])
    return found + _apart("total", asked["total"], expected.total)


def _apart(name: str, ours: Json, theirs: CostItem) -> list[str]:
    amounts = dict.fromkeys(KINDS, Fraction(0))
    for line in ours["lines"]:
        amounts[line["kind"]] += exact(line["amount"])
    pairs = {
        "cost": (exact(ours["cost"]["value"]), theirs.cost, 1),
        "kWh": (exact(ours["energy"]["value"]), theirs.energy_kwh, 1),
        "confidence": (exact(ours["cost"]["confidence"]), Fraction(theirs.confidence), 1),
        "ENERGY": (amounts["ENERGY"], theirs.energy_cost, 8),
        "STANDING": (amounts["STANDING"], theirs.standing_cost, 4),
        "DEMAND": (amounts["DEMAND"], theirs.demand_cost, 4),
        "MINIMUM": (amounts["MINIMUM"], theirs.minimum_cost, 2),
        "VAT": (amounts["VAT"], theirs.vat_cost, 8),
    }
    return [
        f"{name} {what}: {float(mine)} where the reference has {float(other)}"
        for what, (mine, other, lines) in pairs.items()
        if abs(mine - other) > TOLERANCE * lines
    ]


def exact(number: float) -> Fraction:
    return Fraction(str(number))


def described(case: ShapeCase) -> Sequence[str]:
    """The case as a person can send it."""
    local = [case.region.wall(at).isoformat() for at in (case.span.start, case.span.end)]
    head = f"{case.region} {local} {case.direction} {case.aggregation} netting={case.netting}"
    return [head, *map(str, case.tariff_bodies), *(_line(one, case) for one in case.readings)]


def _line(reading: Json, case: ShapeCase) -> str:
    start, end = (datetime.fromisoformat(reading[name]) for name in ("start_time", "end_time"))
    flow = reading["energy_flow_direction"]
    return f"{flow} {case.region.wall(start)} +{end - start} {reading['energy_kwh']}"
