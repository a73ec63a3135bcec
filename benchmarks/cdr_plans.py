"""Australian energy plans: read and judged, kept nowhere, on one core.

The plans are made up in the shapes of the register: seasons, bands with holidays, steps, demand,
feed-ins in bands and steps, and what retailers write beside prices.
"""

import os
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

from benchmarks.support.ground import SERVER_CORE, Ground, fastest, pin, verdict
from wattyard.sites.domain.sites import PostalAddress, Site
from wattyard.tariffs.adapters.documents import tariff_bodies
from wattyard.tariffs.adapters.imports import Allowance, ContractDates

_PLANS = 400
_GOAL_PER_SECOND = 400
_WEEK = ["MON", "TUE", "WED", "THU", "FRI"]
_EVERY = [*_WEEK, "SAT", "SUN"]
_SITE = Site(
    UUID(int=1),
    datetime(2025, 1, 1, tzinfo=UTC),
    "Australia/Sydney",
    "AUD",
    postal_address=PostalAddress(city="Sydney", state="NSW", country_code="AU"),
)
_BESIDE = {
    "pricingModel": "TIME_OF_USE",
    "isFixed": False,
    "terms": "of use",
    "paymentOption": ["DIRECT_DEBIT", "BPAY"],
    "fees": [{"type": "CONNECTION", "term": "FIXED", "amount": "60.18"}] * 6,
    "greenPowerCharges": [{"type": "FIXED_PER_UNIT", "displayName": "Green"}] * 3,
    "controlledLoad": [{"rateBlockUType": "singleRate", "displayName": "Hot water"}] * 2,
}


def run(ground: Ground) -> None:
    """Read plans as an import does, and judge their tariffs."""
    pin(os.getpid(), SERVER_CORE)
    random = Random(7)
    plans = [_plan(random, n) for n in range(_PLANS)]
    print(f"   {len(plans)} plans, {sum(_tariffs(plan) for plan in plans)} tariffs")
    took_ms, _ = fastest(lambda: [_tariffs(plan) for plan in plans], 5)
    rate = len(plans) / took_ms * 1000
    met = rate >= _GOAL_PER_SECOND
    verdict("plans read and judged per second", rate, f">= {_GOAL_PER_SECOND}", met=met)


def _tariffs(plan: dict[str, Any]) -> int:
    found = tariff_bodies(
        "cdr", plan, _SITE, contract=ContractDates("2025-07-01"), allow=Allowance(partial=True)
    )
    return len(found.bodies)


def _plan(random: Random, number: int) -> dict[str, Any]:
    periods = [_stepped(random)] if number % 3 == 0 else _by_use(random)
    contract = {**_BESIDE, "timeZone": random.choice(("LOCAL", "AEST"))}
    return {
        "data": {
            "planId": f"MADE-UP-{number}",
            "displayName": "Made up",
            "fuelType": "ELECTRICITY",
            "effectiveFrom": "2025-06-30T14:00:00Z",
            "geography": {"includedPostcodes": [str(2000 + n) for n in range(200)]},
            "electricityContract": {
                **contract,
                "tariffPeriod": periods,
                "solarFeedInTariff": _sold(random),
            },
        }
    }


def _price(random: Random) -> str:
    return f"{random.uniform(0.05, 0.6):.6f}"


def _stepped(random: Random) -> dict[str, Any]:
    rates = [{"unitPrice": _price(random), "volume": 15.5}, {"unitPrice": _price(random)}]
    return {
        "startDate": "07-01",
        "endDate": "06-30",
        "dailySupplyCharge": _price(random),
        "rateBlockUType": "singleRate",
        "singleRate": {"displayName": "Usage", "period": "P1D", "rates": rates},
    }


def _by_use(random: Random) -> list[dict[str, Any]]:
    supply = _price(random)
    return [
        {
            "startDate": start,
            "endDate": end,
            "dailySupplyCharge": supply,
            "rateBlockUType": "timeOfUseRates",
            "timeOfUseRates": [
                _use(random, (_WEEK, "15:00", "20:59")),
                _use(random, (_WEEK, "21:00", "06:59"), (["SAT", "SUN"], "00:00", "23:59")),
                _use(random, (_WEEK, "07:00", "14:59")),
            ],
        }
        for start, end in (("11-01", "03-31"), ("04-01", "10-31"))
    ]


def _use(random: Random, *times: tuple[list[str], str, str]) -> dict[str, Any]:
    return {
        "type": "PEAK",
        "displayName": "named",
        "period": "P1D",
        "rates": [{"unitPrice": _price(random), "measureUnit": "KWH"}],
        "timeOfUse": [{"days": d, "startTime": s, "endTime": e} for d, s, e in times],
    }


def _sold(random: Random) -> list[dict[str, Any]]:
    common = {"displayName": "Solar", "scheme": "OTHER", "payerType": "RETAILER"}
    if random.random() < 0.5:
        step = {"unitPrice": _price(random), "volume": "8.00"}
        rest = {"unitPrice": _price(random), "volume": "0.00"}
        return [
            {
                **common,
                "tariffUType": "singleTariff",
                "singleTariff": {"period": "P1D", "rates": [r]},
            }
            for r in (step, rest)
        ]
    bands = (("16:00", "20:59"), ("10:00", "15:59"), ("21:00", "09:59"))
    return [
        {
            **common,
            "tariffUType": "timeVaryingTariffs",
            "timeVaryingTariffs": {
                "period": "P1D",
                "rates": [{"unitPrice": _price(random), "volume": "0.00"}],
                "timeVariations": [{"days": _EVERY, "startTime": start, "endTime": end}],
            },
        }
        for start, end in bands
    ]
