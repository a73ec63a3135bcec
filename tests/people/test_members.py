"""Members of an account: their roles, and the owner that it keeps."""

import asyncio
from contextvars import copy_context

import pytest

from tests.people.test_coming_in import come, email, invited, member, roles
from tests.support.waiting import until_waited_for
from tests.support.world import Tenant, World
from wattyard.kernel.context import Contexts
from wattyard.kernel.pages import PageWindow
from wattyard.people.domain import EmailInvalid, Invitation, PasswordInvalid, Role
from wattyard.people.domain.passwords import checked_password, normal
from wattyard.people.domain.people import checked_email
from wattyard.people.service import AuditLog, LogIn, People, Sessions
from wattyard.people.service.log_in import LinkEnded
from wattyard.people.service.people import (
    AlreadyMember,
    InvitationNotFound,
    LastOwner,
    PersonNotFound,
)


@pytest.fixture
def people(world: World) -> People:
    return world.services.get(People)


async def test_an_account_keeps_an_owner(world: World, tenant: Tenant, people: People) -> None:
    first = await member(world, tenant, Role.OWNER)
    viewer = await member(world, tenant)

    for refused in (
        people.remove(tenant.context, first.id),
        people.change_role(tenant.context, first.id, Role.DEVELOPER),
        people.delete(tenant.context, first.email),
    ):
        with pytest.raises(LastOwner):
            await refused
    await people.change_role(tenant.context, first.id, Role.OWNER)
    await people.change_role(tenant.context, viewer.id, Role.OWNER)
    await people.remove(tenant.context, first.id)
    assert await roles(world, tenant) == {viewer.id: Role.OWNER}


async def test_members_of_another_account_are_not_there(
    world: World, tenant: Tenant, people: People
) -> None:
    stranger = await member(world, await world.tenant())

    with pytest.raises(PersonNotFound):
        await people.remove(tenant.context, stranger.id)
    with pytest.raises(PersonNotFound):
        await people.change_role(tenant.context, stranger.id, Role.OWNER)


async def test_an_invitation_is_listed_until_it_is_withdrawn(
    world: World, tenant: Tenant, people: People
) -> None:
    address, stranger = email(world), await world.tenant()
    token = await invited(world, tenant, address, Role.OWNER)
    (listed,) = await people.invitations(tenant.context)
    assert (listed.invitation.email, listed.invitation.role) == (address, Role.OWNER)

    with pytest.raises(InvitationNotFound):
        await people.withdraw(stranger.context, listed.id)
    await people.withdraw(tenant.context, listed.id)

    assert await people.invitations(tenant.context) == []
    with pytest.raises(LinkEnded):
        await come(world, world.services.get(Contexts).anonymous, token)


async def test_a_member_is_not_invited_again(world: World, tenant: Tenant) -> None:
    person = await member(world, tenant)
    with pytest.raises(AlreadyMember):
        await invited(world, tenant, person.email)


async def test_a_link_without_an_account_is_for_somebody_who_is_there(
    world: World, tenant: Tenant, people: People
) -> None:
    person, now = await member(world, tenant), world.services.get(Contexts).anonymous
    _, token = await people.invite(now(), Invitation(person.email, ""))
    assert (await come(world, now, token)).id == person.id
    with pytest.raises(PersonNotFound):
        await people.invite(now(), Invitation(email(world), ""))


async def test_a_disabled_person_is_out_at_once_and_comes_in_again_when_enabled(
    world: World, tenant: Tenant, people: People
) -> None:
    person, now = await member(world, tenant), world.services.get(Contexts).anonymous
    sessions = world.services.get(Sessions)
    token = await sessions.open(now(), person.id, address="", user_agent="")
    assert await sessions.signed_in(now(), token)

    await people.disable(person.email)
    assert await sessions.signed_in(now(), token) is None
    await people.enable(person.email)
    assert await sessions.signed_in(now(), token) is None
    token = await sessions.open(now(), person.id, address="", user_agent="")
    assert await sessions.signed_in(now(), token)


async def test_whoever_is_disabled_while_they_change_their_name_stays_disabled(
    world: World, tenant: Tenant, people: People
) -> None:
    person, outside = await member(world, tenant), copy_context()
    async with world.db.transaction() as db:
        await db.execute("UPDATE people SET disabled = true WHERE id = $1", person.id)
        renaming = asyncio.create_task(
            people.describe(person.id, name="Zoë", language="de"), context=outside
        )
        await until_waited_for(db)
    await renaming
    found = await people.find(person.email)
    assert (found.name, found.disabled) == ("Zoë", True)


