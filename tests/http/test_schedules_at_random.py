"""Random wishes, plain and extreme: never our fault, and every plan keeps its limits."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.pricing import hourly, market
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant, World
from wattyard.platform.db import Database
from wattyard.schedules.service import Solvers

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
ROUNDING = 1.5
"""W and %, of 1 W or 1 Wh that a plan may be beside its limits, and of rounded answers."""


@pytest.fixture
async def world(db: Database, clock: FakeClock) -> AsyncIterator[World]:
    """With as much time for a plan as usual: one that was cut short keeps its limits, too."""
    async with World(db, clock, {Solvers: Solvers()}) as world:
        yield world


async def grounds(tenant: Tenant, rng: random.Random) -> Any:
    """Make a place with prices of both signs, maybe limits, panels and an EXPORT tariff."""
    limits = {}
    if rng.random() < 0.6:
        limits = {"max_power_import_kw": rng.choice([0, 0.5, 3, 9]), "max_power_export_kw": 2}
    site = await tenant.site(geo_location={"lat": 52.37, "lng": 4.9}, **limits)
    at = site["location_id"]
    await market(tenant, at, hourly(MONDAY, [round(rng.uniform(-0.2, 0.5), 3) for _ in range(72)]))
    if rng.random() < 0.5:
        await tenant.tariff(at, direction="EXPORT", schedule=flat(rng.choice([0.0, 0.1, 0.4])))
    if rng.random() < 0.5:
        await tenant.device(at, type="PV_SYSTEM", properties={"pv": {"peak_power_kw": 4}})
    return at, limits


def moment(rng: random.Random, low: float, high: float) -> str:
    at = MONDAY + timedelta(hours=rng.uniform(low, high))
    if rng.random() < 0.5:
        at = at.replace(minute=0, second=0)
    return at.replace(microsecond=0).isoformat()


def check_order(slots: list[Any]) -> None:
    spans = [
        (datetime.fromisoformat(one["start_time"]), datetime.fromisoformat(one["end_time"]))
        for one in slots
    ]
    assert all(start < end for start, end in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))


@pytest.mark.parametrize("seed", range(12))
async def test_plans_by_charge_keep_their_limits(tenant: Tenant, seed: int) -> None:
    rng = random.Random(seed)
    at, limits = await grounds(tenant, rng)
    power_kw, capacity_kwh = rng.choice([0.5, 5, 22]), rng.choice([0.1, 10, 90])
    kind = rng.choice(["BATTERY_SYSTEM", "ELECTRIC_VEHICLE"])
    properties = {"power_rating_import_kwh": power_kw, "capacity_kwh": capacity_kwh}
    device = (await tenant.device(at, type=kind, properties=properties))["id"]
    for _ in range(4):
        body: dict[str, Any] = {
            "device_id": device,
            "start_time": moment(rng, 0, 20),
            "schedule_horizon": rng.choice([0.001, 0.3, 7, 24, 40]),
            "state_of_charge_percent": rng.choice([0, 0.01, 37.7, 100]),
            "explain": rng.random() < 0.5,
            "objective": rng.choice(["COST", "COST", "CARBON", "SELF_CONSUMPTION"]),
        }
        for name in (
            "target_state_of_charge_percent",
            "backup_reserve_percent",
            "end_state_of_charge_percent",
        ):
            if rng.random() < 0.4:
                body[name] = rng.choice([0, 20, 62.5, 100])
        if rng.random() < 0.3:
            body["efficiency"] = rng.choice([0.01, 0.7, 1])

        answer = await tenant.post("/schedules/soc", body)

        assert answer.status_code == 200, (seed, body, answer.text)
        told = answer.json()
        (own,) = told["data"]
        check_order(own["schedule"])
        assert (told["status"] == "PARTIAL") == (told["reason"] is not None)
        for slot in own["schedule"]:
            assert 0 <= slot["power"]["value"] <= 1000 * power_kw + ROUNDING
            assert 0 <= slot["state_of_charge_percent"] <= 100
        if "max_power_import_kw" in limits and told["assumptions"]["pv"]["source"] == "NONE":
            bought = [s["power"]["value"] for s in own["schedule"] if s["direction"] == "IMPORT"]
            assert max(bought, default=0) <= 1000 * limits["max_power_import_kw"] + ROUNDING
        again = (await tenant.post("/schedules/soc", body)).json()
        if told["gap"] or not again["gap"]:  # else a busy machine cut the second one short
            assert {**again, "id": told["id"]} == told


@pytest.mark.parametrize("seed", range(12))
async def test_plans_by_amount_keep_their_limits(tenant: Tenant, seed: int) -> None:
    rng = random.Random(seed)
    at, limits = await grounds(tenant, rng)
    devices = [(await tenant.device(at))["id"] for _ in range(4)]
    for _ in range(3):
        items: list[dict[str, Any]] = [
            {
                "device_id": device,
                "start_time": moment(rng, 0, 20),
                "end_time": moment(rng, 21, 40),
                "energy": {"units": "WH", "value": rng.choice([0, 0.1, 7300, 1e9])},
                "max_power": {"units": "W", "value": rng.choice([0, 700, 3000, 1e9])},
            }
            for device in rng.sample(devices, rng.randint(1, 4))
        ]
        body: dict[str, Any] = {"location_id": at, "data": items, "explain": rng.random() < 0.5}
        if rng.random() < 0.3:
            body["shaving_threshold"] = {"relative": rng.random()}

        answer = await tenant.post("/schedules/amount", body)

        assert answer.status_code == 200, (seed, body, answer.text)
        told = answer.json()
        check_order(told["schedule"])
        if limits:
            bought = [slot["power"]["value"] for slot in told["schedule"]]
            assert max(bought, default=0) <= 1000 * limits["max_power_import_kw"] + ROUNDING
        for item, own in zip(items, told["data"], strict=True):
            check_order(own["schedule"])
            moved = own["energy"]["value"] + own["shortfall"]["value"]
            assert moved == pytest.approx(item["energy"]["value"], rel=1e-6, abs=1)
            assert (own["status"] == "PARTIAL") == (own["reason"] is not None)
            for slot in own["schedule"]:
                assert slot["power"]["value"] <= item["max_power"]["value"] + ROUNDING
                assert slot["start_time"][:19] >= own["start_time"][:19]
                assert slot["end_time"][:19] <= own["end_time"][:19]
