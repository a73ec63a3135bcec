"""The screen Settings: who may come in, and what people changed."""

import re
from dataclasses import replace
from uuid import UUID

import pytest

from tests.support.dashboard import Browser, person_of, words
from tests.support.world import SETTINGS, Tenant, World
from wattyard.people.domain import NewEntry, Role
from wattyard.people.service import AuditLog, LogIn, People
from wattyard.platform.settings import Settings
from wattyard.web.dashboard.differences import differences


@pytest.fixture
async def owner(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant)


async def roles(world: World, tenant: Tenant) -> dict[UUID, Role]:
    members = await world.services.get(People).members(tenant.context)
    return {one.person.id: one.role for one in members}


async def test_an_owner_invites_and_sees_the_link_once(
    world: World, tenant: Tenant, owner: Browser
) -> None:
    email = f"{world.context.new_id().hex}@example.com"
    made = await owner.post("/settings/people", {"email": email, "role": "developer"})
    (token,) = re.findall(r"http://127\.0\.0\.1:8080/dashboard/link/(\S{43})<", made.text)
    shown = await owner.get("/settings")
    assert email in words(shown)
    assert token not in shown.text

    person = await world.services.get(LogIn).by_link(world.context, token, present=None)
    assert (await roles(world, tenant))[person.id] is Role.DEVELOPER
    log = words(await owner.get("/settings/audit"))
    assert "came in" in log
    assert "invited somebody" in log


async def test_the_link_is_at_the_public_address_whatever_the_host_says(
    world: World, tenant: Tenant
) -> None:
    public = replace(SETTINGS, public_url="https://energy.example.com/yard")
    there = World(world.db, world.clock, {Settings: public})
    owner = await Browser.of(world, tenant)
    answer = await there.http.post(
        f"{owner.base}/settings/people",
        data={"email": f"{world.context.new_id().hex}@example.com", "role": "viewer"},
        headers={
            "Cookie": f"__Host-wattyard={owner.token}",
            "Host": "evil.example",
            "Origin": "https://energy.example.com",
            "Sec-Fetch-Site": "same-origin",
        },
    )
    assert answer.status_code == 200
    assert "https://energy.example.com/yard/dashboard/link/" in answer.text
    assert "evil.example" not in answer.text


async def test_what_is_wrong_with_an_invitation_stands_beside_its_field(owner: Browser) -> None:
    answer = await owner.post("/settings/people", {"email": "ada@", "name": "Ada <b>"})
    assert answer.status_code == 400
    assert "An e-mail address looks like name@example.com" in words(answer)
    assert 'value="Ada &lt;b&gt;"' in answer.text
    assert 'aria-invalid="true"' in answer.text


async def test_an_owner_changes_roles_and_removes_people(
    world: World, tenant: Tenant, owner: Browser
) -> None:
    other = await person_of(world, tenant, role=Role.VIEWER)
    at = f"/settings/people/per_{other.hex}"
    assert (await owner.post(f"{at}/role", {"role": "developer"})).status_code == 303
    assert (await roles(world, tenant))[other] is Role.DEVELOPER
    assert (await owner.post(f"{at}/remove")).status_code == 303
    assert other not in await roles(world, tenant)
    assert (await owner.post(f"{at}/remove")).status_code == 404

    own = f"/settings/people/per_{owner.person.hex}/remove"
    alone = await owner.post(own)
    assert alone.status_code == 422
    assert "only owner" in words(alone)


async def test_an_invitation_is_withdrawn(world: World, tenant: Tenant, owner: Browser) -> None:
    email = f"{world.context.new_id().hex}@example.com"
    await owner.post("/settings/people", {"email": email, "role": "owner"})
    shown = await owner.get("/settings")
    (address,) = re.findall(r'action="\S+(/settings/invitations/inv_\w+/withdraw)"', shown.text)
    assert (await owner.post(address)).status_code == 303
    assert await world.services.get(People).invitations(tenant.context) == []
    assert (await owner.post(address)).status_code == 404


async def test_a_viewer_sees_people_and_no_form(world: World, tenant: Tenant) -> None:
    viewer = await Browser.of(world, tenant, role=Role.VIEWER)
    page = await viewer.get("/settings")
    assert page.status_code == 200
    assert "settings/people" not in page.text
    assert "An owner can invite people" in words(page)


async def test_the_audit_log_is_a_list_by_cursor_that_shows_what_was_before(
    world: World, tenant: Tenant, owner: Browser
) -> None:
    log = world.services.get(AuditLog)
    for number in range(30):
        async with world.db.transaction():
            await log.record(
                tenant.context,
                NewEntry(
                    "PATCH /sites/ste_1", None, "ste_1",
                    before={"reference_id": f"<b>{number}", "devices": [{"name": "a"}]},
                    after={"reference_id": f"<b>{number + 1}", "devices": [{"name": "a"}]},
                ),
            )  # fmt: skip
    first = await owner.get("/settings/audit")
    assert first.text.count("<details>") >= 25
    assert "<code>&#34;&lt;b&gt;29&#34;</code>" in first.text.replace("&quot;", "&#34;")
    assert "<b>" not in first.text
    assert "name" not in re.findall(r"<td><code>(\w+)</code></td>", first.text)
    (older,) = re.findall(r'href="([^"]+)">Older', first.text)
    second = await owner.get(older.replace("&amp;", "&"))
    assert "Newer" in words(second)
    assert "Older" not in words(second)
    assert (await owner.get("/settings/audit?starting_after=ste_1")).status_code == 400


def test_a_difference_names_paths_and_both_values() -> None:
    before = {"a": 1, "b": [{"c": "x"}, 2], "gone": None, "same": {}}
    after = {"a": 1, "b": [{"c": "ü"}], "new": True, "same": {}}
    assert differences(before, after) == [
        ("b[0].c", '"x"', '"ü"'),
        ("b[1]", "2", ""),
        ("gone", "null", ""),
        ("new", "", "true"),
    ]
    assert differences(None, {"a": 1}) == [("a", "", "1")]
    assert differences({"a": 1}, None) == [("a", "1", "")]
    assert differences(None, None) == []
