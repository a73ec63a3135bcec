"""Foreign tariff documents, by format, as tariffs that can be connected at a place."""

from collections.abc import Mapping
from typing import Any, Literal

from wattyard.kernel.refusals import Fault, Malformed
from wattyard.platform.reading import convert
from wattyard.tariffs.adapters.cdr import tariffs_from_cdr
from wattyard.tariffs.adapters.imports import Contract
from wattyard.tariffs.adapters.octopus import tariffs_from_octopus
from wattyard.tariffs.adapters.urdb import tariffs_from_urdb
from wattyard.tariffs.domain.calendar import Place
from wattyard.tariffs.wire.tariffs import TariffBody

DocumentFormat = Literal["urdb", "octopus", "cdr"]


def tariff_bodies(
    format_: DocumentFormat,
    document: Mapping[str, Any] | list[Any],
    location_id: str,
    place: Place,
    *,
    contract: Contract,
    allow_partial: bool,
) -> tuple[list[TariffBody], tuple[Fault, ...]]:
    """Turn a document into bodies of `POST /tariffs`, with warnings of what they do not hold.

    Raises:
        Malformed: when it is no such document.
        UnsupportedComponent: naming every part that no tariff can express, unless
            `allow_partial`.
    """
    if format_ == "octopus":
        found = tariffs_from_octopus(
            document, place, contract=contract, allow_partial=allow_partial
        )
    elif not isinstance(document, Mapping):
        raise Malformed(
            f"the body must be an object: a {format_} document; got an array of {len(document)}",
            code="body_invalid",
        )
    elif format_ == "cdr":
        found = tariffs_from_cdr(document, place, contract=contract, allow_partial=allow_partial)
    else:
        found = tariffs_from_urdb(document, contract=contract, allow_partial=allow_partial)
    bodies = [convert({**body, "location_id": location_id}, TariffBody) for body in found.bodies]
    return bodies, found.warnings
