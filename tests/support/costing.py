"""What energy cost, asked through HTTP; what every answer promises is checked on the way."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.support.world import Tenant, error

HALF_HOUR = timedelta(minutes=30)
Json = dict[str, Any]

DAILY = {"kind": "DAILY", "amount": 0.5, "name": "standing charge"}
KINDS = ["ENERGY", "STANDING", "DEMAND", "MINIMUM", "VAT"]
FEBRUARY = ("2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00")
DAY = ("2026-02-12T00:00:00+01:00", "2026-02-13T00:00:00+01:00")


def half_hours(
    location_id: str, start: str, energies_kwh: Iterable[float], **more: Any
) -> list[Json]:
    """Touching half hours from `start` on."""
    return periods(location_id, start, HALF_HOUR, energies_kwh, **more)


def periods(
    location_id: str, start: str, length: timedelta, energies_kwh: Iterable[float], **more: Any
) -> list[Json]:
    """Touching readings of one length from `start` on."""
    first = datetime.fromisoformat(start)
    return [
        {
            "location_id": location_id,
            "start_time": (first + n * length).isoformat(),
            "end_time": (first + (n + 1) * length).isoformat(),
            "energy_kwh": energy_kwh,
            **more,
        }
        for n, energy_kwh in enumerate(energies_kwh)
    ]


async def put(tenant: Tenant, readings: list[Json]) -> None:
    """Send readings that must be taken."""
    answer = await tenant.call("PUT", "/meters/interval", json=readings)
    assert answer.status_code == 200, answer.text
    assert answer.json()["failed_records"] == []


async def interval(
    tenant: Tenant, object_id: str, start: str, end: str, aggregation: str = "DAY", **query: Any
) -> Any:
    """`POST /costs/interval/{id}` with its lines."""
    given = {"aggregation": aggregation, "include_lines": "true", **query}
    body = {"start_time": start, "end_time": end}
    answer = await tenant.post(f"/costs/interval/{object_id}", body, params=given)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert_sound(found)
    assert datetime.fromisoformat(start) <= datetime.fromisoformat(end)
    return found


async def refused(
    tenant: Tenant, object_id: str, start: str, end: str, status: int, code: str, **query: str
) -> Json:
    body = {"start_time": start, "end_time": end}
    answer = await tenant.post(f"/costs/interval/{object_id}", body, params=query)
    return error(answer, status, code)


def assert_sound(answer: Json) -> None:
    """Check the shape, the order of items, and that lines add up to the cost exactly."""
    assert answer["object"] == "energy_cost"
    assert answer["id"].startswith("ecs_")
    assert answer["energy_units"] == "KWH"
    starts = [datetime.fromisoformat(one["start_time"]) for one in answer["data"]]
    assert starts == sorted(starts)
    for one in [*answer["data"], answer["total"]]:
        assert 0 <= one["cost"]["confidence"] <= 1
        if "lines" in one:
            amounts = [Decimal(str(line["amount"])) for line in one["lines"]]
            assert sum(amounts, Decimal(0)) == Decimal(str(one["cost"]["value"]))
            kinds = [line["kind"] for line in one["lines"]]
            assert kinds == sorted(kinds, key=KINDS.index)
    energy = sum(one["energy"]["value"] for one in answer["data"])
    assert abs(energy - answer["total"]["energy"]["value"]) <= 1e-6 * (len(answer["data"]) + 1)


def costs_of(answer: Json) -> list[float]:
    return [one["cost"]["value"] for one in answer["data"]]


def energies_of(answer: Json) -> list[float]:
    return [one["energy"]["value"] for one in answer["data"]]


def confidences_of(answer: Json) -> list[float]:
    return [one["cost"]["confidence"] for one in answer["data"]]


def spans_of(answer: Json) -> list[tuple[str, str]]:
    return [(one["start_time"], one["end_time"]) for one in answer["data"]]


def total_of(answer: Json) -> float:
    return float(answer["total"]["cost"]["value"])


def lines_of(item: Json, kind: str) -> list[Json]:
    return [line for line in item["lines"] if line["kind"] == kind]


def amount_of(item: Json, kind: str) -> float:
    return float(sum(line["amount"] for line in lines_of(item, kind)))
