"""Documents of foreign tariffs, and what becomes of them at a place."""

from typing import Any

from tests.support.world import AMSTERDAM, Tenant

YEAR = "&contract_start_date=2026-01-01&contract_end_date=2027-01-01"
WORKING = ["MON", "TUE", "WED", "THU", "FRI"]
REST = ["SAT", "SUN"]


async def place(tenant: Tenant, country: str, city: str = "", state: str | None = None) -> str:
    address = {**AMSTERDAM, "city": city or country, "country_code": country}
    if state:
        address["state"] = state
    return (await tenant.make("/locations", {"postal_address": address}))["id"]


async def imported(tenant: Tenant, kind: str, at: str, document: Any, more: str = "") -> Any:
    path = f"/tariffs/import?format={kind}&location_id={at}{more}"
    return await tenant.post(path, document)


async def nothing_stored(tenant: Tenant, at: str) -> bool:
    kept = (await tenant.get("/tariffs")).json()["data"]
    shown = (await tenant.get(f"/locations/{at}")).json()["tariffs"]
    told = (await tenant.get("/events?event_type=tariff.create")).json()["data"]
    return not (kept or shown or told)


def urdb(**more: Any) -> dict[str, Any]:
    """A time-of-use rate as the public API answers one: dearer from 16 to 21 on weekdays."""
    day = [0] * 16 + [1] * 5 + [0] * 3
    return {
        "label": "made-up",
        "name": "Time of day",
        "utility": "Made-up Power",
        "sector": "Residential",
        "energyratestructure": [[{"rate": 0.1, "adj": 0.01, "unit": "kWh"}], [{"rate": 0.3}]],
        "energyweekdayschedule": [day] * 12,
        "energyweekendschedule": [[0] * 24] * 12,
        "fixedchargefirstmeter": 12.5,
        "fixedchargeunits": "$/month",
        **more,
    }


def octopus(*rates: tuple[str | None, str | None, float], **more: Any) -> dict[str, Any]:
    """Unit rates in pence as a product's page of them."""
    results = [
        {
            "value_exc_vat": round(pence / 1.05, 4),
            "value_inc_vat": pence,
            "valid_from": start,
            "valid_to": end,
            "payment_method": None,
            **more,
        }
        for start, end, pence in rates
    ]
    return {"count": len(results), "next": None, "previous": None, "results": results}


def cdr(**contract: Any) -> dict[str, Any]:
    """A plan as the Product Reference Data API answers one, prices without GST."""
    period = {
        "displayName": "All year",
        "startDate": "01-01",
        "endDate": "12-31",
        "dailySupplyCharge": "1.00",
        "rateBlockUType": "timeOfUseRates",
        "timeOfUseRates": [
            {
                "displayName": "Peak",
                "type": "PEAK",
                "rates": [{"unitPrice": "0.40", "measureUnit": "KWH"}],
                "timeOfUse": [{"days": WORKING, "startTime": "15:00", "endTime": "20:59"}],
            },
            {
                "displayName": "Other times",
                "type": "OFF_PEAK",
                "rates": [{"unitPrice": "0.20", "measureUnit": "KWH"}],
                "timeOfUse": [
                    {"days": WORKING, "startTime": "21:00", "endTime": "14:59"},
                    {"days": ["SAT", "SUN"], "startTime": "00:00", "endTime": "23:59"},
                ],
            },
        ],
    }
    return {
        "data": {
            "planId": "MADE-UP1",
            "displayName": "Made up",
            "brand": "made",
            "brandName": "Made",
            "fuelType": "ELECTRICITY",
            "type": "MARKET",
            "customerType": "RESIDENTIAL",
            "effectiveFrom": "2025-01-01T00:00:00Z",
            "lastUpdated": "2025-01-01T00:00:00Z",
            "electricityContract": {
                "pricingModel": "TIME_OF_USE",
                "timeZone": "LOCAL",
                "isFixed": False,
                "paymentOption": ["DIRECT_DEBIT"],
                "billFrequency": ["P1M"],
                "tariffPeriod": [period],
                **contract,
            },
        },
        "links": {"self": "this plan"},
        "meta": {},
    }


SOLAR = {
    "displayName": "Feed-in",
    "scheme": "OTHER",
    "payerType": "RETAILER",
    "tariffUType": "singleTariff",
    "singleTariff": {"rates": [{"unitPrice": "0.05", "measureUnit": "KWH"}]},
}
