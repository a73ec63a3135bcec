"""Costs under the shapes of real tariffs: demand of every form, netting, registers, a minimum."""

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import numpy as np

from benchmarks.costs_engine import windowed_body
from benchmarks.support.accounts import create_account
from benchmarks.support.demand_forms import FORMS
from benchmarks.support.ground import OTHER_CORE, SERVER_CORE, Ground, fastest, pin, verdict
from benchmarks.support.servers import wattyard
from wattyard import app
from wattyard.costs.domain.answer import Costs
from wattyard.costs.domain.contracts import terms
from wattyard.costs.domain.costs import costs_under
from wattyard.costs.domain.netting import Netted
from wattyard.costs.domain.question import CostQuestion
from wattyard.costs.domain.readings import SeriesReadings
from wattyard.kernel import ids
from wattyard.kernel.arrays import Numbers
from wattyard.kernel.clock_changes import Microseconds, microseconds
from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.meters.domain.adding import added_up
from wattyard.meters.domain.readings import Metered, Stream
from wattyard.meters.domain.readings import Readings as Sent
from wattyard.meters.service import Meters
from wattyard.platform.db import Database, schema
from wattyard.platform.decoding import convert
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.sites.domain.netting import Netting
from wattyard.sites.domain.sites import PostalAddress, SiteDraft
from wattyard.sites.service import Sites
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.netting import GrossEnergy, GrossFlows, net_shares, netted_time
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Element
from wattyard.tariffs.service import Tariffs
from wattyard.tariffs.wire.rules import tariff_from_json
from wattyard.tariffs.wire.tariffs import TariffBody, contract_draft

_REGION = CalendarRegion("Europe/Berlin", "DE")
_YEAR = Span(datetime(2024, 12, 31, 23, tzinfo=UTC), datetime(2025, 12, 31, 23, tzinfo=UTC))
_HALF_HOUR_US = 1_800_000_000
_NETTING = Netting("QUARTER_HOUR")
_WINDOWS = ((0, 7, 0.0912), (7, 16, 0.2345), (16, 24, 0.3871))
_MONTHS = CostQuestion("IMPORT", _YEAR, "MONTH")
_ENGINE_MS = 6.0
_HTTP_MS = 90.0
_ROUNDS = 40


def run(ground: Ground) -> None:
    """Price a year of half hours under everything at once: in the engine, and through HTTP."""
    pin(os.getpid(), SERVER_CORE)
    _engine()
    _through_http(ground)


def _engine() -> None:
    plain, _ = _measured(_body([]), _imported())
    print(f"   a year of half hours without any: {plain:.2f} ms")
    for name, form in FORMS.items():
        milliseconds, _ = _measured(_body([form]), _imported())
        print(f"   {name}: {milliseconds - plain:+.2f} ms")
    milliseconds, answer = _measured(_body(list(FORMS.values())), _imported())
    assert {rule.kind for rule in answer.total.rules} >= {"ENERGY", "DEMAND"}
    met = milliseconds <= _ENGINE_MS
    verdict("year of half hours, demand of each form, ms", milliseconds, "<= 6", met=met)
    milliseconds, _ = _measured(_body(list(FORMS.values())), _imported(), everything=True)
    met = milliseconds <= _ENGINE_MS
    verdict("… netting and registers too, ms", milliseconds, "<= 6", met=met)


def _body(charges: list[dict[str, Any]]) -> dict[str, Any]:
    least = {"amount": 30, "per": "MONTH"} if charges else None
    tariff = windowed_body(_WINDOWS, tiered=False)
    return {**tariff, "charges": charges, "minimum_charge": least}


def _measured(
    body: dict[str, Any], energy_kwh: Numbers, *, everything: bool = False
) -> tuple[float, Costs]:
    elements = [Element(UUID(int=1), tariff_from_json(body, _REGION))]
    markets = Markets({}, _YEAR.start)
    starts = _starts()
    own = _metered(starts, energy_kwh)
    registers = [own.part(slice(n, None, 2)) for n in (0, 1)]
    exported = _metered(starts, _exported())

    def engine() -> Costs:
        metered = added_up(registers) if everything else own
        readings = SeriesReadings(*metered[1:5])
        under = terms(elements, _REGION, _MONTHS, readings.span, markets=markets)
        netted = _netted(elements, metered, exported) if everything else None
        answer = costs_under(under, _MONTHS, readings, netted=netted)
        assert answer.data.cost.size == 12  # rounding is part of the work
        return answer

    return fastest(engine, _ROUNDS)


