"""What the answers of all schedules begin with (contract 4)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from wattyard.kernel import ids, instants
from wattyard.kernel.callers import Caller
from wattyard.platform.decoding.texts import Time
from wattyard.sites.domain.sites import Site
from wattyard.tariffs.domain.tariff import Direction


class HeadShape(msgspec.Struct, kw_only=True):
    """What a plan is of, and when its prices change.

    Attributes:
        next_update: when prices change next; null where nothing will
        prices_until: where the plan ends because no price is known further; null where all are
    """

    id: str
    live_mode: bool
    account_id: str
    time_created: Time
    location_id: str
    device_id: str | None
    location_timezone: str
    currency_code: str
    tariff_direction: Direction | None
    next_update: Time | None
    prices_until: Time | None = None


class Named(msgspec.Struct):
    """The name of an answer: its id and the moment it was made."""

    id: str
    made: datetime


def head(
    caller: Caller,
    named: Named,
    site: Site,
    *,
    device: UUID | None,
    direction: Direction | None,
    next_update: datetime | None,
) -> dict[str, Any]:
    """Fill the fields of `HeadShape`."""
    return {
        "id": named.id,
        "live_mode": caller.live_mode,
        "account_id": ids.wire("acc", caller.account_id),
        "time_created": instants.text(named.made),
        "location_id": ids.wire("loc", site.id),
        "device_id": ids.wire("dev", device) if device else None,
        "location_timezone": site.timezone,
        "currency_code": site.currency_code,
        "tariff_direction": direction,
        "next_update": instants.text(next_update) if next_update else None,
    }


def prices_end(until: datetime | None) -> Time | None:
    """Write where prices end, for `HeadShape.prices_until`."""
    return instants.text(until) if until else None
