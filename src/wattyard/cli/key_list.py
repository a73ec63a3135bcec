"""The keys of an account as a person reads them, within 80 columns."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

_COLUMNS: Final = 80
_INDENT: Final = "  "


def key_lines(keys: list[dict[str, Any]]) -> list[str]:
    """Write a line for each key with its id, mode, type and name, and below it what it may do and
    when it was made, used and ended.

    `keys` are as `wattyard key list --json` prints them. Only a long name makes a line longer than
    80 columns.
    """
    if not keys:
        return ["none"]
    return [line for one in keys for line in _lines(one)]


def _lines(key: Mapping[str, Any]) -> Iterator[str]:
    yield f"{key['id']}  {key['mode']}  {key['type'].lower():10}  {key['name']}"
    yield from textwrap.wrap(
        "; ".join(_sentence(key)),
        _COLUMNS,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _sentence(key: Mapping[str, Any]) -> Iterator[str]:
    if key["scopes"]:
        yield f"may {', '.join(key['scopes'])}"
    if key["location_ids"]:
        yield f"at {', '.join(key['location_ids'])}"
    yield f"made {_minute(key['time_created'])}"
    yield f"used {_minute(key['last_used'])}" if key["last_used"] else "never used"
    if key["time_expiry"]:
        yield f"ends {_minute(key['time_expiry'])}"
    if key["time_revoked"]:
        yield f"revoked {_minute(key['time_revoked'])}"


def _minute(time: str) -> str:
    """Shorten `2026-03-01T10:00:00.123Z` to its minute."""
    return f"{time[:16]}Z"