async def test_who_became_the_only_owner_meanwhile_stays_one(
    world: World, tenant: Tenant, people: People
) -> None:
    first = await member(world, tenant, Role.OWNER)
    second, outside = await member(world, tenant), copy_context()
    async with world.db.transaction() as db:
        await people.change_role(tenant.context, second.id, Role.OWNER)
        await people.remove(tenant.context, first.id)
        lowering = asyncio.create_task(
            people.change_role(tenant.context, second.id, Role.DEVELOPER), context=outside
        )
        await until_waited_for(db)
    with pytest.raises(LastOwner):
        await lowering
    assert await roles(world, tenant) == {second.id: Role.OWNER}


async def test_a_removed_member_does_not_come_back_by_another_invitation(
    world: World, tenant: Tenant, people: People
) -> None:
    address, now = email(world), world.services.get(Contexts).anonymous
    first, second = [await invited(world, tenant, address, Role.OWNER) for _ in range(2)]
    elsewhere = await invited(world, await world.tenant(), address)
    await member(world, tenant, Role.OWNER)
    person = await come(world, now, first)

    await people.remove(tenant.context, person.id)

    with pytest.raises(LinkEnded):
        await come(world, now, second)
    assert person.id not in await roles(world, tenant)
    await come(world, now, elsewhere)


async def test_a_role_that_stays_as_it_is_is_not_in_the_audit_log(
    world: World, tenant: Tenant, people: People
) -> None:
    person = await member(world, tenant)
    for role in (Role.VIEWER, Role.DEVELOPER, Role.DEVELOPER):
        await people.change_role(tenant.context, person.id, role)
    log = (await world.services.get(AuditLog).page(tenant.context, PageWindow())).items
    assert [one.action for one in log[:2]] == ["member.change", "member.join"]


async def test_a_deleted_person_is_gone_and_stays_in_the_audit_log(
    world: World, tenant: Tenant, people: People
) -> None:
    await member(world, tenant, Role.OWNER)
    person = await member(world, tenant)

    await people.delete(world.services.get(Contexts).operator(), person.email)

    with pytest.raises(PersonNotFound):
        await people.find(person.email)
    log = (await world.services.get(AuditLog).page(tenant.context, PageWindow())).items
    assert [one.action for one in log[:3]] == ["member.remove", "member.join", "member.invite"]
    assert log[0].before == {"email": person.email, "role": "VIEWER"}
    assert (log[1].person_id, log[1].person_email) == (person.id, person.email)


async def test_a_new_password_ends_the_other_sessions(world: World, tenant: Tenant) -> None:
    person, now = await member(world, tenant), world.services.get(Contexts).anonymous
    sessions = world.services.get(Sessions)
    present, other = [
        await sessions.open(now(), person.id, address="", user_agent="", by_link=True)
        for _ in range(2)
    ]
    signed_in = await sessions.signed_in(now(), present)
    assert signed_in is not None

    await world.services.get(LogIn).set_password(
        world.context, signed_in, password="a" * 8 + "bcde", present=""
    )

    assert await sessions.signed_in(now(), other) is None
    known = await sessions.signed_in(now(), present)
    assert known is not None
    assert known.person.has_password


@pytest.mark.parametrize(
    "text",
    ["", "ada", "@example.com", "ada@", "a b@example.com", "a@b@c", "a@\n", "a@" + "b" * 254],
)
def test_what_cannot_be_an_address_is_refused(text: str) -> None:
    with pytest.raises(EmailInvalid):
        checked_email(text)


def test_an_address_is_the_same_however_it_is_typed() -> None:
    assert checked_email(" Ada@EXAMPLE.com ") == "ada@example.com"
    assert checked_email("Zoe\u0308@example.com") == checked_email("ZO\u00cb@example.com")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("elevenchars", "at least 12"),
        ("x" * 257, "at most 256"),
        ("abababababab", "different"),
        ("ada@example.com", "e-mail address"),
    ],
)
def test_a_weak_password_is_refused_with_the_rule(text: str, said: str) -> None:
    with pytest.raises(PasswordInvalid, match=said):
        checked_password(text, email="ada@example.com")


def test_what_is_too_long_to_be_a_password_costs_no_time() -> None:
    assert len(normal("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 8_000_000)) < 100_000
    assert normal("Zoe\u0308") == normal("Zo\u00eb")
