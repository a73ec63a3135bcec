"""Main time zones of countries and states, and the zone at a point (contract 1, Locations)."""

from collections import defaultdict
from functools import lru_cache
from importlib.resources import files

from wattyard.kernel import civil
from wattyard.kernel.refusals import StateForbids


class TimezoneUndetermined(StateForbids):
    """The country or state has no main time zone: send `timezone`, `state` or `geo_location`."""

    code = "timezone_undetermined"


class GeoLocationNotFound(StateForbids):
    """`geo_location` lies where no country is: in the open sea, or at a pole."""

    code = "geo_location_not_found"


def main_zone(country: str, state: str | None) -> str:
    """Find the zone where at least 90 % of the people of a state, else of a country, live.

    Args:
        country: ISO 3166-1 alpha-2.
        state: ISO 3166-2 code without the country, None where unknown.

    Raises:
        TimezoneUndetermined: naming the candidates, where there is no such zone.
    """
    table = _main_zones()
    zones = table.get(f"{country}-{state}") or table.get(country) or _zones_of(country)
    if len(zones) == 1:
        return zones[0]
    place = f"{country}-{state}" if state else country
    if not zones:
        raise TimezoneUndetermined(f"no time zone is known for {place}; send timezone")
    raise TimezoneUndetermined(
        f"{place} has no main time zone: it may be {', '.join(zones)}; "
        "send timezone, geo_location" + ("" if state else " or postal_address.state"),
        param="timezone",
    )


def country_of(country: str, state: str | None) -> str:
    """Find the country whose zone and currency apply: some subdivisions have codes of their own.

    `country_of("NL", "CW")` is `CW`; nearly always it is `country`.
    """
    return _territories().get(f"{country}-{state}", country)


def zone_at(latitude: float, longitude: float) -> str:
    """Find the zone at a point, in degrees.

    Raises:
        GeoLocationNotFound: where no country's zone is.
    """
    found: str | None = _finder().timezone_at(lat=latitude, lng=longitude)
    if found is None or found.startswith("Etc/") or not civil.is_zone(found):
        raise GeoLocationNotFound(
            f"no country's time zone is known at {latitude}, {longitude}: check the sign and the "
            "order of lat and lng, or send timezone",
            param="geo_location",
        )
    return found


@lru_cache(maxsize=1)
def _finder():  # type: ignore[no-untyped-def]  # noqa: ANN202 (the library is imported when first used)
    from timezonefinder import TimezoneFinder  # noqa: PLC0415 (30 MiB of borders)

    return TimezoneFinder()


@lru_cache(maxsize=1)
def _main_zones() -> dict[str, list[str]]:
    """Our table: for a country or state its main zone, or the zones that share it."""
    rows = table_rows("main_zones.tsv")
    return {row[0]: row[1].split(" ") for row in rows}


@lru_cache(maxsize=1)
def _territories() -> dict[str, str]:
    return {row[0]: row[1] for row in table_rows("territories.tsv")}


def _zones_of(country: str) -> list[str]:
    return zones_by_country().get(country, [])


@lru_cache(maxsize=1)
def zones_by_country() -> dict[str, list[str]]:
    """List the zones of each country, from the tz database's zone.tab."""
    zones: dict[str, list[str]] = defaultdict(list)
    text = (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            zones[country].append(zone)
    return dict(zones)


def table_rows(name: str) -> list[list[str]]:
    """Read the rows of one of our tables, without its comments."""
    text = (files(__package__) / "tables" / name).read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
