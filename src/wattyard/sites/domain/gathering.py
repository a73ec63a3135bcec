"""When device changes are reported together by their site (contract 5, Events). An event carries
the whole site. If each of n devices were reported at once, n additions would write n² devices: 90
MB for 700 of them.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from wattyard.kernel.values import dataclass

GATHERED_ABOVE_DEVICES: Final = 100
"""A site of so many, as one call can make it, tells of each change at once."""
GATHERED_FOR: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class DueSite:
    """A site, of any account, whose events are due."""

    account: int
    account_id: UUID
    live_mode: bool
    site_id: UUID
