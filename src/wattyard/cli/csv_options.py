"""The options that say where the times and values of a CSV file of readings are."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal

from wattyard.cli.options import CommandFailed
from wattyard.meters.adapters.column_map import (
    Column,
    DirectedWord,
    QualityWord,
    RowWords,
    Unit,
    ValueColumn,
    Word,
)
from wattyard.meters.domain.readings import FlowDirection

_OFFSET: Final = re.compile(r"([+-])(\d{2}):?([0-5]\d)", re.ASCII)
_LONGEST_MINUTES: Final = 31 * 24 * 60


def column(text: str | None) -> Column | None:
    """Parse a column: a number counts from 1, anything else is a name in the header."""
    if text is None:
        return None
    return int(text) if re.fullmatch(r"\d{1,4}", text, re.ASCII) else text


def value_columns(texts: Sequence[str]) -> tuple[ValueColumn, ...]:
    """Parse columns of values, each optionally followed by a colon and its direction."""
    return tuple(_value_column(text) for text in texts)


def unit(text: str) -> Unit:
    """Parse a unit.

    Raises:
        CommandFailed: unless it is KWH, WH, KW or W.
    """
    match text.upper():
        case "WH" | "KWH" | "W" | "KW" as known:
            return known
    raise CommandFailed(f"--unit must be KWH, WH, KW or W; got {text}")


def length(text: str | None) -> timedelta | Literal["DAY", "AUTO"] | None:
    """Parse the length of a period: minutes up to 31 days, DAY for the local day, or auto.

    Raises:
        CommandFailed: when it is none of them.
    """
    if text is None:
        return None
    match text.upper():
        case "DAY" | "AUTO" as known:
            return known
    if re.fullmatch(r"\d{1,5}", text, re.ASCII) and 0 < int(text) <= _LONGEST_MINUTES:
        return timedelta(minutes=int(text))
    raise CommandFailed(f"--length must be minutes (up to 31 days), DAY or auto; got {text}")


def utc_offset(text: str | None) -> timedelta | None:
    """Parse how far a clock is ahead of UTC, such as +01:00.

    Raises:
        CommandFailed: when it is malformed, or more than 14:59.
    """
    if text is None:
        return None
    found = _OFFSET.fullmatch(text)
    if found is None or int(found[2]) > 14:
        raise CommandFailed(f"--utc-offset must be like +01:00; got {text}")
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return ahead if found[1] == "+" else -ahead


def row_words(directions: Sequence[str], only: Sequence[str], qualities: Sequence[str]) -> RowWords:
    """Parse what words in columns say of a row.

    Raises:
        CommandFailed: unless each is COLUMN=WORD, followed by what it says.
    """
    directed = [_parted(text, "--direction", "INBOUND or OUTBOUND") for text in directions]
    sure = [_parted(text, "--quality", "0.1 to 1") for text in qualities]
    return RowWords(
        directions=tuple(
            DirectedWord(_word(text, "--direction"), flow("--direction", said))
            for text, said in directed
        ),
        only=tuple(_word(text, "--only") for text in only),
        qualities=tuple(
            QualityWord(_word(text, "--quality"), _confidence(said)) for text, said in sure
        ),
    )


def flow(option: str, text: str) -> FlowDirection:
    """Parse a direction.

    Raises:
        CommandFailed: unless it is INBOUND or OUTBOUND.
    """
    match text.upper():
        case "INBOUND" | "OUTBOUND" as known:
            return known
    raise CommandFailed(f"{option} must say INBOUND or OUTBOUND; got {text}")


def _parted(text: str, option: str, what: str) -> tuple[str, str]:
    word, colon, said = text.rpartition(":")
    if not colon:
        raise CommandFailed(f"{option} must be COLUMN=WORD:{what}; got {text!r}")
    return word, said


def _word(text: str, option: str) -> Word:
    name, sign, word = text.partition("=")
    found = column(name.strip())
    if not sign or not found or not word.strip():
        raise CommandFailed(f"{option} must begin with COLUMN=WORD; got {text!r}")
    return Word(found, word.strip())


def _confidence(text: str) -> float:
    if not re.fullmatch(r"\d(\.\d{1,6})?", text, re.ASCII) or not 0.1 <= float(text) <= 1:
        raise CommandFailed(f"--quality must end in a confidence from 0.1 to 1; got {text!r}")
    return float(text)


def _value_column(text: str) -> ValueColumn:
    name, colon, end = text.rpartition(":")
    direction: FlowDirection | None = None
    if colon:
        match end.upper():
            case "INBOUND" | "OUTBOUND" as known:
                direction = known
            case _:
                name = text
    else:
        name = text
    found = column(name)
    if not found:
        raise CommandFailed(f"--value must be COLUMN or COLUMN:OUTBOUND; got {text!r}")
    return ValueColumn(found, direction)
