"""Examples of tariffs, market sources and prices, for the documents."""

from typing import Any

_ACCOUNT = "acc_01939f2f00007abc8def0123456789ab"
_LOCATION = "loc_01939f3a6b7c7d40a1b2c3d4e5f60718"
_SOURCE = "mrs_01939f3a6b7c7d22a1b2c3d4e5f60718"
_TARIFF = "trf_01939f3a6b7c7d33a1b2c3d4e5f60718"

_DAY_AND_NIGHT: list[Any] = [
    {
        "months": ["All"],
        "dates": [],
        "days_and_hours": [
            {
                "days": ["All"],
                "hours": [
                    {"valid_from": "07:00:00", "valid_to": "23:00:00", "rate": [{"value": 0.3124}]},
                    {"valid_from": "23:00:00", "valid_to": "07:00:00", "rate": [{"value": 0.1956}]},
                ],
            }
        ],
    }
]
_CAPACITY = {
    "kind": "DEMAND",
    "name": "capacity tariff",
    "amount_per_kw": 4.0,
    "window_minutes": 15,
    "minimum_kw": 2.5,
    "periods": 12,
}
TARIFF_BODY: dict[str, Any] = {
    "location_id": _LOCATION,
    "direction": "IMPORT",
    "type": "COMMODITY",
    "contract_start_date": "2027-01-01",
    "contract_end_date": "2028-01-01",
    "display_name": "Day and night",
    "schedule": _DAY_AND_NIGHT,
    "vat": 0.21,
    "charges": [
        {"kind": "DAILY", "amount": 0.22, "name": "standing charge"},
        _CAPACITY,
    ],
}
TARIFF: dict[str, Any] = {
    "direction": "IMPORT",
    "type": "COMMODITY",
    "contract_start_date": "2027-01-01",
    "contract_end_date": "2028-01-01",
    "schedule": _DAY_AND_NIGHT,
    "market_rates": False,
    "market_source_id": None,
    "devices": [],
    "vat": 0.21,
    "vat_included": True,
    "tier_reset": "MONTH",
    "tier_scope": "TARIFF",
    "cap_per_kwh": None,
    "floor_per_kwh": None,
    "charges": [{"kind": "DAILY", "name": "standing charge", "amount": 0.22}, _CAPACITY],
    "billing_day": 1,
    "billing_periods": [],
    "demand_window_minutes": None,
    "clock": "LOCAL",
    "holidays": None,
    "currency_conversion": None,
    "minimum_charge": None,
    "id": _TARIFF,
    "object": "tariff",
    "live_mode": True,
    "account_id": _ACCOUNT,
    "time_created": "2026-02-12T10:00:00Z",
    "location_id": _LOCATION,
    "display_name": "Day and night",
    "provider_id": None,
    "metadata": {},
    "is_linked": False,
    "connection_type": "MANUAL",
    "status": "CONNECTED",
    "is_temporary": False,
    "timezone": "Europe/Amsterdam",
    "currency_code": "EUR",
}
TARIFF_LIST = {"object": "list", "url": "/tariffs", "has_more": False, "data": [TARIFF]}

_SAMPLE_DAY = {
    "date": "2027-01-01",
    "weekday": "Fri",
    "kind": "HOLIDAY",
    "hours": 24.0,
    "prices": [
        {
            "valid_from": "2027-01-01T00:00:00+01:00",
            "valid_to": "2027-01-01T07:00:00+01:00",
            "value": 0.1956,
        }
    ],
}
CHECK = {
    "object": "tariff_check",
    "location_id": _LOCATION,
    "timezone": "Europe/Amsterdam",
    "currency_code": "EUR",
    "lowest": 0.1956,
    "highest": 0.3124,
    "mean": 0.273467,
    "week": [_SAMPLE_DAY],
    "clock_changes": [],
    "holiday": _SAMPLE_DAY,
    "holidays": [{"date": "2027-01-01", "weekday": "Fri", "name": "Nieuwjaarsdag"}],
    "seasons": [
        {
            "months": ["Jan"],
            "week": [
                {
                    "weekday": "Mon",
                    "prices": [
                        {"valid_from": "00:00:00", "valid_to": "07:00:00", "value": 0.1956},
                        {"valid_from": "07:00:00", "valid_to": "23:00:00", "value": 0.3124},
                        {"valid_from": "23:00:00", "valid_to": "24:00:00", "value": 0.1956},
                    ],
                }
            ],
        }
    ],
    "special_days": [],
    "warnings": [],
    "charges": [
        {"kind": "DAILY", "name": "standing charge", "text": "0.22 for each day"},
        {
            "kind": "DEMAND",
            "name": "capacity tariff",
            "text": "4 per kW of the highest 15 minutes of the billing month; at least 2.5 kW; the "
            "mean of 12 billing months, this one included",
            "examples": [{"peak_kw": 1.0, "amount": 10.0}, {"peak_kw": 5.0, "amount": 20.0}],
        },
    ],
}

