"""What follows from an address: checked codes, time zone, currency (contract 1, Locations).

Countries are ISO 3166-1 (the tz database's iso3166.tab), states ISO 3166-2 (our table),
currencies ISO 4217 (Unicode CLDR through babel, corrected where it lags).
"""

import difflib
import unicodedata
from collections import defaultdict
from functools import lru_cache
from importlib.resources import files
from typing import Final

from wattyard.kernel import civil
from wattyard.kernel.ids import shown
from wattyard.kernel.refusals import Fault, Malformed, Refusal, StateForbids
from wattyard.kernel.values import dataclass
from wattyard.sites.domain import time_zones
from wattyard.sites.domain.time_zones import GeoLocationNotFound, TimezoneUndetermined

TENDER_CORRECTIONS: Final = {
    "BG": "EUR",  # the euro since 2026-01-01, after babel's data
    "BT": "BTN",  # babel lists the Indian rupee first, which is tender beside it
    "HT": "HTG",
    "LS": "LSL",  # the rand is tender beside it
    "NA": "NAD",  # the same
    "PA": "PAB",  # the dollar is tender beside it
    "ZW": "ZWG",  # babel lists the dollar first
}
"""Legal tender where babel lags or lists a foreign currency first."""


class CountryCodeInvalid(Malformed):
    """`country_code` is not an upper-case ISO 3166-1 alpha-2 code."""

    code = "country_code_invalid"


class CountryCodeMissing(Malformed):
    """An address needs its `country_code` (or send `timezone` and `currency_code`)."""

    code = "country_code_missing"


class CityMissing(Malformed):
    """An address needs its `city` (or send `timezone` and `currency_code`)."""

    code = "city_missing"


class StateMissing(Malformed):
    """An address in the US needs its `state`."""

    code = "state_missing"


class StateInvalid(Malformed):
    """`state` is neither an ISO 3166-2 code of the country nor the name of one."""

    code = "state_invalid"


class TimezoneInvalid(Malformed):
    """`timezone` is not a name in the tz database."""

    code = "timezone_invalid"


class CurrencyCodeInvalid(Malformed):
    """`currency_code` is not an ISO 4217 code of a currency in use."""

    code = "currency_code_invalid"


class CurrencyUndetermined(StateForbids):
    """The country has no legal tender of its own: send `currency_code`."""

    code = "currency_code_undetermined"


REFUSALS: Final[tuple[type[Refusal], ...]] = (
    CityMissing,
    CountryCodeMissing,
    CountryCodeInvalid,
    StateMissing,
    StateInvalid,
    TimezoneInvalid,
    CurrencyCodeInvalid,
    TimezoneUndetermined,
    CurrencyUndetermined,
    GeoLocationNotFound,
)
"""Every refusal of `settle`."""

_COUNTRY: Final = "postal_address.country_code"
_STATE: Final = "postal_address.state"
_CITY: Final = "postal_address.city"


@dataclass(frozen=True, slots=True)
class ZoneAndCurrency:
    """The time zone and currency of a location."""

    timezone: str
    currency_code: str


@dataclass(frozen=True, slots=True)
class ZoneAndCurrencyRequest:
    """A client's address, point, zone and currency, not checked yet."""

    country_code: str | None = None
    state: str | None = None
    city: str | None = None
    geo_location: tuple[float, float] | None = None
    """Latitude and longitude, degrees."""
    timezone: str | None = None
    currency_code: str | None = None


def check(request: ZoneAndCurrencyRequest) -> None:
    """Check the codes, and that there are enough of them.

    Required: a city and a country (and a state in the US), or both time zone and currency.

    Raises:
        Malformed: with every fault.
    """
    faults = [*_missing(request), *_wrong(request)]
    if faults:
        raise Malformed.of(faults)


def settle(request: ZoneAndCurrencyRequest) -> ZoneAndCurrency:
    """Check a request and settle time zone and currency.

    The zone is the one given, else that at the point, else the main zone of the state, else of
    the country. The currency is the one given, else the country's legal tender today.

    Raises:
        Malformed: as `check` does.
        StateForbids: when zone or currency do not follow from the request.
    """
    check(request)
    return ZoneAndCurrency(
        request.timezone or _zone(request), request.currency_code or _currency(request)
    )


def derived(request: ZoneAndCurrencyRequest) -> tuple[str | None, str | None]:
    """Find which time zone and currency follow from an address or point alone, if any."""
    try:
        zone = _zone(request)
    except Refusal:
        zone = None
    try:
        currency = _currency(request)
    except Refusal:
        currency = None
    return zone, currency


def _zone(request: ZoneAndCurrencyRequest) -> str:
    if request.geo_location is not None:
        return time_zones.zone_at(*request.geo_location)
    country = request.country_code or ""
    state = state_code(country, request.state)
    own = time_zones.country_of(country, state)
    return time_zones.main_zone(own, state if own == country else None)


def _currency(request: ZoneAndCurrencyRequest) -> str:
    country = request.country_code or ""
    tender = tender_of(time_zones.country_of(country, state_code(country, request.state)))
    if tender is None:
        raise CurrencyUndetermined(
            f"no legal tender follows from country {request.country_code or 'none'}; "
            "send currency_code",
            param="currency_code",
        )
    return tender