def _netted(elements: list[Element], imported: Metered, exported: Metered) -> Netted:
    flows = GrossFlows((GrossEnergy(*imported[1:5]),), (GrossEnergy(*exported[1:5]),))
    span = netted_time(_NETTING, elements, _REGION, _YEAR)
    assert span is not None
    return Netted(_NETTING, net_shares(_NETTING, elements, _REGION, span, flows), "IMPORT", flows)


def _starts() -> Microseconds:
    return np.arange(microseconds(_YEAR.start), microseconds(_YEAR.end), _HALF_HOUR_US)


def _imported() -> Numbers:
    return np.round(np.random.default_rng(1).gamma(2.0, 0.2, _starts().size), 3)


def _exported() -> Numbers:
    """Some export around noon, UTC."""
    hour = _starts() // 3_600_000_000 % 24
    return np.where((hour >= 9) & (hour < 15), 0.25, 0.0)


def _metered(starts: Microseconds, energy_kwh: Numbers) -> Metered:
    nobody: list[str | None] = [None] * starts.size
    series, sure = np.zeros(starts.size, np.int64), np.ones(starts.size)
    return Metered(series, starts, starts + _HALF_HOUR_US, energy_kwh, sure, nobody, nobody)


def _through_http(ground: Ground) -> None:
    embedded = EmbeddedDatabase(ground.folder / "shapes")
    with embedded.lease() as url:
        postmaster = (embedded.data / "postgres" / "postmaster.pid").read_text().split("\n")[0]
        pin(int(postmaster), OTHER_CORE)
        schema.migrate(url)
        account, secret, location_id = asyncio.run(_site(url))
        with wattyard(url) as (address, _):
            token = httpx.post(f"{address}/auth/tokens", auth=(account, secret)).json()
            headers = {"Authorization": f"Bearer {token['bearer_token']}"}
            with httpx.Client(base_url=address, headers=headers, timeout=30) as http:
                _ask(http, location_id)


def _ask(http: httpx.Client, location_id: str) -> None:
    body = {"start_time": _YEAR.start.isoformat(), "end_time": _YEAR.end.isoformat()}
    query = {"aggregation": "MONTH", "include_lines": "true"}

    def report() -> None:
        answer = http.post(f"/costs/interval/{location_id}", json=body, params=query)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["data"]) == 12

    def headroom() -> None:
        assert http.get(f"/locations/{location_id}/headroom").status_code == 200

    milliseconds = _median(report)
    name = "months of 17,520 readings with all of it, ms"
    verdict(name, milliseconds, f"<= {_HTTP_MS:g}", met=milliseconds <= _HTTP_MS)
    print(f"   headroom of {len(FORMS)} demand charges: {_median(headroom):.1f} ms")


def _median(work: Callable[[], None]) -> float:
    found = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        work()
        found.append((time.perf_counter() - started) * 1000)
    return statistics.median(found)


async def _site(url: str) -> tuple[str, str, str]:
    """Make a place in Berlin that nets by the quarter hour, with two registers and an export."""
    db = Database(url, connections=2)
    await db.open()
    try:
        services = app.services(db)
        account, secret, context = await create_account(services, "shapes")
        berlin = SiteDraft(
            postal_address=PostalAddress(city="Berlin", country_code="DE"), netting=_NETTING
        )
        site, _devices = await services.get(Sites).open(context, berlin)
        location_id = ids.wire("loc", site.id)
        rules = {**_body(list(FORMS.values())), "location_id": location_id}
        selling = {**windowed_body(_WINDOWS, tiered=False), "location_id": location_id}
        bodies = [convert(one, TariffBody) for one in (rules, {**selling, "direction": "EXPORT"})]
        await services.get(Tariffs).connect(context, [contract_draft(one) for one in bodies])
        await _fill(services.get(Meters), context, site.id)
    finally:
        await db.close()
    return ids.wire("acc", account.id), secret, location_id


async def _fill(meters: Meters, context: Context, site_id: UUID) -> None:
    streams = (
        Stream(site_id, None, "INBOUND", "IMPORT", "E1"),
        Stream(site_id, None, "INBOUND", "IMPORT", "E2"),
        Stream(site_id, None, "OUTBOUND", "EXPORT"),
    )
    starts, out = _starts(), _exported()
    some = out > 0
    register = np.arange(starts.size) % 2
    at = np.concatenate([starts, starts[some]])
    count = at.size
    sent = Sent(
        streams,
        np.arange(1, count + 1),
        np.concatenate([register, np.full(int(some.sum()), 2)]),
        at,
        at + _HALF_HOUR_US,
        np.concatenate([_imported(), out[some]]),
        np.ones(count),
        [None] * count,
        [None] * count,
    )
    await meters.keep(context, sent, submitted=count)
