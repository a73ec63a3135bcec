"""The sample fleet: 250 plausible sites in several countries, the same on every run."""

import random
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

Json = dict[str, Any]

SITES: Final = 250
CUSTOMERS: Final = 40
"""Each owns five sites; the last sites have no customer."""
SHOWN_SITE: Final = 198
"""A home in Amsterdam with panels, a battery and a car, on the market's prices."""
_SEED: Final = 20260201

_CITIES: Final = (
    ("NL", None, "Amsterdam", 52.37, 4.90, 17.3),
    ("NL", None, "Groningen", 53.22, 6.57, 17.3),
    ("BE", None, "Antwerpen", 51.22, 4.40, 9.2),
    ("DE", None, "Berlin", 52.52, 13.40, 22.0),
    ("DE", None, "München", 48.14, 11.58, 30.0),
    ("FR", None, "Lyon", 45.76, 4.84, 9.0),
    ("ES", None, "Valencia", 39.47, -0.38, 5.75),
    ("ES", "CN", "Las Palmas", 28.12, -15.43, 5.75),
    ("PT", "20", "Ponta Delgada", 37.74, -25.67, 6.9),
    ("GB", None, "Manchester", 53.48, -2.24, 18.0),
    ("IE", None, "Cork", 51.90, -8.47, 12.0),
    ("SE", None, "Göteborg", 57.71, 11.97, 13.8),
    ("NO", None, "Bergen", 60.39, 5.32, 14.5),
    ("PL", None, "Kraków", 50.06, 19.94, 16.5),
    ("US", "TX", "Austin", 30.27, -97.74, 48.0),
    ("US", "CA", "Oakland", 37.80, -122.27, 24.0),
    ("US", "NY", "Buffalo", 42.89, -78.88, 24.0),
    ("CA", "NL", "St. John's", 47.56, -52.71, 24.0),
    ("AU", "NSW", "Sydney", -33.87, 151.21, 14.5),
    ("AU", "SA", "Adelaide", -34.93, 138.60, 14.5),
    ("IN", "KA", "Bengaluru", 12.97, 77.59, 10.0),
)
"""Country, state, city, latitude, longitude, usual grid connection in kW."""

_BATTERIES: Final = (
    ("Nova Systems", "PICOXN2", "Pico Ultimate", 5.0, 13.5),
    ("Nova Systems", "PICOXN1", "Pico", 3.0, 6.5),
    ("Helia", "HB-10", "Helia Home 10", 4.6, 10.2),
    ("Voltara", "VS15", "Voltara Stack 15", 7.7, 15.4),
)
_CHARGERS: Final = (
    ("Ampwell", "AW11", "Ampwell 11", 11.0),
    ("Ampwell", "AW22", "Ampwell 22", 22.0),
    ("Kerbside", "KB7", "Kerb 7", 7.4),
)
_PUMPS: Final = (("Norrvarme", "NV-9", "Norrvarme 9", 3.2), ("Calorex", "CX-12", "CX 12", 4.1))
_PANELS: Final = (("Helia", "HP-6", "Helia Roof"), ("Sunfold", "SF-8", "Sunfold 8"))


def sample_sites(customers: Mapping[str, str] = MappingProxyType({})) -> Iterator[Json]:
    """Generate the fleet as bodies of `POST /sites`, each marked as a sample.

    `customers` has the ids of those that exist, by their references.
    """
    random_ = random.Random(_SEED)  # noqa: S311 (sample data, not secrets)
    for number in range(1, SITES + 1):
        country, state, city, latitude, longitude, grid_kw = random_.choice(_CITIES)
        owner = customers.get(customer_reference(number) or "")
        yield {
            "reference_id": f"sample-{number:04}",
            "status": "INACTIVE" if random_.random() < 0.05 else "ACTIVE",
            "postal_address": {
                "address_line1": f"{random_.randint(1, 180)} Sample Street",
                "city": city,
                "country_code": country,
                **({"state": state} if state else {}),
            },
            "geo_location": {
                "lat": round(latitude + random_.uniform(-0.02, 0.02), 4),
                "lng": round(longitude + random_.uniform(-0.02, 0.02), 4),
            },
            "max_power_import_kw": grid_kw,
            "max_power_export_kw": grid_kw,
            "metadata": {"sample": "true"},
            **({"customer_id": owner} if owner else {}),
            "devices": list(_devices(random_, number, latitude)),
        }


def customer_reference(number: int) -> str | None:
    """The reference of the customer who owns the sample site with this number (from 1)."""
    owner = (number + 4) // 5
    return f"sample-customer-{owner:02}" if owner <= CUSTOMERS else None


def _devices(random_: random.Random, number: int, latitude: float) -> Iterator[Json]:
    makers = {
        "battery": _battery(random_),
        "charger": _charger(random_),
        "pv": _pv(random_, latitude),
        "pump": _pump(random_),
    }
    chosen = random_.sample(sorted(makers), k=random_.choice((1, 2, 2, 2, 3)))
    for kind in chosen:
        yield {"reference_id": f"sample-{number:04}-{kind}", **makers[kind]}


def _named(type_: str, maker: str, code: str, name: str, properties: Json) -> Json:
    return {
        "type": type_,
        "manufacturer": maker,
        "model_code": code,
        "model_name": name,
        "properties": properties,
        "metadata": {"sample": "true"},
    }


def _battery(random_: random.Random) -> Json:
    maker, code, name, power_kw, capacity_kwh = random_.choice(_BATTERIES)
    return _named(
        "BATTERY_SYSTEM",
        maker,
        code,
        name,
        {
            "power_rating_import_kwh": power_kw,
            "power_rating_export_kwh": power_kw,
            "capacity_kwh": capacity_kwh,
            "battery": {"round_trip_efficiency": 0.9},
        },
    )


def _charger(random_: random.Random) -> Json:
    maker, code, name, power_kw = random_.choice(_CHARGERS)
    charger = {"max_power_kw": power_kw, "min_power_kw": 1.4, "v2g_capable": False}
    return _named("EV_CHARGER", maker, code, name, {"ev_charger": charger})


def _pv(random_: random.Random, latitude: float) -> Json:
    maker, code, name = random_.choice(_PANELS)
    peak_kw = round(random_.uniform(3.0, 11.0), 1)
    azimuth = (180 if latitude > 0 else 0) - random_.choice((0, 20, 45))
    return _named(
        "PV_SYSTEM",
        maker,
        code,
        name,
        {
            "install_date": f"20{random_.randint(15, 25)}-0{random_.randint(1, 9)}-15",
            "pv": {
                "peak_power_kw": peak_kw,
                "azimuth": azimuth,
                "tilt": random_.choice((15, 25, 35)),
                "forecasts_enabled": True,
            },
        },
    )


def _pump(random_: random.Random) -> Json:
    maker, code, name, power_kw = random_.choice(_PUMPS)
    pump = {"max_power_kw": power_kw, "min_power_kw": 0.8, "thermal_storage_litres": 200}
    return _named("HEAT_PUMP", maker, code, name, {"heat_pump": pump})
