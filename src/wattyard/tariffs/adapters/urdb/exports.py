"""What a URDB rate says of exports: whether they cancel imports out (`dgrules`).

Source of the rules: the URDB rate format, and how NREL SAM bills it: net metering carries what
remains of a month on as energy, net billing by the hour pays for what remains of each.
"""

from collections.abc import Mapping
from typing import Any, Final

from wattyard.sites.domain.netting import Netting
from wattyard.tariffs.adapters.imports import Leftovers

_RULES: Final[Mapping[str, tuple[Netting | None, str]]] = {
    "net metering": (
        Netting("MONTH", "CARRY"),
        "exports cancel out imports of the month, what remains those of later ones, without an end",
    ),
    "net billing hourly": (
        Netting("HOUR"),
        "exports cancel out imports of the hour; what remains is paid by an EXPORT tariff",
    ),
    "net billing instantaneous": (None, "imports and exports count as they are metered"),
    "buy all sell all": (None, "imports and exports count as they are metered"),
}
_NOT_SAID: Final = frozenset({"", "0", "0.0", "false", "f", "no", "n"})
_OTHER: Final = "what exports are credited is not part of an import tariff"


def netting(raw: Mapping[str, Any], left: Leftovers) -> Netting | None:
    """Read how exports cancel imports out, and note it.

    `usenetmetering` is the older member: it decides where `dgrules` says nothing.
    """
    for name in ("dgrules", "dgRules", "usenetmetering"):
        said = str(raw.get(name) or "").strip().lower()
        if said in _NOT_SAID:
            continue
        rule = "net metering" if name == "usenetmetering" else said
        found, meaning = _RULES.get(rule, (None, _OTHER))
        left.note(name, meaning)
        return found
    return None