IMPORT_QUERY = {
    "format": "urdb",
    "location_id": _LOCATION,
    "contract_start_date": "2028-01-01",
    "contract_end_date": "2029-01-01",
}
URDB_BODY: dict[str, Any] = {
    "name": "Residential",
    "utility": "A utility",
    "energyratestructure": [[{"rate": 0.12}]],
    "energyweekdayschedule": [[0] * 24] * 12,
    "energyweekendschedule": [[0] * 24] * 12,
}
IMPORTED = {"object": "tariff_import", "data": [TARIFF], "warnings": []}

SOURCE_BODY = {
    "code": "BELPEX",
    "currency_code": "EUR",
    "unit": "MWH",
    "timezone": "Europe/Brussels",
    "display_name": "Belgium, day ahead",
    "resolution_minutes": 15,
    "publishes_at": "12:55",
    "area": "BE",
}
SOURCE = {
    "id": _SOURCE,
    "object": "market_source",
    "live_mode": True,
    "account_id": _ACCOUNT,
    "time_created": "2026-02-12T10:00:00Z",
    **SOURCE_BODY,
    "last_updated": "2026-02-12T12:02:00Z",
    "published_until": "2026-02-13T23:00:00Z",
}
SOURCE_LIST = {"object": "list", "url": "/market-sources", "has_more": False, "data": [SOURCE]}
BATCH_BODY = [
    {
        "valid_from": "2026-02-12T23:00:00Z",
        "valid_to": "2026-02-12T23:15:00Z",
        "value": 84.12,
    },
    {
        "valid_from": "2026-02-12T23:15:00Z",
        "valid_to": "2026-02-12T23:30:00Z",
        "value": -3.5,
    },
]
BATCH = {
    "object": "market_price_batch",
    "market_source_id": _SOURCE,
    "records_submitted": 2,
    "records_accepted": 2,
    "records_changed": 0,
}
PUBLISHED_QUERY = {
    "start_time": "2026-02-12T23:00:00Z",
    "end_time": "2026-02-12T23:30:00Z",
}
PUBLISHED = {
    "object": "market_prices",
    "market_source_id": _SOURCE,
    "code": "BELPEX",
    "currency_code": "EUR",
    "unit": "MWH",
    "data": BATCH_BODY,
}

SITE_PRICES_BODY = {
    "start_time": "2026-03-01T00:00:00+01:00",
    "end_time": "2026-03-01T08:00:00+01:00",
}
PRICES_QUERY = {"location_id": _LOCATION, "date": "2026-03-01", "hours": "8"}
PRICE_NOW_QUERY = {"location_id": _LOCATION}
PRICE_NOW = {
    "object": "price_now",
    "location_id": _LOCATION,
    "currency_code": "EUR",
    "value": 0.1956,
    "confidence": 1.0,
    "start_time": "2026-02-28T22:00:00Z",
    "end_time": "2026-03-01T06:00:00Z",
    "next": {
        "value": 0.3124,
        "confidence": 1.0,
        "start_time": "2026-03-01T06:00:00Z",
        "end_time": "2026-03-01T22:00:00Z",
    },
}
PRICES_BODY = {"location_id": _LOCATION, **SITE_PRICES_BODY}
_QUOTE = {
    "live_mode": True,
    "account_id": _ACCOUNT,
    "time_created": "2026-02-12T10:00:00Z",
    "location_id": _LOCATION,
    "device_id": None,
    "location_timezone": "Europe/Amsterdam",
    "currency_code": "EUR",
    "tariff_direction": "IMPORT",
    "last_updated": "2026-02-12T10:00:00Z",
    "next_update": "2027-01-01T23:00:00Z",
}
PRICES = {
    "id": "prs_01939f3a6b7c7d44a1b2c3d4e5f60718",
    "object": "price",
    **_QUOTE,
    "data": [
        {
            "valid_from": "2026-03-01T00:00:00+01:00",
            "valid_to": "2026-03-01T07:00:00+01:00",
            "price": {"value": 0.1956, "confidence": 1.0},
        },
        {
            "valid_from": "2026-03-01T07:00:00+01:00",
            "valid_to": "2026-03-01T08:00:00+01:00",
            "price": {"value": 0.3124, "confidence": 1.0},
        },
    ],
}
AUDIT = {
    "id": "tra_01939f3a6b7c7d55a1b2c3d4e5f60718",
    "object": "price_audit",
    **_QUOTE,
    "data": [
        {
            "valid_from": "2026-03-01T00:00:00+01:00",
            "valid_to": "2026-03-01T08:00:00+01:00",
            "price": {
                "commodity_import": {
                    "value": 0.1956,
                    "vat": 0.033947,
                    "confidence": 1.0,
                    "temporary": False,
                    "tariff_id": _TARIFF,
                },
                "commodity_export": None,
                "non_commodity_import": None,
                "commodity_local": None,
                "total": 0.1956,
            },
        }
    ],
    "charges": [
        {
            "tariff_id": _TARIFF,
            "kind": "DAILY",
            "name": "standing charge",
            "text": "0.22 for each day",
        }
    ],
}
