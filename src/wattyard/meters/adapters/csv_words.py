"""Words that suppliers write into columns: how sure a value is, what flowed, and which way.

Words of exports in Dutch, French, German, Spanish and English. A word is looked for in columns
that nobody named, so that a row which says of itself that it is no energy from the grid is not
taken for it.
"""

import re
from typing import Final

ESTIMATED: Final = 0.7
"""The confidence of an estimated value."""

_ESTIMATED: Final = (
    # English
    "estimated", "estimate", "est", "est.", "substituted", "interpolated", "calculated", "forecast",
    "provisional", "final substituted",
    # Dutch
    "geschat", "schatting", "geïnterpoleerd", "berekend", "voorlopig", "vervangen",
    # French
    "estimé", "estimée", "estime", "estimee", "estimation", "calculé", "calculée", "corrigé",
    "corrigée", "interpolé", "interpolée", "reconstituée", "reconstitué", "provisoire",
    # German
    "geschätzt", "geschaetzt", "schätzung", "schätzwert", "ersatzwert", "rechnerisch",
    "berechnet", "berechneter wert", "interpoliert", "hochgerechnet", "vorläufig",
    "vorläufiger wert", "prognose",
    # Spanish
    "estimado", "estimada", "estimación", "estimacion", "calculado", "calculada", "sustituido",
    "provisional", "perfilado", "perfilada",
)  # fmt: skip
_MEASURED: Final = (
    "actual", "measured", "metered", "read", "valid", "validated", "verified", "good", "ok", "real",
    "raw", "normal", "not validated", "smart", "actual read", "regular", "final",
    "gevalideerd", "gemeten", "uitgelezen", "definitief", "werkelijk", "niet gevalideerd",
    "ongevalideerd", "gelezen", "geen verbruik",
    "réel", "réelle", "reel", "reelle", "mesuré", "mesurée", "mesure", "validé", "validée", "brut",
    "brute", "relevé", "relevée",
    "gemessen", "abgelesen", "wahrer wert", "validiert", "plausibilisiert", "plausibel", "gültig",
    "ist-wert", "istwert", "echt", "ausgelesen", "tatsächlich",
    "medido", "medida", "leído", "leída", "validado", "validada", "firme", "telemedido",
)  # fmt: skip
_LETTERS: Final = {"a": 1.0, "r": 1.0, "m": 1.0, "w": 1.0, "v": 1.0, "g": 1.0, "l": 1.0, "e": 0.7}
"""Single letters, in columns whose header says that they are of quality."""

QUALITIES: Final = dict.fromkeys(_MEASURED, 1.0) | dict.fromkeys(_ESTIMATED, ESTIMATED)

_QUALITY_HEADER: Final = re.compile(
    r"qualit|kwalit|quality|calidad|validati|validier|validé|estimad|estimat|estim[ée]|geschat"
    r"|real/|obtenci|datenart|wertart|wertstatus|messwertstatus|laatu|read(ing)?[ _]?type"
    r"|nature|ersatzwert",
    re.IGNORECASE,
)

_OUTBOUND: Final = re.compile(
    r"surplus|generat(ion|ed)|\bexport|\breturned|feed[- ]?in|\bfed in|\binject|\bsold\b"
    r"|teruglever|teruggelever|\bterug|opwek|restitu|\bvendu|einspeis|rücklieferung"
    r"|excedent|vertid[oa]|inyecci",
    re.IGNORECASE,
)
_OTHER_QUANTITY: Final = (
    "gas", "natural gas", "erdgas", "gaz", "aardgas", "gas natural", "water", "wasser", "eau",
    "agua", "heat", "heating", "wärme", "fernwärme", "warmte", "chaleur", "calor", "m3", "m³",
    "ccf", "therm", "therms", "mcf", "kvar", "kvarh", "varh", "kva", "va", "var", "eur", "€",
    "usd", "$", "gbp", "£", "°c", "reactive", "blindarbeit", "reactiva", "réactif", "reactief",
)  # fmt: skip
_ENERGIES: Final = ("WH", "KWH", "MWH")
_UNIT_HEADER: Final = re.compile(r"unit|einheit|eenheid|unité|unidad|uom", re.IGNORECASE)
_UNITS: Final = {"wh": "WH", "kwh": "KWH", "w": "W", "kw": "KW", "watt": "W", "mwh": "MWH"}


def quality_of(cell: str, header: str, *, named: bool = False) -> float | None:
    """How sure a cell says that its row is; None where it says nothing.

    `named`: whether the column is known to tell it; else its header may say so.

    Raises:
        ValueError: when the column tells it, and the word is unknown.
    """
    word = cell.strip().strip(".").casefold()
    known = QUALITIES.get(word)
    if known is not None or not word:
        return known
    if named or is_of_quality(header):
        if word in _LETTERS:
            return _LETTERS[word]
        raise ValueError(
            f'{cell!r:.30} in the column "{header:.30}" is no known quality; say how sure it is: '
            f'--quality "{header:.30}={cell:.30}:1" (1 is measured, an estimate is 0.7)'
        )
    return None


def is_of_quality(header: str) -> bool:
    """Whether a column's header says that it tells how sure values are."""
    return bool(_QUALITY_HEADER.search(header))


def is_outbound(cell: str) -> bool:
    """Whether a cell says that its row counts what was fed into the grid."""
    return bool(_OUTBOUND.search(cell))


def is_other_quantity(cell: str) -> bool:
    """Whether a cell says that its row counts something else than active energy."""
    return cell.casefold() in _OTHER_QUANTITY


def unit_of(cell: str, header: str) -> str | None:
    """The unit of energy or power that a cell names, such as KWH; None where it names none.

    A power is one only under a header that says that the column has units.
    """
    unit = _UNITS.get(cell.casefold())
    return unit if unit in _ENERGIES or _UNIT_HEADER.search(header) else None
