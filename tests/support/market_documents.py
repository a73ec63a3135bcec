"""Documents as market sources write them, made from prices that a test chooses."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

Prices = Sequence[tuple[datetime, datetime, Decimal]]
"""Start, end (UTC), and the price as the source writes it."""


def laid_out(start: datetime, step: timedelta, prices: Sequence[Any]) -> list[Any]:
    """Lay prices out from `start`, one each step."""
    return [
        (start + n * step, start + (n + 1) * step, Decimal(str(price)))
        for n, price in enumerate(prices)
    ]


def octopus(prices: Prices, *, following: str | None = None, **more: Any) -> str:
    """A page of unit rates, newest first, of prices in pence without VAT (5 % of it are due)."""
    results = [
        {
            "value_exc_vat": float(price),
            "value_inc_vat": float(price * Decimal("1.05")),
            "valid_from": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "valid_to": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "payment_method": None,
            **more,
        }
        for start, end, price in reversed(prices)
    ]
    page = {"count": len(results), "next": following, "previous": None, "results": results}
    return json.dumps(page)


def energy_charts(prices: Prices, *, unit: str = "EUR / MWh") -> str:
    return json.dumps(
        {
            "license_info": "CC BY 4.0 (creativecommons.org/licenses/by/4.0)",
            "unix_seconds": [int(start.timestamp()) for start, _, _ in prices],
            "price": [float(price) for _, _, price in prices],
            "unit": unit,
            "deprecated": False,
        }
    )


def awattar(prices: Prices, *, unit: str = "Eur/MWh") -> str:
    data = [
        {
            "start_timestamp": int(start.timestamp()) * 1000,
            "end_timestamp": int(end.timestamp()) * 1000,
            "marketprice": float(price),
            "unit": unit,
        }
        for start, end, price in prices
    ]
    return json.dumps({"object": "list", "data": data, "url": "/at/v1/marketdata"})


def nord_pool(
    prices: Prices, *, area: str = "NO2", currency: str = "EUR", state: str = "Final"
) -> str:
    return json.dumps(
        {
            "deliveryDateCET": "2025-03-30",
            "version": 3,
            "updatedAt": "2025-03-29T11:58:12.1234567Z",
            "deliveryAreas": [area],
            "market": "DayAhead",
            "multiAreaEntries": [
                {
                    "deliveryStart": f"{start:%Y-%m-%dT%H:%M:%SZ}",
                    "deliveryEnd": f"{end:%Y-%m-%dT%H:%M:%SZ}",
                    "entryPerArea": {area: float(price)},
                }
                for start, end, price in prices
            ],
            "blockPriceAggregates": [],
            "currency": currency,
            "exchangeRate": 1,
            "areaStates": [{"state": state, "areas": [area]}],
            "areaAverages": [],
        }
    )


def csv_text(prices: Prices) -> str:
    rows = [f"{start.isoformat()},{end.isoformat()},{price}\n" for start, end, price in prices]
    return "valid_from,valid_to,value\n" + "".join(rows)


def period(
    start: datetime, end: datetime, resolution: str, points: Sequence[tuple[int, Any]]
) -> str:
    told = "".join(
        f"<Point><position>{position}</position><price.amount>{price}</price.amount></Point>\n"
        for position, price in points
    )
    return (
        f"<Period><timeInterval><start>{_minute(start)}</start><end>{_minute(end)}</end>"
        f"</timeInterval>\n<resolution>{resolution}</resolution>\n{told}</Period>\n"
    )


def series(*periods: str, curve: str = "A03", **more: str) -> str:
    """A time series; `more` tells other elements: `currency`, `unit`, `contract`, `sequence`."""
    sequence = "classificationSequence_AttributeInstanceComponent.position"
    placed = f"<{sequence}>{more['sequence']}</{sequence}>\n" if "sequence" in more else ""
    contract = more.get("contract", "A01")
    return (
        "<TimeSeries>\n<mRID>1</mRID>\n<auction.type>A01</auction.type>\n"
        f"<contract_MarketAgreement.type>{contract}</contract_MarketAgreement.type>\n"
        f"<currency_Unit.name>{more.get('currency', 'EUR')}</currency_Unit.name>\n"
        f"<price_Measure_Unit.name>{more.get('unit', 'MWH')}</price_Measure_Unit.name>\n"
        f"{placed}<curveType>{curve}</curveType>\n{''.join(periods)}</TimeSeries>\n"
    )


def publication(*all_series: str, kind: str = "A44", before: str = "") -> str:
    space = "urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n{before}'
        f'<Publication_MarketDocument xmlns="{space}">\n<mRID>c3</mRID>\n<type>{kind}</type>\n'
        f"{''.join(all_series)}</Publication_MarketDocument>\n"
    )


def acknowledgement(text: str, code: str = "999") -> str:
    space = "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Acknowledgement_MarketDocument xmlns="{space}">'
        f"<mRID>a1</mRID><Reason><code>{code}</code><text>{text}</text></Reason>"
        "</Acknowledgement_MarketDocument>"
    )


def entsoe(prices: Prices, *, step: timedelta, **more: str) -> str:
    """A publication of prices that touch, as A03: positions that repeat are left out."""
    start, end = prices[0][0], prices[-1][1]
    runs = groupby(enumerate(prices, start=1), key=lambda own: own[1][2])
    points = [(next(own)[0], price) for price, own in runs]
    resolution = f"PT{step // timedelta(minutes=1)}M"
    return publication(series(period(start, end, resolution, points), **more))


def query_instant(query: Mapping[str, str], name: str) -> datetime:
    """Read an instant that a feed asks for, in any of the ways that sources want it written."""
    text = query[name]
    if text.isdigit() and len(text) == len("202503292300"):
        return datetime.strptime(text, "%Y%m%d%H%M").replace(tzinfo=UTC)
    if text.isdigit():
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    return datetime.fromisoformat(text)


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%MZ}"
