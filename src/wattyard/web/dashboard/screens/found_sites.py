"""What lists of sites say of a page that was found: where it stopped, and where others begin."""

import htpy as h
from htpy import Node

from wattyard.sites.domain.search import FoundSites
from wattyard.web.dashboard.visit import Visit


def stopped(found: FoundSites) -> Node:
    """Say that a page ends early, where it does."""
    if not found.stopped:
        return None
    return h.p(".told", role="status")[
        "Many sites meet one of these conditions, but few meet all. The search stopped early to "
        "stay quick: continue with the link below."
    ]


def pager(visit: Visit, found: FoundSites) -> Node:
    """Lead to the first page and the neighbouring ones."""
    if found.newer is None and found.older is None:
        return None
    onward = "Go on searching" if found.stopped else "Next page"
    return h.nav(".pager", aria_label="Pages")[
        visit.query.get("at") and h.a(href=visit.here(at=None))["First"],
        found.newer is not None and h.a(href=visit.here(at=found.newer.text()))["Previous page"],
        found.older is not None and h.a(href=visit.here(at=found.older.text()))[onward],
    ]