def _missing(request: ZoneAndCurrencyRequest) -> list[Fault]:
    if request.timezone is not None and request.currency_code is not None:
        return []
    hint = "or send both timezone and currency_code"
    faults = []
    if request.city is None:
        faults.append(Fault(CityMissing.code, f"{_CITY} is required, {hint}", _CITY))
    if request.country_code is None:
        faults.append(Fault(CountryCodeMissing.code, f"{_COUNTRY} is required, {hint}", _COUNTRY))
    if request.country_code == "US" and request.state is None:
        faults.append(
            Fault(StateMissing.code, f"{_STATE} is required in the US, such as TX", _STATE)
        )
    return faults


def _wrong(request: ZoneAndCurrencyRequest) -> list[Fault]:
    faults = []
    known_country = request.country_code is not None and request.country_code in countries()
    if request.country_code is not None and not known_country:
        faults.append(_wrong_country(request.country_code))
    if known_country and request.state is not None:
        try:
            state_code(request.country_code or "", request.state)
        except StateInvalid as refusal:
            faults.append(refusal.first)
    if request.timezone is not None and not civil.is_zone(request.timezone):
        faults.append(_wrong_zone(request.timezone))
    if request.currency_code is not None and request.currency_code not in currencies():
        faults.append(
            Fault(
                CurrencyCodeInvalid.code,
                "currency_code must be an ISO 4217 code in use, such as EUR; "
                f"got {shown(request.currency_code)}",
                "currency_code",
            )
        )
    return faults


def _wrong_country(code: str) -> Fault:
    hint = f"; did you mean {code.upper()}?" if code.upper() in countries() else ""
    return Fault(
        CountryCodeInvalid.code,
        f"{_COUNTRY} must be an ISO 3166-1 alpha-2 code, such as NL; got {shown(code)}{hint}",
        _COUNTRY,
    )


def _wrong_zone(name: str) -> Fault:
    known = {
        zone.lower(): zone for group in time_zones.zones_by_country().values() for zone in group
    }
    near = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"; did you mean {known[near[0]]}?" if near else ""
    return Fault(
        TimezoneInvalid.code,
        "timezone must be a name in the tz database, such as Europe/Amsterdam; "
        f"got {shown(name)}{hint}",
        "timezone",
    )


def state_code(country: str, state: str | None) -> str | None:
    """Read a state: `TX`, `US-TX` or `Texas` are all `TX`; None stays None.

    Raises:
        StateInvalid: when the country has no such subdivision.
    """
    if state is None:
        return None
    codes, names = _states().get(country, ({}, {}))
    code = state.removeprefix(f"{country}-")
    if code in codes:
        return code
    if named := names.get(_folded(state)):
        return named
    near = difflib.get_close_matches(_folded(state), names, n=3) or list(names)[:3]
    examples = dict.fromkeys(names[name] for name in near if names[name])
    listed = ", ".join(f"{one} ({codes[one]})" for one in examples) or "none"
    raise StateInvalid(
        f"{_STATE} must be an ISO 3166-2 code of {country} or its name, such as {listed}; "
        f"got {shown(state)}",
        param=_STATE,
    )


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """List the ISO 3166-1 alpha-2 codes."""
    text = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text("utf-8")
    return frozenset(line[:2] for line in text.splitlines() if not line.startswith("#"))


@lru_cache(maxsize=512)
def tender_of(country: str) -> str | None:
    """Find a country's legal tender today (ISO 4217), None where it has none."""
    from babel.numbers import get_territory_currencies  # noqa: PLC0415 (15 ms, first use only)

    if country in TENDER_CORRECTIONS:
        return TENDER_CORRECTIONS[country]
    found: list[str] = get_territory_currencies(country, tender=True)
    return found[0] if found else None


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """List the currencies that are legal tender somewhere today."""
    from babel.numbers import get_territory_currencies  # noqa: PLC0415 (first use only)

    found = {code for country in countries() for code in get_territory_currencies(country)}
    return frozenset(found | set(TENDER_CORRECTIONS.values())) - {"BGN"}


@lru_cache(maxsize=1)
def _states() -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """By country: names by code, and codes by folded name (empty where several share it)."""
    states: dict[str, tuple[dict[str, str], dict[str, str]]] = defaultdict(lambda: ({}, {}))
    listed = [
        (c, code, names.split("|")) for c, code, names in time_zones.table_rows("subdivisions.tsv")
    ]
    for country, code, (main, *_) in listed:
        states[country][0][code] = main
    for first in (True, False):  # a main name is never hidden by another one's other name
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for country, code, names in listed:
            for name in names[:1] if first else names[1:]:
                if _folded(name) not in states[country][1]:
                    found[country, _folded(name)].add(code)
        for (country, name), codes in found.items():
            states[country][1][name] = codes.pop() if len(codes) == 1 else ""
    return dict(states)


def _folded(name: str) -> str:
    """Fold case and accents: `São Paulo` and `sao paulo` are the same name."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
