"""The sites that docs/schedules.md works through cost what it says."""

import json
import re
from typing import Any

from tests.support.charging import MONDAY
from tests.support.contract_text import ROOT
from tests.support.pricing import hourly, market
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant

TEXT = (ROOT / "docs" / "schedules.md").read_text()
SHOWN = re.compile(
    r"^```json\n(.*?)^```\n\nCosts (\S+), unplanned (\S+)\.", re.DOTALL | re.MULTILINE
)
PRICES = [0.12] * 6 + [0.32] * 4 + [0.18] * 6 + [0.4] * 5 + [0.22] * 3
DEVICES: dict[str, Any] = {
    "battery": {
        "type": "BATTERY_SYSTEM",
        "properties": {
            "battery": {"capacity_kwh": 10, "power_kw": 5, "round_trip_efficiency": 0.9}
        },
    },
    "car": {
        "type": "ELECTRIC_VEHICLE",
        "properties": {"capacity_kwh": 50, "power_rating_import_kwh": 11},
    },
    "second car": {
        "type": "ELECTRIC_VEHICLE",
        "properties": {
            "capacity_kwh": 60,
            "power_rating_import_kwh": 11,
            "ev_charger": {"v2g_capable": True},
        },
    },
    "panels": {"type": "PV_SYSTEM", "properties": {"pv": {"peak_power_kw": 5}}},
    "heat pump": {"type": "HEAT_PUMP", "properties": {"heat_pump": {"max_power_kw": 3}}},
    "washer": {"type": "OTHER", "properties": {"power_rating_import_kwh": 2}},
}


async def test_the_worked_sites_cost_what_the_guide_says(tenant: Tenant) -> None:
    at = (await tenant.site(timezone="UTC", max_power_import_kw=17))["location_id"]
    await market(tenant, at, hourly(MONDAY, PRICES))
    await tenant.tariff(at, direction="EXPORT", schedule=flat(0.08))
    ids = {"location": at}
    for name, device in DEVICES.items():
        ids[name] = (await tenant.device(at, **device))["id"]
    found: list[tuple[str, str]] = []
    for body, _, _ in SHOWN.findall(TEXT):
        filled = re.sub(r"<([a-z ]+)>", lambda match: ids[match[1]], body)
        answer = await tenant.post("/schedules/site", json.loads(filled))
        assert answer.status_code == 200, answer.text
        plan = answer.json()
        assert (plan["status"], plan["gap"]) == ("COMPLETE", 0), body
        found.append((f"{plan['cost']['total']:.2f}", f"{plan['baseline']['total']:.2f}"))

    assert found == [(cost, unplanned) for _, cost, unplanned in SHOWN.findall(TEXT)]
    assert len(found) == 10
