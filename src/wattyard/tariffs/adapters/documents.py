"""Foreign tariff documents, by format, as tariffs that can be connected at a site."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final, Literal, NamedTuple

from wattyard.kernel import ids
from wattyard.kernel.refusals import Fault, Malformed
from wattyard.platform.decoding import convert
from wattyard.sites.domain.netting import Netting
from wattyard.sites.domain.sites import Site
from wattyard.tariffs.adapters.cdr import tariffs_from_cdr
from wattyard.tariffs.adapters.imports import (
    Allowance,
    ContractDates,
    DocumentCurrencyMismatch,
    Imported,
)
from wattyard.tariffs.adapters.octopus import tariffs_from_octopus
from wattyard.tariffs.adapters.urdb import tariffs_from_urdb
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.coverage import FAULT_LIMIT
from wattyard.tariffs.domain.plausible import implausible
from wattyard.tariffs.domain.prices import calendar_region
from wattyard.tariffs.domain.refusals import PriceImplausible
from wattyard.tariffs.wire.rules import judged_rules
from wattyard.tariffs.wire.tariffs import TariffBody, contract_draft

DocumentFormat = Literal["urdb", "octopus", "cdr"]

_CURRENCY: Final[Mapping[DocumentFormat, str]] = {"urdb": "USD", "octopus": "GBP", "cdr": "AUD"}
"""What the prices of a format are in; none of them says so itself."""


class Documented(NamedTuple):
    """What a document says of a site: tariffs, warnings, and how it nets, where it says so."""

    bodies: list[TariffBody]
    warnings: tuple[Fault, ...]
    netting: Netting | None


def tariff_bodies(
    format_: DocumentFormat,
    document: Mapping[str, Any] | list[Any],
    site: Site,
    *,
    contract: ContractDates,
    allow: Allowance,
) -> Documented:
    """Turn a document into bodies of `POST /tariffs` at a site, with warnings of what is left out.

    The dollars of a URDB rate are those of its `country`, the United States where it names none.

    Raises:
        Malformed: when it is no such document.
        UnsupportedComponent: naming every part that no tariff can express, unless allowed.
        ScheduleRefused: when its hours do not cover every day exactly once.
        PriceImplausible: naming prices beyond what they are anywhere, unless allowed.
        DocumentCurrencyMismatch: when the site pays in another currency.
    """
    region = calendar_region(site)
    try:
        found = _imported(format_, document, region, contract, allow_partial=allow.partial)
    except RecursionError:
        raise Malformed(
            f"the body is nested more deeply than a {format_} document", code="body_invalid"
        ) from None
    _check_currency(format_, document, site.currency_code)
    location_id = ids.wire("loc", site.id)
    bodies = [convert({**body, "location_id": location_id}, TariffBody) for body in found.bodies]
    beyond = [fault for body in bodies for fault in _implausible(body, region, site)]
    if beyond and not allow.implausible:
        raise PriceImplausible.of(beyond[:FAULT_LIMIT])
    return Documented(bodies, (*found.warnings, *beyond[:FAULT_LIMIT]), found.netting)


def _implausible(body: TariffBody, region: CalendarRegion, site: Site) -> list[Fault]:
    tariff = judged_rules(contract_draft(body).rules, region)
    return list(islice(implausible(tariff, site.currency_code), FAULT_LIMIT))


def _imported(
    format_: DocumentFormat,
    document: Mapping[str, Any] | list[Any],
    region: CalendarRegion,
    contract: ContractDates,
    *,
    allow_partial: bool,
) -> Imported:
    if format_ == "octopus":
        return tariffs_from_octopus(
            document, region, contract=contract, allow_partial=allow_partial
        )
    if not isinstance(document, Mapping):
        raise Malformed(
            f"the body must be an object: a {format_} document; got an array of {len(document)}",
            code="body_invalid",
        )
    if format_ == "cdr":
        return tariffs_from_cdr(document, region, contract=contract, allow_partial=allow_partial)
    return tariffs_from_urdb(document, contract=contract, allow_partial=allow_partial)


def _check_currency(
    format_: DocumentFormat, document: Mapping[str, Any] | list[Any], currency_code: str
) -> None:
    currency = _CURRENCY[format_]
    country = document.get("country") if isinstance(document, Mapping) else None
    abroad = format_ == "urdb" and country not in (None, "", "USA")
    if currency_code != currency and not abroad:
        raise DocumentCurrencyMismatch(
            f"prices of the format {format_} are in {currency}, "
            f"but the location pays in {currency_code}",
            param="location_id",
        )
