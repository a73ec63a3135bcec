"""The members of an energy plan of the Consumer Data Right that no tariff holds, by name.

Members that describe a plan are passed over; any other that is not read is named, those of
versions of the standard to come too.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from wattyard.tariffs.adapters.cdr.shapes import (
    CdrContract,
    CdrDays,
    CdrDemand,
    CdrFeedIn,
    CdrFeedInSingle,
    CdrFeedInVariation,
    CdrPeriod,
    CdrRate,
    CdrSingle,
    CdrTime,
    CdrTimeOfUse,
)
from wattyard.tariffs.adapters.imports import Leftovers

_PLAN_DESCRIBES: Final = frozenset(
    [
        "planId",
        "effectiveFrom",
        "effectiveTo",
        "lastUpdated",
        "displayName",
        "description",
        "type",
        "fuelType",
        "brand",
        "brandName",
        "applicationUri",
        "additionalInformation",
        "customerType",
        "geography",
        "electricityContract",
    ]
)
_DESCRIBES: Final[Mapping[type[msgspec.Struct], frozenset[str]]] = {
    CdrContract: frozenset(
        [
            "pricingModel",
            "isFixed",
            "variation",
            "onExpiryDescription",
            "paymentOption",
            "intrinsicGreenPower",
            "eligibility",
            "additionalFeeInformation",
            "termType",
            "benefitPeriod",
            "terms",
            "meterTypes",
            "coolingOffDays",
            "billFrequency",
        ]
    ),
    CdrPeriod: frozenset(["type", "displayName", "dailySupplyChargeType"]),
    CdrSingle: frozenset(["displayName", "description"]),
    CdrTimeOfUse: frozenset(["displayName", "description", "type", "name"]),
    CdrDemand: frozenset({"description"}),
    CdrFeedIn: frozenset(["description"]),
    CdrFeedInVariation: frozenset(["displayName", "type"]),
}
_PARTS: Final[Mapping[type[msgspec.Struct], Mapping[str, type[msgspec.Struct]]]] = {
    CdrContract: {"tariffPeriod": CdrPeriod, "solarFeedInTariff": CdrFeedIn},
    CdrPeriod: {
        "singleRate": CdrSingle,
        "timeOfUseRates": CdrTimeOfUse,
        "demandCharges": CdrDemand,
    },
    CdrSingle: {"rates": CdrRate},
    CdrTimeOfUse: {"rates": CdrRate, "timeOfUse": CdrTime},
    CdrTime: {"days": CdrDays},
    CdrDemand: {"days": CdrDays},
    CdrFeedIn: {"singleTariff": CdrFeedInSingle, "timeVaryingTariffs": CdrFeedInVariation},
    CdrFeedInSingle: {"rates": CdrRate},
    CdrFeedInVariation: {"rates": CdrRate, "timeVariations": CdrTime},
}
_MEANINGS: Final = {
    "controlledLoad": "a separately metered load",
    "discounts": "discounts on the bill",
    "incentives": "incentives",
    "fees": "fees that do not follow from energy or time",
    "greenPowerCharges": "green power that may be chosen",
    "bandedDailySupplyCharges": "a supply charge in bands",
    "generalUnitPrice": "a quota of energy that is paid for as a whole",
}
_QUOTA: Final = "QUOTA"


def name_unread(plan: Mapping[str, Any], contract: Mapping[str, Any], left: Leftovers) -> None:
    """Name every member of a plan, and of its electricity contract, that no tariff holds."""
    for name, value in plan.items():
        if name not in _PLAN_DESCRIBES and not name.startswith("_") and _says(value):
            left.unsupported(name, "this part of a plan has no counterpart")
    for path, name in _unread(contract, CdrContract, "electricityContract"):
        left.unsupported(path, _MEANINGS.get(name, "this part of a plan has no counterpart"))
    if contract.get("pricingModel") == _QUOTA:
        left.unsupported("electricityContract.pricingModel", _MEANINGS["generalUnitPrice"])


def _says(value: object) -> bool:
    return value is not False and value not in (None, "", [], {})


def _unread(
    raw: Mapping[str, Any], shape: type[msgspec.Struct], path: str
) -> Iterator[tuple[str, str]]:
    known = _DESCRIBES.get(shape, frozenset()) | set(shape.__struct_fields__)
    parts = _PARTS.get(shape, {})
    for name, value in raw.items():
        if name not in known and _says(value):
            yield f"{path}.{name}", name
        elif name in parts:
            for place, one in _ones(value, f"{path}.{name}"):
                yield from _unread(one, parts[name], place)


def _ones(value: object, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        yield path, value
    elif isinstance(value, list):
        for n, one in enumerate(value):
            yield from _ones(one, f"{path}[{n}]")
