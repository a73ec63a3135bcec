"""The accounts of the server, for its operators."""

from collections.abc import Sequence
from typing import Final

import htpy as h
from htpy import Node

from wattyard.accounts.domain import Account
from wattyard.accounts.service import Accounts
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.pages import PageWindow
from wattyard.people.domain import NewEntry
from wattyard.people.service import AuditLog
from wattyard.platform.http import Answer
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import Audience, DashboardPage, Screen, page
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.visit import Visit

PATH: Final = "/operator/accounts"
_SHOWN: Final = 50


@page("GET", PATH, audience=Audience.OPERATOR)
async def account_list(visit: Visit, accounts: Accounts) -> Screen:
    """List all accounts, newest first."""
    older, newer = (visit.query.get(name) for name in ("starting_after", "ending_before"))
    window = PageWindow(
        _SHOWN,
        older_than=ids.read(older, "acc", param="starting_after") if older else None,
        newer_than=ids.read(newer, "acc", param="ending_before") if newer and not older else None,
    )
    found = await accounts.page(window)
    form = visit.formats()
    listed = {
        "data": [{"id": ids.wire("acc", one.id)} for one in found.items],
        "has_more": found.has_more,
    }
    nothing = parts.empty(
        "There is no account. Make one at the command line: ",
        h.code["wattyard account create --name …"],
    )
    return Screen(
        title="Accounts",
        path="/operator",
        above=(("Operator", visit.root("/dashboard/operator")),),
        body=[
            parts.table(
                ("Account", "Since", "State", "Change"),
                (_row(visit, form, one) for one in found.items),
                empty=nothing,
                label="Accounts",
            ),
            parts.pager(visit, listed),
        ],
    )


def _row(visit: Visit, form: Formats, one: Account) -> Sequence[Node]:
    id_ = ids.wire("acc", one.id)
    action, words = ("enable", "Enable") if one.disabled else ("disable", "Disable")
    address = visit.root(f"/dashboard{PATH}/{id_}/{action}")
    button = parts.submit(words, main=False, danger=not one.disabled)
    state = parts.badge("disabled", "bad") if one.disabled else parts.badge("enabled", "good")
    name = [one.name, h.br, h.small[h.code[id_]]]
    return name, form.when(one.time_created), state, parts.form(address, button)


@page("POST", f"{PATH}/{{id_}}/disable", audience=Audience.OPERATOR)
async def disable(visit: Visit, id_: str, accounts: Accounts, log: AuditLog) -> Answer:
    """Disable an account: every call is refused, and tokens end."""
    return await _changed(visit, id_, accounts, log, disabled=True)


@page("POST", f"{PATH}/{{id_}}/enable", audience=Audience.OPERATOR)
async def enable(visit: Visit, id_: str, accounts: Accounts, log: AuditLog) -> Answer:
    """Enable a disabled account: its keys work again."""
    return await _changed(visit, id_, accounts, log, disabled=False)


async def _changed(
    visit: Visit, id_: str, accounts: Accounts, log: AuditLog, *, disabled: bool
) -> Answer:
    account_id = ids.read(id_, "acc", param="account")
    action = "account.disable" if disabled else "account.enable"
    async with visit.tools.db.transaction():
        before = await accounts.account(account_id)
        if before.disabled is disabled:
            state = "disabled" if disabled else "enabled"
            told = f"{before.name} was {state} already, by somebody else."
            return visit.go(visit.root(f"/dashboard{PATH}"), told=told)
        change = accounts.disable if disabled else accounts.enable
        after = await change(visit.context, account_id)
        owner = visit.context.on_behalf_of(Caller(after.number, after.id, live_mode=False))
        entry = NewEntry(
            action, visit.person, id_, {"disabled": before.disabled}, {"disabled": after.disabled}
        )
        await log.record(owner, entry)
        await log.record_of_server(owner, entry)
    state = "disabled: its calls are refused from now on" if disabled else "enabled"
    return visit.go(visit.root(f"/dashboard{PATH}"), told=f"{after.name} is {state}.")


PAGES: Final[tuple[DashboardPage, ...]] = (account_list, disable, enable)
