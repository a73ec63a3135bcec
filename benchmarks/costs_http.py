"""A year of half hours through HTTP: the monthly report of a place, beside the engine alone."""

import asyncio
import os
import statistics
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import numpy as np

from benchmarks.support.accounts import create_account
from benchmarks.support.ground import OTHER_CORE, SERVER_CORE, Ground, pin, verdict
from benchmarks.support.servers import wattyard
from wattyard import app
from wattyard.costs.domain.costs import costs
from wattyard.costs.domain.question import CostQuestion
from wattyard.costs.domain.readings import SeriesReadings
from wattyard.kernel import ids
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.instants import Span
from wattyard.meters.domain.readings import Readings as Sent
from wattyard.meters.domain.readings import Stream
from wattyard.meters.service import Meters
from wattyard.platform.db import Database, schema
from wattyard.platform.decoding import convert
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.sites.domain.sites import PostalAddress, SiteDraft
from wattyard.sites.service import Sites
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Element
from wattyard.tariffs.service import Tariffs
from wattyard.tariffs.wire.rules import tariff_from_json
from wattyard.tariffs.wire.tariffs import TariffBody, contract_draft

_REGION = CalendarRegion("Europe/Berlin", "DE")
_HALF_HOUR_US = 1_800_000_000
_YEAR = Span(datetime(2024, 12, 31, 23, tzinfo=UTC), datetime(2025, 12, 31, 23, tzinfo=UTC))
_BUDGET_MS = 60.0
_ROUNDS = 40
_WINDOWS = (("00:00", "07:00", 0.0912), ("07:00", "16:00", 0.2345), ("16:00", "00:00", 0.3871))
_BODY: dict[str, Any] = {
    "direction": "IMPORT",
    "type": "COMMODITY",
    "contract_start_date": "2024-01-01",
    "contract_end_date": "2030-01-01",
    "vat": 0.19,
    "vat_included": False,
    "charges": [{"kind": "DAILY", "amount": 0.42, "name": "standing charge"}],
    "schedule": [
        {
            "months": ["All"],
            "days_and_hours": [
                {
                    "days": ["All"],
                    "hours": [
                        {"valid_from": start, "valid_to": end, "rate": [{"value": price}]}
                        for start, end, price in _WINDOWS
                    ],
                }
            ],
        }
    ],
}


def run(ground: Ground) -> None:
    """Ask a server of one core for the months of 17,520 readings."""
    embedded = EmbeddedDatabase(ground.folder / "costs")
    with embedded.lease() as url:
        postmaster = (embedded.data / "postgres" / "postmaster.pid").read_text().split("\n")[0]
        pin(int(postmaster), OTHER_CORE)
        schema.migrate(url)
        account, secret, location_id = asyncio.run(_metered_site(url))
        with wattyard(url) as (address, _):
            token = httpx.post(f"{address}/auth/tokens", auth=(account, secret)).json()
            headers = {"Authorization": f"Bearer {token['bearer_token']}"}
            with httpx.Client(base_url=address, headers=headers, timeout=30) as http:
                total = _measure(http, location_id)
    pin(os.getpid(), SERVER_CORE)
    engine_ms, cost = _median(_engine_alone)
    assert abs(cost - total) < 1e-6
    print(f"   the engine alone takes {engine_ms:.2f} ms of it")


def _measure(http: httpx.Client, location_id: str) -> float:
    body = {"start_time": _YEAR.start.isoformat(), "end_time": _YEAR.end.isoformat()}

    def ask(aggregation: str, lines: str = "true") -> float:
        query = {"aggregation": aggregation, "include_lines": lines}
        answer = http.post(f"/costs/interval/{location_id}", json=body, params=query)
        assert answer.status_code == 200, answer.text
        return float(answer.json()["total"]["cost"]["value"])

    milliseconds, total = _median(lambda: ask("MONTH"))
    constant, _ = _median(lambda: float(http.get("/health/live").is_success))
    print(f"   a constant answer takes {constant:.2f} ms on the same connection")
    met = milliseconds <= _BUDGET_MS
    verdict("months of 17,520 readings, ms", milliseconds, f"<= {_BUDGET_MS:g}", met=met)
    for aggregation, lines in (("DAY", "true"), ("NONE", "false")):
        milliseconds, other = _median(lambda a=aggregation, n=lines: ask(a, n))
        assert other == total
        print(f"   the same by {aggregation}: {milliseconds:.1f} ms")
    return total


def _median(work: Any) -> tuple[float, float]:  # noqa: ANN401 (any call that tells a number)
    found, result = [], 0.0
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        result = work()
        found.append((time.perf_counter() - started) * 1000)
    return statistics.median(found), result


def _starts() -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.arange(microseconds(_YEAR.start), microseconds(_YEAR.end), _HALF_HOUR_US)


def _energy_kwh(count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.round(np.random.default_rng(1).gamma(2.0, 0.2, count), 3)


def _engine_alone() -> float:
    starts = _starts()
    readings = SeriesReadings(
        starts, starts + _HALF_HOUR_US, _energy_kwh(starts.size), np.ones(starts.size)
    )
    answer = costs(
        [Element(UUID(int=1), tariff_from_json(_BODY, _REGION))],
        _REGION,
        CostQuestion("IMPORT", _YEAR, "MONTH"),
        readings,
        markets=Markets({}, _YEAR.start),
    )
    assert len(answer.data) == 12
    return float(answer.total.cost[0])


async def _metered_site(url: str) -> tuple[str, str, str]:
    """Make a place in Berlin with a tariff of three windows and a year of readings."""
    db = Database(url, connections=2)
    await db.open()
    try:
        services = app.services(db)
        account, secret, context = await create_account(services, "costs")
        berlin = SiteDraft(postal_address=PostalAddress(city="Berlin", country_code="DE"))
        site, _devices = await services.get(Sites).open(context, berlin)
        location_id = ids.wire("loc", site.id)
        body = convert({**_BODY, "location_id": location_id}, TariffBody)
        await services.get(Tariffs).connect(context, [contract_draft(body)])
        await services.get(Meters).keep(context, _sent(site.id), submitted=_starts().size)
    finally:
        await db.close()
    return ids.wire("acc", account.id), secret, location_id


def _sent(site_id: UUID) -> Sent:
    starts = _starts()
    count = starts.size
    return Sent(
        (Stream(site_id, None, "INBOUND", "IMPORT"),),
        np.arange(1, count + 1),
        np.zeros(count, np.int64),
        starts,
        starts + _HALF_HOUR_US,
        _energy_kwh(count),
        np.ones(count),
        [None] * count,
        [None] * count,
    )
