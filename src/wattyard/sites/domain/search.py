"""The search of sites by people: what is looked for, and where a page of it begins."""

import base64
import binascii
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from wattyard.kernel.values import dataclass, set_once
from wattyard.sites.domain.devices import DeviceType
from wattyard.sites.domain.sites import Site, Status

Seen = Literal["SEEN", "SILENT", "NEVER"]
"""A device that was heard of lately; one that was, but not lately; and one that never was."""

_SILENT_AFTER: Final = timedelta(days=1)

COUNTED: Final = 1000
"""Counts go so far: what is more is `more than` that, at any size of the fleet."""


def silent_before(now: datetime) -> datetime:
    """The instant since which a device has to have been heard of, or it is silent: a day ago.

    It is a full hour, because the search knows only the hour; so a device counts as silent up to an
    hour later.
    """
    return (now - _SILENT_AFTER).replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class SiteSearch:
    """What sites are looked for; each condition that is not None has to hold.

    `text` begins the site's reference, its city, or its customer's reference or name, without
    regard to case, width and accents, or is the whole reference of one of its devices. In cities
    and names `ue` is `ü`, and both are `u`; so it is with a and o, and `aa` is `å`. `device_type`
    and `seen` are of one device of the site. `without_tariff`: only sites that have none.
    """

    text: str | None = None
    status: Status | None = None
    customer_id: UUID | None = None
    device_type: DeviceType | None = None
    seen: Seen | None = None
    without_tariff: bool = False

    def __post_init__(self) -> None:
        if self.text is not None and not self.text.strip():
            set_once(self, "text", None)


@dataclass(frozen=True, slots=True)
class SearchPosition:
    """A position in the results: in which of the lists that are searched, and after which row.

    `key` is what that list is ordered by before the ids of `owner` (the customer, the device or
    the site that was found) and of the `site`. `backwards`: the page before instead of after it.
    """

    lane: str
    key: str
    owner: UUID
    site: UUID
    backwards: bool = False

    def text(self) -> str:
        """Write the position for an address."""
        parts = [self.lane, self.key, self.owner.hex, self.site.hex, int(self.backwards)]
        written = json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(written).rstrip(b"=").decode()

    def before(self) -> "SearchPosition":
        """Give the position of the page that ends just before this row."""
        return replace(self, backwards=True)

    def after(self) -> "SearchPosition":
        """Give the position of the page that begins just after this row."""
        return replace(self, backwards=False)


def position_of(text: str | None) -> SearchPosition | None:
    """Read a position from an address; None where it is none that `SearchPosition.text` wrote."""
    if not text or len(text) > _LONGEST_PLACE:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        lane, key, owner, site, backwards = parts
        position = SearchPosition(lane, key, UUID(hex=owner), UUID(hex=site), bool(backwards))
        key.encode()  # no half of a pair of surrogates
        if lane in ("seen", "silent"):
            datetime.fromisoformat(key)
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        return None
    sound = isinstance(lane, str) and isinstance(key, str) and "\0" not in key
    return position if sound else None


_LONGEST_PLACE: Final = 4000


@dataclass(frozen=True, slots=True)
class FoundSite:
    """A site that was found: as its list shows it (`summary`), and by which list."""

    site: Site
    summary: bytes
    lane: str


@dataclass(frozen=True, slots=True)
class FoundSites:
    """One page of what was found.

    `newer` and `older` are where the neighbouring pages begin, None at the ends. `stopped`: the
    page ends early, because enough was looked through for one question; `older` (or `newer`, going
    back) goes on from there.
    """

    items: tuple[FoundSite, ...]
    newer: SearchPosition | None
    older: SearchPosition | None
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are: exactly `number`, or more than that."""

    number: int
    more: bool = False

    @classmethod
    def up_to(cls, found: int, most: int = COUNTED) -> "Count":
        """Make the count of what was found by a question for `most + 1`."""
        return cls(min(found, most), found > most)


@dataclass(frozen=True, slots=True)
class FleetCounts:
    """The numbers of a fleet at a glance: devices `seen` lately, `silent`, and never heard of."""

    sites: Count
    devices_seen: Count
    devices_silent: Count
    devices_never_seen: Count
    sites_without_tariff: Count
