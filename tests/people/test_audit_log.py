"""The audit log: who changed what, of the account alone, without secrets."""

import pytest

from tests.support.world import Tenant, World
from wattyard.kernel.pages import PageWindow
from wattyard.people.domain import NewEntry, Person
from wattyard.people.service import AuditLog


async def record(world: World, tenant: Tenant, *actions: str, **fields: object) -> None:
    log = world.services.get(AuditLog)
    for action in actions:
        async with world.db.transaction():
            await log.record(tenant.context, NewEntry(action, None, **fields))  # type: ignore[arg-type]  # any field


async def actions(world: World, tenant: Tenant, window: PageWindow) -> tuple[list[str], bool]:
    page = await world.services.get(AuditLog).page(tenant.context, window)
    return [one.action for one in page.items], page.has_more


async def test_the_log_is_a_list_by_cursor_and_of_the_account_alone(
    world: World, tenant: Tenant
) -> None:
    stranger = await world.tenant()
    await record(world, tenant, "a", "b", "c", "d", "e")
    await record(world, stranger, "x")

    assert await actions(world, tenant, PageWindow(2)) == (["e", "d"], True)
    page = await world.services.get(AuditLog).page(tenant.context, PageWindow(2))
    older = PageWindow(3, older_than=page.items[-1].id)
    assert await actions(world, tenant, older) == (["c", "b", "a"], False)
    last = (await world.services.get(AuditLog).page(tenant.context, older)).items[-1]
    assert await actions(world, tenant, PageWindow(2, newer_than=last.id)) == (["c", "b"], True)
    assert await actions(world, stranger, PageWindow()) == (["x"], False)


async def test_an_entry_says_who_when_and_how_it_was_before_and_after(
    world: World, tenant: Tenant
) -> None:
    context = tenant.context
    ada = Person(context.new_id(), "ada@example.com", "Ada", False, "en", context.now)
    async with world.db.transaction():
        await world.services.get(AuditLog).record(
            context,
            NewEntry(
                "PATCH /sites/ste_1",
                ada,
                object_id="ste_1",
                before={"reference_id": "Ω", "devices": []},
                after={"reference_id": None},
                live_mode=False,
            ),
        )

    (found,) = (await world.services.get(AuditLog).page(context, PageWindow())).items
    assert (found.person_id, found.person_email) == (ada.id, "ada@example.com")
    assert found.before == {"reference_id": "Ω", "devices": []}
    assert found.after == {"reference_id": None}
    assert (found.live_mode, found.time_created) == (False, context.now)


async def test_secrets_are_not_kept(world: World, tenant: Tenant) -> None:
    secret = {"secret_key": "sk_test_x", "more": [{"secret": "whsec_x", "url": "https://a"}]}
    await record(world, tenant, "POST /keys", after=secret)

    (found,) = (await world.services.get(AuditLog).page(tenant.context, PageWindow())).items
    assert found.after == {"secret_key": "…", "more": [{"secret": "…", "url": "https://a"}]}


async def test_an_entry_is_kept_only_with_the_change(world: World, tenant: Tenant) -> None:
    with pytest.raises(RuntimeError):
        await world.services.get(AuditLog).record(tenant.context, NewEntry("a", None))

    async def fails() -> None:
        async with world.db.transaction():
            await world.services.get(AuditLog).record(tenant.context, NewEntry("a", None))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert await actions(world, tenant, PageWindow()) == ([], False)
