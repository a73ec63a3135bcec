"""Ask the API for prices, and read its answers."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.tariff_bodies import entry, flat, hours
from tests.support.world import AMSTERDAM, Tenant

HOUR = timedelta(hours=1)
FOLLOWS = flat([{"surcharge_fixed": 0.0}])

DAY_AND_NIGHT = [entry(("All", hours(("07:00", "23:00", 0.3), ("23:00", "07:00", 0.1))))]
"""0.3 by day, 0.1 from 23:00 to 07:00."""


async def place(tenant: Tenant, **fields: Any) -> str:
    return (await tenant.make("/locations", {"postal_address": AMSTERDAM, **fields}))["id"]


async def quote(tenant: Tenant, at: str, start: Any, end: Any, **more: Any) -> Any:
    span = {"start_time": start, "end_time": end}
    answer = await tenant.post("/prices", {"location_id": at, **span, **more})
    assert answer.status_code == 200, answer.text
    assert_touching(answer.json()["data"], start, end)
    return answer.json()


def assert_touching(data: list[Any], start: str, end: str) -> None:
    """Check that intervals go exactly from start to end, in order, without gaps."""
    at = datetime.fromisoformat(start)
    for one in data:
        assert datetime.fromisoformat(one["valid_from"]) == at
        assert datetime.fromisoformat(one["valid_to"]) > at
        at = datetime.fromisoformat(one["valid_to"])
    assert at == datetime.fromisoformat(end)


def values(answer: Any) -> list[float]:
    return [one["price"]["value"] for one in answer["data"]]


def confidences(answer: Any) -> list[float]:
    return [one["price"]["confidence"] for one in answer["data"]]


def edges(answer: Any) -> list[str]:
    return [answer["data"][0]["valid_from"], *(one["valid_to"] for one in answer["data"])]


def text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def hourly(start: datetime, prices: Iterable[float], length: timedelta = HOUR) -> list[Any]:
    return [
        {
            "valid_from": text(start + n * length),
            "valid_to": text(start + (n + 1) * length),
            "value": value,
        }
        for n, value in enumerate(prices)
    ]


async def market(tenant: Tenant, at: str, prices: list[Any], **source: Any) -> Any:
    """Connect a tariff that is the market's price, published as given."""
    made = await tenant.market_source(unit="KWH", **source)
    if prices:
        await tenant.publish(made["id"], prices)
    await tenant.tariff(at, market_rates=True, market_source_id=made["id"], schedule=FOLLOWS)
    return made
