"""Words that suppliers write into columns: how sure a value is, what flowed, and which way.

Words of exports in Dutch, French, German, Spanish and English. They are looked for in columns that
nobody named too, so that a row which says that it is estimated, or not energy from the grid, is not
taken for a measured one.
"""

import re
from typing import Final

ESTIMATED: Final = 0.7
"""The confidence of an estimated value."""

_ESTIMATED: Final = re.compile(
    r"^est\.?$|\b(estim|substitut|interpol|calcul|forecast|provisional|assumed|projected"
    r"|geschat|schatting|geïnterpol|bereken|voorlopig|vervangen"
    r"|corrig|reconstitu|provisoire"
    r"|geschätzt|geschaetzt|schätz|ersatzwert|rechnerisch|berechn|hochgerechn|vorläufig|prognose"
    r"|sustitu|perfilad)",
    re.IGNORECASE,
)
_MEASURED: Final = re.compile(
    r"\b(actual|measured|metered|read|valid|verified|good|ok|raw|normal|final|regular|billed"
    r"|gevalideerd|ongevalideerd|gemeten|uitgelezen|definitie|werkelijk|gelezen|geen verbruik"
    r"|réel|reel|mesur|brut|relev"
    r"|gemessen|abgelesen|wahr|plausib|gültig|gueltig|ist\b|istwert|echt|ausgelesen|tatsächlich"
    r"|real|medid|leíd|leid|firme|telemedid)",
    re.IGNORECASE,
)
_DENIED: Final = re.compile(r"\b(not|non|no|nicht|niet|sin|keine?)\b", re.IGNORECASE)
_NOT_MEASURED: Final = re.compile(
    r"\b(not|non|no|nicht|niet|sin)\b[ -]*(actual|measured|metered|read|gemeten|uitgelezen|gelezen"
    r"|gemessen|abgelesen|ausgelesen|mesur|réel|reel|relev|real|medid|leíd|leid)",
    re.IGNORECASE,
)
_LETTERS: Final = {"a": 1.0, "r": 1.0, "m": 1.0, "w": 1.0, "v": 1.0, "g": 1.0, "l": 1.0, "e": 0.7}
_YES: Final = ("true", "yes", "y", "1", "x", "ja", "j", "oui", "o", "sí", "si", "s")
_NO: Final = ("false", "no", "n", "0", "nein", "nee", "non")

_OF_QUALITY: Final = re.compile(
    r"qualit|kwalit|quality|calidad|laatu|validati|obtenci|ersatzwert|messwertstatus"
    r"|(estim|geschat|schätz).*(actual|real|réel|reel|gemeten|gemessen)"
    r"|(actual|real|réel|reel|gemeten|gemessen).*(estim|geschat|schätz)",
    re.IGNORECASE,
)
"""Headers of columns that say how sure values are, and nothing else."""
_WHETHER_ESTIMATED: Final = re.compile(
    r"(is[ _]?)?(estimated|estimate|geschat|geschätzt|estimée?|estimad[oa])\??", re.IGNORECASE
)
"""Headers of columns that answer yes or no."""

_OUTBOUND: Final = re.compile(
    r"surplus|generat(ion|ed)|\bexport|\breturned|feed[- ]?in|\bfed in|\binject|\bsold\b"
    r"|teruglever|teruggelever|\bterug|opwek|restitu|\bvendu|einspeis|rücklieferung"
    r"|excedent|vertid[oa]|inyecci|(^|:)2\.8\.\d|^-?A-$",
    re.IGNORECASE,
)
_COMMODITIES: Final = (
    "gas", "natural gas", "erdgas", "gaz", "gaz naturel", "aardgas", "gas natural", "water",
    "wasser", "eau", "agua", "heat", "heating", "district heating", "wärme", "fernwärme", "warmte",
    "stadsverwarming", "chaleur", "calor", "reactive", "reactive energy", "blindarbeit",
    "blindenergie", "reactiva", "energía reactiva", "réactif", "énergie réactive", "reactief",
)  # fmt: skip
_REACTIVE: Final = re.compile(r"(\d-\d:)?[3-8]\.8\.\d.*|[RQ][+-]|[+-][RQ]|R[IC][+-]")
"""OBIS codes of reactive energy, and the names of its registers."""
_UNIT_HEADER: Final = re.compile(
    r"\b(units?|uom|einheit|eenheid|unité|unidad)\b|_units?\b|\bunit_", re.IGNORECASE
)
_ENERGIES: Final = {"wh": "WH", "kwh": "KWH", "mwh": "MWH"}
_UNITS: Final = _ENERGIES | {
    "w": "W", "kw": "KW", "watt": "W", "watts": "W", "gwh": "GWH", "mw": "MW",
    "m3": "M3", "m³": "M3", "ft3": "FT3", "ccf": "CCF", "mcf": "MCF", "therm": "THERM",
    "therms": "THERM", "gj": "GJ", "mj": "MJ", "btu": "BTU", "kvarh": "KVARH", "kvar": "KVAR",
    "varh": "VARH", "var": "VAR", "kva": "KVA", "va": "VA", "kvah": "KVAH", "l": "L",
}  # fmt: skip


def quality_of(cell: str, header: str, *, named: bool = False) -> float | None:
    """How sure (0.1 to 1) a cell says that its row is; None where it says nothing.

    `named`: whether the column is known to say it; else its header may show that.

    Raises:
        ValueError: when the column is one of quality, and the word is unknown.
    """
    word = cell.strip().casefold()
    if _WHETHER_ESTIMATED.fullmatch(header.strip()) and word in (*_YES, *_NO):
        return ESTIMATED if word in _YES else 1.0
    of_quality = named or bool(_OF_QUALITY.search(header))
    if of_quality and word in _LETTERS:
        return _LETTERS[word]
    estimated, denied = bool(_ESTIMATED.search(word)), bool(_DENIED.search(word))
    if estimated and not denied:
        return ESTIMATED
    measured = estimated or (_MEASURED.search(word) and not _NOT_MEASURED.search(word))
    if of_quality and word and not measured:
        raise ValueError(
            f'{cell!r:.30} in the column "{header:.30}" is not a known quality; say how sure '
            f'it is: --quality "{header:.30}={cell:.30}:1" (1 is measured, an estimate is 0.7)'
        )
    return 1.0 if of_quality and word else None


def is_outbound(cell: str) -> bool:
    """Whether a cell says that its row counts what was fed into the grid."""
    return bool(_OUTBOUND.search(cell))


def is_other_commodity(cell: str) -> bool:
    """Whether a cell says that its row counts something else than active energy."""
    return cell.casefold() in _COMMODITIES or bool(_REACTIVE.fullmatch(cell))


def unit_of(cell: str, header: str) -> str | None:
    """The unit that a cell names, such as KWH; None where it names none.

    One of energy is known anywhere, another only under a header that says that the column has
    units.
    """
    unit = cell.casefold()
    return (_UNITS if _UNIT_HEADER.search(header) else _ENERGIES).get(unit)
