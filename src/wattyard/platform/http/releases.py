"""Which releases of the API are served, and what happens to a call that asks for another."""

import re
from datetime import date
from typing import Final

from wattyard.kernel.ids import shown
from wattyard.kernel.refusals import Malformed, StateForbids

RELEASE: Final = "2026-08-01.busbar"
"""The release that is served, and the default of every account."""

_RELEASE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.(?:busbar|anode|zero|yotta)", re.ASCII)


class VersionUnknown(Malformed):
    """`Flatpeak-Version` names a release that is not served here."""

    code = "version_unknown"


class ApiVersionNotSupported(StateForbids):
    """`Flatpeak-Version` names a release that is older than the account's default."""

    code = "api_version_not_supported"


def judge(asked: str, *, default: str = RELEASE) -> None:
    """Judge the release that a call asks for, against the default of its account.

    Raises:
        ApiVersionNotSupported: for a release with an earlier date than the default.
        VersionUnknown: for everything else that is not served.
    """
    if asked == RELEASE:
        return
    day = _day(asked)
    since = _day(default)
    if day is not None and since is not None and day < since:
        raise ApiVersionNotSupported(
            f"Flatpeak-Version {asked} is older than this account's default, {default}; "
            f"send {RELEASE}, or leave the header out",
            param="Flatpeak-Version",
        )
    raise VersionUnknown(
        f"Flatpeak-Version {shown(asked)} is not served here; served: {RELEASE}",
        param="Flatpeak-Version",
    )


def _day(release: str) -> date | None:
    """Read the date of a release; None where it is no release at all."""
    match = _RELEASE.fullmatch(release)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None
