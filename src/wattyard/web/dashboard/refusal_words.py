"""The API's messages as readers of pages say them: fields by their labels, codes as words."""

import re
from collections.abc import Mapping
from typing import Final

from wattyard.kernel.refusals import Fault
from wattyard.web.dashboard.device_words import DEVICE_TYPES, inside

_PHRASES: Final = (
    (r"COMMODITY tariff for IMPORT\b", "tariff for energy that is bought"),
    (r"COMMODITY tariff for EXPORT\b", "tariff for energy that is sold"),
    (r"COMMODITY tariff for LOCAL\b", "tariff for energy that is generated on site"),
    (r"\bCOMMODITY tariff\b", "tariff for energy"),
    (r"\btariff for IMPORT\b", "tariff for energy that is bought"),
    (r"\btariff for EXPORT\b", "tariff for energy that is sold"),
    (r"\bthe location\b", "the site"),
    (r"\bThe location\b", "The site"),
)
_CODES: Final[Mapping[str, str]] = {
    "COMMODITY": "energy",
    "NETWORK": "network and levies",
    "IMPORT": "bought",
    "EXPORT": "sold",
    "LOCAL": "generated on site",
    "INBOUND": "into the site",
    "OUTBOUND": "out of the site",
    "ACTIVE": "in service",
    "INACTIVE": "out of service",
    "ENABLED": "enabled",
    "DISABLED": "disabled",
    "true": "yes",
    "false": "no",
    "null": "empty",
} | {code: inside(words) for code, words in DEVICE_TYPES.items()}
_NAMES: Final[Mapping[str, str]] = {
    "energy_kwh": "the energy",
    "max_power_import_kw": "the import limit",
    "max_power_export_kw": "the export limit",
    "power_rating_import_kwh": "the power",
    "capacity_kwh": "the capacity",
    "currency_code": "the currency",
    "country_code": "the country",
    "customer_id": "the customer",
    "location_id": "the site",
    "location_ids": "the sites",
    "market_source_id": "the market source",
    "reference_id": "the reference",
    "start_time": "the start",
    "end_time": "the end",
    "time_expiry": "the end of its validity",
    "tariff_direction": "the direction",
    "event_types": "the events",
}
_UNITS: Final = re.compile(r"_(k?wh?|percent|seconds|ids?)$")
_QUOTED: Final = re.compile(r"(\"[^\"]*\"|'[^']*'|“[^”]*”|‘[^’]*’|\b[Cc]olumns? \S+)")
"""What stands in quotes, and the column of a file."""
_NAME: Final = r"[a-z][a-z0-9]*"
_STEP: Final = rf"{_NAME}(?:_[a-z0-9]+)*(?:\[\d+\])?"
_PATH: Final = re.compile(rf"(?<![\w./:@-]){_STEP}(?:\.{_STEP})*(?![\w/@-]|:\S|\.\w)")
_ID: Final = re.compile(r"[a-z]{2,4}_[0-9a-f]{32}|[rs]k_(?:test|live).*")
_CODE: Final = re.compile(r"(?<![\w-])(?:[A-Z][A-Z_]+|true|false|null)(?![\w-])")


def in_words(message: str, param: str | None = None, label: str = "") -> str:
    """Write one of the API's messages without its codes and names of parameters.

    The parameter `param` is called what the form calls its field, `label`, if it is not empty. What
    stands in quotes was typed by somebody, and stays as it is; so do columns of files.
    """
    pieces = _QUOTED.split(message)
    pieces[::2] = [_piece(one, param, label) for one in pieces[::2]]
    return "".join(pieces)


def placed(fault: Fault) -> str:
    """Write a fault of a field that the page does not show, with the field's words in front."""
    message = in_words(fault.message)
    if fault.param is None or fault.param in fault.message:
        return message
    name = fault.param.rpartition(".")[2].partition("[")[0]
    if name in fault.message:
        return message
    return f"{path_words(fault.param)}: {message}"


def path_words(path: str) -> str:
    """Write the path of a parameter: `devices[1].reference_id` as `the reference (devices, 2)`."""
    steps = path.split(".")
    name = steps[-1].partition("[")[0]
    words = _NAMES.get(name) or _UNITS.sub("", name).replace("_", " ")
    places = [
        f"{step.partition('[')[0].replace('_', ' ')}, {int(step.partition('[')[2][:-1]) + 1}"
        for step in steps
        if step.endswith("]")
    ]
    return f"{words} ({'; '.join(places)})" if places else words


def _piece(text: str, param: str | None, label: str) -> str:
    for pattern, words in _PHRASES:
        text = re.sub(pattern, words, text)
    if param and label:
        for name in (param, param.rpartition(".")[2]):
            said = rf"(?<![\w.]){re.escape(name)}(?![\w.\[]*\w)"
            if "_" not in name and "." not in name:  # it may be a word like any other
                said = rf"^{re.escape(name)}(?= (must|needs|has|is needed)\b)"
            text = re.sub(said, inside(label), text)
    text = _PATH.sub(lambda found: _path(found[0]), text)
    return _CODE.sub(lambda found: _CODES.get(found[0], found[0]), text)


def _path(path: str) -> str:
    """Put a path into words; what looks like a word, an id or a file's name is left alone."""
    if ("_" not in path and "[" not in path) or _ID.fullmatch(path):
        return path
    return path_words(path)
