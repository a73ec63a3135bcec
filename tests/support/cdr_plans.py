"""Energy plans in the shape of the Consumer Data Standards, made by hand."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.engine import engine_prices
from wattyard.tariffs.adapters.cdr import tariffs_from_cdr
from wattyard.tariffs.adapters.imports import ContractDates, Imported
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.wire.rules import tariff_from_json

SYDNEY = ZoneInfo("Australia/Sydney")
REGION = CalendarRegion("Australia/Sydney", "AU", "NSW")
WEEK = ["MON", "TUE", "WED", "THU", "FRI"]
END = ["SAT", "SUN"]


def plan(*periods: dict[str, Any], **contract: Any) -> dict[str, Any]:
    """A plan detail as the standard answers one, of made-up rates."""
    return {
        "data": {
            "planId": "MADE-UP",
            "displayName": "Made up",
            "fuelType": "ELECTRICITY",
            "effectiveFrom": "2025-01-01T00:00:00Z",
            "electricityContract": {
                "pricingModel": "TIME_OF_USE",
                "timeZone": "LOCAL",
                "tariffPeriod": list(periods),
                **contract,
            },
        }
    }


def use(price: str, *times: tuple[list[str], str, str], **more: Any) -> dict[str, Any]:
    """One rate of some hours."""
    return {
        "type": "PEAK",
        "displayName": "named",
        "rates": [{"unitPrice": price, "measureUnit": "KWH"}],
        "timeOfUse": [{"days": d, "startTime": s, "endTime": e} for d, s, e in times],
        **more,
    }


TIME_OF_USE = {
    "startDate": "01-01",
    "endDate": "12-31",
    "dailySupplyCharge": "1.10",
    "rateBlockUType": "timeOfUseRates",
    "timeOfUseRates": [
        use("0.40", (WEEK, "15:00", "20:59")),
        use("0.20", (WEEK, "21:00", "15:00"), (END, "00:00", "23:59")),
    ],
}


def imported(
    document: dict[str, Any], *, allow_partial: bool = False, region: CalendarRegion = REGION
) -> Imported:
    """Import a plan at a place, and check that its tariffs can be stored."""
    made = tariffs_from_cdr(document, region, contract=ContractDates(), allow_partial=allow_partial)
    for body in made.bodies:
        body.pop("display_name")
        tariff_from_json(body, region)
    return made


def price_at(body: dict[str, Any], *when: int, counter_kwh: float = 0) -> float:
    """Ask the engine for the price of a local minute in Sydney."""
    at = datetime(*when, tzinfo=SYDNEY)
    (own,) = engine_prices(
        body,
        zone="Australia/Sydney",
        country="AU",
        state="NSW",
        start=at,
        end=at + timedelta(minutes=1),
        market=[],
        market_unit="KWH",
        now=at,
        counter_kwh=counter_kwh,
    )
    return own.value


def with_period(**more: Any) -> dict[str, Any]:
    """A plan whose only tariff period is TIME_OF_USE with changes."""
    return plan({**TIME_OF_USE, **more})


def demand(**more: Any) -> dict[str, Any]:
    """A monthly demand charge as retailers write it: the last minute as its end."""
    return {
        "displayName": "Peak demand",
        "amount": "9.90",
        "measureUnit": "KW",
        "days": WEEK,
        "startTime": "15:00",
        "endTime": "20:59",
        "measurementPeriod": "MONTH",
        "chargePeriod": "MONTH",
        **more,
    }


def stepped(*sizes: float | None, **more: Any) -> dict[str, Any]:
    """A rate of steps of those sizes: $0.1, $0.2 … per kWh."""
    rates = [{"unitPrice": f"0.{n + 1}", "volume": size} for n, size in enumerate(sizes)]
    return {"displayName": "All times", "rates": rates, **more}


def feed_in(**more: Any) -> dict[str, Any]:
    """A feed-in tariff around the clock, open to the end of all days."""
    return {
        "displayName": "Solar",
        "scheme": "OTHER",
        "payerType": "RETAILER",
        "startDate": "2024-11-07",
        "endDate": "9999-12-31",
        "tariffUType": "singleTariff",
        "singleTariff": {
            "period": "P1Y",
            "rates": [{"unitPrice": "0.05", "measureUnit": "KWH"}],
        },
        **more,
    }


def varying(*hours: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    """A feed-in tariff of (price, start, end) on all days."""
    tariffs = [
        {
            "type": "PEAK",
            "displayName": "named",
            "period": "P1Y",
            "rates": [{"unitPrice": price, **more}],
            "timeVariations": [{"days": [*WEEK, *END], "startTime": start, "endTime": end}],
        }
        for price, start, end in hours
    ]
    own = feed_in(tariffUType="timeVaryingTariffs", timeVaryingTariffs=tariffs)
    return {name: value for name, value in own.items() if name != "singleTariff"}


PERIOD = "electricityContract.tariffPeriod[0]"
SOLAR = "electricityContract.solarFeedInTariff"
