"""What a URDB rate says that no tariff holds."""

from collections.abc import Mapping
from typing import Any, Final

from wattyard.tariffs.adapters.imports import Leftovers, known_fields
from wattyard.tariffs.adapters.urdb.shapes import UrdbRate, UrdbTier

_DESCRIBES: Final = frozenset(
    {
        "label",
        "uri",
        "revisions",
        "approved",
        "is_default",
        "utility",
        "eiaid",
        "country",
        "name",
        "description",
        "sector",
        "servicetype",
        "source",
        "sourceReference",
        "sourceparent",
        "supersedes",
        "supercedes",
        "startdate",
        "enddate",
        "latest_update",
        "mindemand",
        "maxdemand",
        "demandunits",
        "minconsumption",
        "maxconsumption",
        "serviceMax",
        "serviceMin",
        "voltagecategory",
        "voltageminimum",
        "voltagemaximum",
        "phasewiring",
        "peakkwcapacitymin",
        "peakkwcapacitymax",
        "peakkwcapacityhistory",
        "peakkwhusagemin",
        "peakkwhusagemax",
        "peakkwhusagehistory",
        "energytoulabels",
        "demandtoulabels",
        "minenergy",
        "maxenergy",
        "isdefault",
        "utility_id",
        "utility_name",
    }
)
_NOTES: Final = {
    "energyattrs": "free texts are not read",
    "demandattrs": "free texts are not read",
    "fixedattrs": "free texts are not read",
}
_UNITS: Final = frozenset(
    {"flatDemandUnits", "flatdemandunit", "demandRateUnits", "demandrateunit"}
)
_EXPORTS: Final = frozenset({"dgrules", "dgRules", "usenetmetering"})
_STRUCTURES: Final = ("energyratestructure", "flatdemandstructure", "demandratestructure")
_TIER_PARTS: Final = UrdbTier.__struct_fields__


def name_unread(raw: Mapping[str, Any], left: Leftovers) -> None:
    """Name the members that have no counterpart, and note those that say nothing of prices."""
    read = _DESCRIBES | _UNITS | _EXPORTS | known_fields(raw, UrdbRate).keys()
    for name, value in raw.items():
        described = name in read or name.startswith("_") or name.endswith("comments")
        if described or _is_nothing(value):
            continue
        if name in _NOTES:
            left.note(name, _NOTES[name])
        else:
            left.unsupported(name, "this part of a URDB rate has no counterpart")
    for name in _STRUCTURES:
        tiers = [tier for period in raw.get(name, []) for tier in period]
        for part in sorted({part for tier in tiers for part in tier} - set(_TIER_PARTS)):
            left.unsupported(f"{name}.{part}", "this part of a URDB tier has no counterpart")


def _is_nothing(value: object) -> bool:
    """Check whether a member charges nothing: empty, zero, or a zero for each month."""
    if isinstance(value, list):
        return all(_is_nothing(one) for one in value)
    return value in (None, 0, "", False)
