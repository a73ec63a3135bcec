"""Examples of the documentation, as JSON values."""

from typing import Any, Final

Json = dict[str, Any]

_HEX: Final = "01939f3a6b7c7d11a1b2c3d4e5f60718"
_DEVICE_ID: Final = "dev_01939f3a6b8d7a40b5c6d7e8f9012345"
_ACCOUNT_ID: Final = "acc_01939f2f00007abc8def0123456789ab"
_CUSTOMER_ID: Final = "cus_01939f3a00017e01a1b2c3d4e5f60718"

_NETTING: Final[Json] = {"period": "MONTH", "surplus": "CARRY", "carry_ends": 12}

_STANDARD: Final[Json] = {
    "live_mode": True,
    "account_id": _ACCOUNT_ID,
    "time_created": "2026-02-12T10:00:00Z",
}

SITE: Final[Json] = {
    "id": f"ste_{_HEX}",
    "object": "site",
    "live_mode": True,
    "status": "ACTIVE",
    "devices": [
        {
            "id": _DEVICE_ID,
            "type": "BATTERY_SYSTEM",
            "reference_id": "battery-17",
            "manufacturer": "Nova Systems",
            "model_code": "PICOXN2",
            "model_name": "Pico Ultimate",
            "time_created": "2026-02-12T10:00:00Z",
            "properties": {
                "power_rating_import_kwh": 14.2,
                "capacity_kwh": 123,
                "power_rating_export_kwh": 7,
            },
            "last_seen": "2026-03-22T11:12:21Z",
        }
    ],
    "time_created": "2026-02-12T10:00:00Z",
    "account_id": _ACCOUNT_ID,
    "reference_id": "home-17",
    "location_id": f"loc_{_HEX}",
    "timezone": "Europe/Amsterdam",
    "currency_code": "EUR",
    "netting": _NETTING,
    "metadata": {},
}

LOCATION: Final[Json] = {
    "id": f"loc_{_HEX}",
    "object": "location",
    **_STANDARD,
    "reference_id": "home-17",
    "customer_id": _CUSTOMER_ID,
    "postal_address": {
        "address_line1": "Damrak 1",
        "address_line2": None,
        "city": "Amsterdam",
        "state": None,
        "post_code": "1012 LG",
        "country_code": "NL",
        "verified": None,
    },
    "geo_location": {"lat": 52.3764, "lng": 4.8987},
    "timezone": "Europe/Amsterdam",
    "currency_code": "EUR",
    "max_power_import_kw": 17.3,
    "max_power_export_kw": 17.3,
    "netting": _NETTING,
    "metadata": {},
    "devices": [_DEVICE_ID],
    "tariffs": [],
    "consents": {
        "provider_tariff": False,
        "provider_bills": False,
        "provider_postal_address": False,
        "provider_grid_meter": False,
        "device_telemetry": False,
        "device_control": False,
        "time_created": None,
    },
}

DEVICE_BODY: Final[Json] = {
    "reference_id": "battery-17",
    "type": "BATTERY_SYSTEM",
    "locations": [f"loc_{_HEX}"],
    "manufacturer": "Nova Systems",
    "model_code": "PICOXN2",
    "model_name": "Pico Ultimate",
    "properties": {
        "power_rating_import_kwh": 14.2,
        "capacity_kwh": 123,
        "power_rating_export_kwh": 7,
    },
}

DEVICE: Final[Json] = {
    "id": _DEVICE_ID,
    "object": "device",
    **_STANDARD,
    **DEVICE_BODY,
    "metadata": {},
    "last_seen": "2026-03-22T11:12:21Z",
    "flex_enabled": False,
}

CUSTOMER_BODY: Final[Json] = {"reference_id": "customer-42", "metadata": {"plan": "green"}}

CUSTOMER: Final[Json] = {
    "id": _CUSTOMER_ID,
    "object": "customer",
    **_STANDARD,
    **CUSTOMER_BODY,
    "locations": [f"loc_{_HEX}"],
}

LOCATION_BODY: Final[Json] = {
    "reference_id": "home-17",
    "postal_address": {"city": "Amsterdam", "country_code": "NL"},
    "max_power_import_kw": 17.3,
    "netting": _NETTING,
}

SITE_BODY: Final[Json] = {
    **LOCATION_BODY,
    "devices": [{key: value for key, value in DEVICE_BODY.items() if key != "locations"}],
}


def _listed(url: str, item: Json) -> Json:
    return {"object": "list", "url": url, "has_more": False, "data": [item]}


SITE_LIST: Final = _listed("/sites", SITE)
LOCATION_LIST: Final = _listed("/locations", LOCATION)
DEVICE_LIST: Final = _listed("/devices", DEVICE)
CUSTOMER_LIST: Final = _listed("/customers", CUSTOMER)
STATE_BODY: Final[Json] = {
    "time": "2026-02-22T11:12:21Z",
    "state_of_charge_percent": 62.5,
    "target_state_of_charge_percent": 80,
    "battery_power_kw": 3.2,
    "backup_reserve_percent": 20,
    "record_reference_id": "telemetry-8812",
}
STATE_KEPT: Final[Json] = {
    "id": "dsr_01939f3a6b7c7d11a1b2c3d4e5f6071a",
    "object": "device_state",
    "device_id": _DEVICE_ID,
    "account_id": _ACCOUNT_ID,
    "live_mode": True,
    "time_created": "2026-02-22T11:12:22.031Z",
}
STATE: Final[Json] = {
    **STATE_KEPT,
    **STATE_BODY,
    "location_id": None,
    "energy_flow_direction": None,
    "energy_remaining_kwh": None,
}
STATE_LIST: Final = _listed(f"/devices/{_DEVICE_ID}/states", STATE)
