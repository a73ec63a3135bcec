"""The dashboard's first page: leads people to their account."""

from collections.abc import Sequence
from typing import Final

import htpy as h

from wattyard.kernel import ids
from wattyard.people.service import Sessions
from wattyard.platform.http import Answer
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import Audience, DashboardPage, Screen, page
from wattyard.web.dashboard.resume import of_one_cell
from wattyard.web.dashboard.visit import Visit


@page("GET", "", audience=Audience.PERSON)
async def start(visit: Visit, sessions: Sessions) -> Answer | Screen:
    """Lead a person to their account; to choose one where they have several."""
    assert visit.signed_in is not None  # noqa: S101 (the audience)
    accounts = [
        (one.account_name, visit.root(f"/dashboard/{ids.wire('acc', one.account_id)}/test"))
        for one in visit.signed_in.memberships
    ]
    if len(accounts) == 1:
        return visit.go(accounts[0][1])
    if not accounts:
        return Screen(
            title="No account",
            body=[
                parts.empty(
                    "You are not a member of any account: ask an owner of one to invite you."
                ),
                of_one_cell(await sessions.cell()),
            ],
        )
    return Screen(
        title="Choose an account",
        body=h.ul(".cards")[(h.li[h.a(href=address)[name]] for name, address in accounts)],
    )


PAGES: Final[Sequence[DashboardPage]] = (start,)
