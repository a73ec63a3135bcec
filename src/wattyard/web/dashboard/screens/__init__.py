"""Every page of the dashboard; each module has the pages of one screen."""

from collections.abc import Sequence
from typing import Final

from wattyard.web.dashboard.declare import Page
from wattyard.web.dashboard.screens import (
    costs,
    log_in,
    person,
    start,
)

PAGES: Final[Sequence[Page]] = (
    *start.PAGES,
    *log_in.PAGES,
    *person.PAGES,
    *costs.PAGES,
)
"""In the order in which paths are tried."""
