"""Live parts of a page end with the right to see them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import pytest
from htpy import Node

from tests.support.dashboard import Browser, fragments
from tests.support.world import Tenant, World
from wattyard.kernel.callers import NOBODY
from wattyard.kernel.context import Contexts
from wattyard.kernel.refusals import Missing
from wattyard.people.domain import Role
from wattyard.people.service import AuditLog, People, Sessions
from wattyard.platform.http import Call
from wattyard.platform.http.call import StreamedAnswer
from wattyard.platform.http.inside import Inside
from wattyard.platform.work import Stopping, in_its_share, shares
from wattyard.web.dashboard.live import Live, Render
from wattyard.web.dashboard.origins import DashboardAddress
from wattyard.web.dashboard.screens import PAGES
from wattyard.web.dashboard.visit import Tools, Visit

LIVE = [one.path for one in PAGES if one.path.endswith("/live")]


@pytest.fixture
async def viewer(world: World, tenant: Tenant) -> Browser:
    await Browser.of(world, tenant)
    return await Browser.of(world, tenant, role=Role.VIEWER)


async def numbers() -> Mapping[str, Node]:
    return {"numbers": "1 2 3"}


async def opened(world: World, viewer: Browser, render: Render) -> AsyncGenerator[bytes, None]:
    """A live page of the account, which is rendered again and again."""
    sessions, cookie = world.services.get(Sessions), f"wattyard={viewer.token}"
    scope = {"method": "GET", "path": "/", "headers": [(b"cookie", cookie.encode())]}
    call = Call(scope, nothing, nothing, "req_1", world.clock())
    log = world.services.get(AuditLog)
    contexts = world.services.get(Contexts)
    tools = Tools(Inside(world.app.route), contexts, log, world.db, "")
    visit = Visit(call, tools, await sessions.signed_in(world.context, viewer.token))
    assert visit.signed_in
    (visit.membership,) = visit.signed_in.memberships
    call.caller = visit.caller
    answer = Live(sessions, DashboardAddress(), Stopping()).stream(visit, render, seconds=0)
    assert isinstance(answer, StreamedAnswer)
    return answer.chunks


async def nothing(*_: Any) -> Any:
    """Neither sends nor receives."""


@pytest.mark.parametrize("how", ["removed", "another role", "logged out", "disabled"])
async def test_a_live_page_ends_when_its_reader_may_not_see_it_any_more(
    how: str, world: World, tenant: Tenant, viewer: Browser
) -> None:
    people, sessions = world.services.get(People), world.services.get(Sessions)
    async with aclosing(await opened(world, viewer, numbers)) as chunks:
        assert [await anext(chunks) for _ in range(4)][1].startswith(b"event: fragment")
        if how == "removed":
            await people.remove(tenant.context, viewer.person)
        elif how == "another role":
            await people.change_role(tenant.context, viewer.person, Role.DEVELOPER)
        elif how == "logged out":
            await sessions.revoke_all(viewer.person)
        else:
            members = await people.members(tenant.context)
            (email,) = (one.person.email for one in members if one.person.id == viewer.person)
            await people.disable(email)
        async with asyncio.timeout(60):
            assert [one async for one in chunks] == []


async def test_a_live_page_ends_when_what_it_shows_is_gone(world: World, viewer: Browser) -> None:
    async def gone() -> Mapping[str, Node]:
        raise Missing("there is no site", code="site_not_found")

    async with aclosing(await opened(world, viewer, gone)) as chunks:
        assert len([one async for one in chunks]) == 1


async def test_a_live_page_is_rendered_in_the_share_of_its_account(
    world: World, tenant: Tenant, viewer: Browser
) -> None:
    all_, in_steps = shares.shares(), []
    all_.contended_seconds = 60.0  # those of this test's event loop

    async def render() -> Mapping[str, Node]:
        in_steps.append(all_.of(tenant.caller.account).stepping)
        return {"numbers": "1"}

    await in_its_share(NOBODY.account, asyncio.sleep(0))  # another wants the process, too
    async with aclosing(await opened(world, viewer, render)) as chunks:
        assert [await anext(chunks) for _ in range(2)][1].startswith(b"event: fragment")
    assert in_steps == [True]


@pytest.mark.parametrize("path", LIVE)
async def test_every_live_part_is_sent(
    path: str, world: World, tenant: Tenant, viewer: Browser
) -> None:
    site = await tenant.site(devices=[{"type": "BATTERY_SYSTEM", "reference_id": "b1"}])
    address = viewer.base + path.format(site=site["id"])
    async with asyncio.timeout(60), aclosing(fragments(world, viewer, address)) as sent:
        part = await anext(sent)
    page = await viewer.get(path.removesuffix("/live").format(site=site["id"]))
    assert f'id="{part["id"]}"' in page.text
