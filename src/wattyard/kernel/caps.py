"""How much an account may have of what costs others: one table, settable by the operator."""

from wattyard.kernel.refusals import StateForbids
from wattyard.kernel.values import dataclass


class LimitReached(StateForbids):
    """The account has as many of these as it may have; the message names the limit and its
    number."""

    code = "limit_reached"


@dataclass(frozen=True, slots=True)
class Caps:
    """The most of each: webhook endpoints of an account and mode, devices and tariffs of a site."""

    webhook_endpoints: int = 100
    site_devices: int = 1000
    site_tariffs: int = 1000


def within(limit: int, count: int, what: str) -> None:
    """Refuse what would make it more than a limit.

    Raises:
        LimitReached: when `count` is above it.
    """
    if count > limit:
        raise LimitReached(f"{what} may be {limit:,} at most; this would make it {count:,}")
