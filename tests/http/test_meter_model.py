"""Random batches against a model so simple that it can be read at a glance."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.world import Tenant

START = datetime(2026, 1, 31, 20, tzinfo=UTC)  # so that periods cross into February
QUARTER = timedelta(minutes=15)
Period = tuple[int, int]


@dataclass
class Model:
    """What one device's stream must hold: by period, the place and the energy."""

    kept: dict[Period, tuple[int, float]] = field(default_factory=dict)

    def put(self, sent: list[tuple[Period, int, float]]) -> list[int]:
        """Take records (period, place, energy) in; give the numbers of those that fail."""
        before = dict(self.kept)
        failed, taken = [], dict[Period, float]()
        for number, (period, place, energy_kwh) in enumerate(sent, 1):
            others = [*before, *taken]
            if any(a < period[1] and period[0] < b and (a, b) != period for a, b in others):
                failed.append(number)
                continue
            if taken.setdefault(period, energy_kwh) != energy_kwh:
                failed.append(number)
                continue
            self.kept[period] = (place, energy_kwh)
        return failed


@pytest.mark.parametrize("seed", range(6))
async def test_any_batches_of_a_device_at_two_places_end_as_the_model_says(
    tenant: Tenant, seed: int
) -> None:
    choose = random.Random(seed)
    homes = [(await tenant.site())["location_id"] for _ in range(2)]
    device = (await tenant.device(*homes))["id"]
    model = Model()
    for _ in range(12):
        sent = []
        for _ in range(choose.randint(1, 12)):
            first = choose.randrange(0, 40)
            period = (first, first + choose.choice([1, 1, 1, 2, 4]))
            sent.append((period, choose.randrange(2), float(choose.randrange(3))))
        records = [
            {
                "location_id": homes[place],
                "device_id": device,
                "start_time": (START + a * QUARTER).isoformat(),
                "end_time": (START + b * QUARTER).isoformat(),
                "energy_kwh": energy_kwh,
                "record_reference_id": choose.choice([None, "é1"]),
            }
            for (a, b), place, energy_kwh in sent
        ]
        answer = await tenant.call("PUT", "/meters/interval", json=records)
        failed = [one["record_num"] for one in answer.json()["failed_records"]]
        assert failed == model.put(sent)
        assert await _kept(tenant, homes, device) == model.kept


async def _kept(tenant: Tenant, homes: list[str], device: str) -> dict[Period, tuple[int, float]]:
    search = {
        "device_id": device,
        "start_time": "2026-01-31T00:00:00Z",
        "end_time": "2026-02-02T00:00:00Z",
    }
    answer = await tenant.post("/meters/records", search)
    found: list[Any] = answer.json()["data"]
    periods = {
        (_quarter(one["start_time"]), _quarter(one["end_time"])): (
            homes.index(one["location_id"]),
            one["energy"]["value"],
        )
        for one in found
    }
    assert len(periods) == len(found)
    return periods


def _quarter(text: str) -> int:
    return (datetime.fromisoformat(text) - START) // QUARTER
