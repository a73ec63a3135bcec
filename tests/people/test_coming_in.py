"""How people come in: by one-time links, and by e-mail address and password."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from tests.support.clock import FakeClock
from tests.support.world import Tenant, World
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.refusals import Refusal, TooMany
from wattyard.people.domain import Invitation, Person, Role, SignedIn
from wattyard.people.service import LogIn, Passwords, People, Sessions
from wattyard.people.service.log_in import (
    LinkEnded,
    LinkNeedsLogIn,
    LogInRefused,
    TooManyLogIns,
)

PASSWORD = "correct horse battery"


@pytest.fixture
def now(world: World) -> Callable[[], Context]:
    return world.services.get(Contexts).anonymous


@pytest.fixture
def log_in(world: World) -> LogIn:
    return world.services.get(LogIn)


def email(world: World) -> str:
    return f"{world.services.get(Contexts).new_id().hex}@example.com"


async def invited(
    world: World, tenant: Tenant, address: str, role: Role = Role.VIEWER, by: Person | None = None
) -> str:
    """Invite somebody to a tenant's account: the token of the link."""
    invitation = Invitation(address, "", tenant.caller.account, role)
    return (await world.services.get(People).invite(tenant.context, invitation, by))[1]


async def come(
    world: World, now: Callable[[], Context], token: str, present: SignedIn | None = None
) -> Person:
    return await world.services.get(LogIn).by_link(now(), token, present=present)


async def member(world: World, tenant: Tenant, role: Role = Role.VIEWER) -> Person:
    token = await invited(world, tenant, email(world), role)
    return await come(world, world.services.get(Contexts).anonymous, token)


async def with_password(world: World, tenant: Tenant) -> Person:
    person = await member(world, tenant)
    session = SignedIn(person.id, person, (), by_link=True)
    await world.services.get(LogIn).set_password(
        world.context, session, password=PASSWORD, present=""
    )
    return replace(person, has_password=True)


async def roles(world: World, tenant: Tenant) -> dict[UUID, Role]:
    members = await world.services.get(People).members(tenant.context)
    return {one.person.id: one.role for one in members}


async def test_a_link_makes_its_reader_a_person_and_a_member_and_is_used_up(
    world: World, tenant: Tenant, now: Callable[[], Context], log_in: LogIn
) -> None:
    address = email(world)
    token = await invited(world, tenant, address.upper(), Role.DEVELOPER)
    for _ in range(2):  # looking changes nothing
        assert (await log_in.link(now(), token)).invitation.email == address
    assert await roles(world, tenant) == {}

    person = await come(world, now, token)

    assert (person.email, person.name) == (address, address.partition("@")[0])
    assert await roles(world, tenant) == {person.id: Role.DEVELOPER}
    with pytest.raises(LinkEnded):
        await come(world, now, token)
    with pytest.raises(LinkEnded):
        await log_in.link(now(), token)


async def test_a_link_is_good_for_a_day(
    world: World, tenant: Tenant, clock: FakeClock, now: Callable[[], Context]
) -> None:
    early, late = [await invited(world, tenant, email(world)) for _ in range(2)]
    clock.forward(hours=23, minutes=59)
    await come(world, now, early)
    clock.forward(minutes=1)
    with pytest.raises(LinkEnded):
        await come(world, now, late)
    with pytest.raises(LinkEnded):
        await come(world, now, "x" * 43)


async def test_the_token_of_a_link_is_not_stored(world: World, tenant: Tenant) -> None:
    address = email(world)
    token = await invited(world, tenant, address)
    async with world.db.reading() as db:
        row = await db.fetchrow("SELECT * FROM person_links WHERE email = $1", address)
    assert token not in str(dict(row))


async def test_one_person_has_several_accounts_and_keeps_their_role_in_each(
    world: World, tenant: Tenant, now: Callable[[], Context]
) -> None:
    other = await world.tenant()
    address = email(world)
    first = await come(world, now, await invited(world, tenant, address, Role.OWNER))
    again = await come(world, now, await invited(world, other, address, Role.VIEWER))

    assert again.id == first.id
    assert await roles(world, tenant) == {first.id: Role.OWNER}
    assert await roles(world, other) == {first.id: Role.VIEWER}


async def test_a_link_of_an_owner_does_not_let_in_somebody_who_is_there(
    world: World, tenant: Tenant, now: Callable[[], Context], log_in: LogIn
) -> None:
    """Else an owner could log in as anybody whose address they know."""
    known, owner = await member(world, tenant), await member(world, other := await world.tenant())
    token = await invited(world, other, known.email, by=owner)

    stranger = SignedIn(owner.id, owner, ())
    for present in (None, stranger):
        with pytest.raises(LinkNeedsLogIn):
            await come(world, now, token, present)
    assert known.id not in await roles(world, other)

    await come(world, now, token, SignedIn(known.id, known, ()))
    assert known.id in await roles(world, other)


async def test_an_owner_makes_nobody_an_operator(
    world: World, tenant: Tenant, now: Callable[[], Context]
) -> None:
    owner = await member(world, tenant, Role.OWNER)
    wish = Invitation(
        email(world), "", tenant.caller.account, Role.OWNER, makes_operator=True, signs_in=True
    )
    people = world.services.get(People)

    _, token = await people.invite(tenant.context, wish, owner)
    assert not (await come(world, now, token)).is_operator
    _, token = await people.invite(tenant.context, replace(wish, email=email(world)))
    assert (await come(world, now, token)).is_operator


async def test_right_passwords_let_in_and_wrong_ones_do_not(
    world: World, tenant: Tenant, now: Callable[[], Context], log_in: LogIn
) -> None:
    person = await with_password(world, tenant)

    async def attempt(address: str, password: str) -> Person:
        person, token = await log_in.by_password(
            now(), email=address, password=password, address="::1", user_agent=""
        )
        assert await world.services.get(Sessions).signed_in(now(), token)
        return person

    assert (await attempt(f" {person.email.upper()}", PASSWORD)).id == person.id
    no_password = await member(world, tenant)
    for address, password in (
        (person.email, PASSWORD[:-1]),
        (person.email, ""),
        (no_password.email, PASSWORD),
        (email(world), PASSWORD),
        ("not an address", PASSWORD),
    ):
        with pytest.raises(LogInRefused, match="do not match"):
            await attempt(address, password)
    await world.services.get(People).disable(person.email)
    with pytest.raises(LogInRefused):
        await attempt(person.email, PASSWORD)


async def test_an_unknown_address_hashes_as_a_known_one_does(
    world: World, tenant: Tenant, now: Callable[[], Context]
) -> None:
    """What is compared is noted; the time that it takes is not."""
    compared: list[bool] = []

    class Noted(Passwords):
        async def is_right(self, password: str, password_hash: str | None) -> bool:
            compared.append(password_hash is None)
            return await super().is_right(password, password_hash)

    person = await with_password(world, tenant)
    noted = World(world.db, world.clock, {Passwords: Noted()}).services.get(LogIn)
    for address in (person.email, email(world)):
        with pytest.raises(LogInRefused):
            await noted.by_password(now(), email=address, password="no", address="", user_agent="")
    assert compared == [False, True]


async def test_a_password_that_is_replaced_while_it_is_hashed_opens_no_session(
    world: World, tenant: Tenant, now: Callable[[], Context], log_in: LogIn
) -> None:
    person = await with_password(world, tenant)

    class Slow(Passwords):
        async def is_right(self, password: str, password_hash: str | None) -> bool:
            right = await super().is_right(password, password_hash)
            session = SignedIn(now().new_id(), person, (), by_link=True)
            await log_in.set_password(now(), session, password="another long one", present="")
            return right

    slow = World(world.db, world.clock, {Passwords: Slow()}).services.get(LogIn)
    with pytest.raises(LogInRefused):
        await slow.by_password(
            now(), email=person.email, password=PASSWORD, address="", user_agent=""
        )
    assert await world.services.get(Sessions).of_person(now(), person.id) == []


async def test_attempts_are_throttled_before_hashing_and_right_ones_wait_too(
    world: World, tenant: Tenant, clock: FakeClock, now: Callable[[], Context]
) -> None:
    hashed = 0

    class Counted(Passwords):
        async def is_right(self, password: str, password_hash: str | None) -> bool:
            nonlocal hashed
            hashed += 1
            return password == PASSWORD

    person = await with_password(world, tenant)
    log_in = World(world.db, clock, {Passwords: Counted()}).services.get(LogIn)

    async def attempt(address: str, password: str, of: str) -> None:
        await log_in.by_password(now(), email=address, password=password, address=of, user_agent="")

    for number in range(10):
        with pytest.raises(LogInRefused):
            await attempt(person.email, "wrong", f"192.0.2.{number}")
    with pytest.raises(TooManyLogIns) as refused:
        await attempt(person.email, PASSWORD, "192.0.2.99")
    assert hashed == 10
    assert 0 < refused.value.retry_after_seconds <= 30
    clock.forward(seconds=refused.value.retry_after_seconds + 1)
    await attempt(person.email, PASSWORD, "192.0.2.99")

    for number in range(30):
        with pytest.raises(LogInRefused):
            await attempt(email(world), "wrong", f"2001:db8::{number:x}")
    with pytest.raises(TooManyLogIns):
        await attempt(email(world), "wrong", "2001:db8::ffff:1")
    with pytest.raises(LogInRefused):
        await attempt(email(world), "wrong", "2001:db8:0:1::1")


async def test_two_passwords_are_hashed_at_once_and_few_wait() -> None:
    pair, one_counts = threading.Barrier(2, timeout=60), threading.Lock()
    at_once = Counter[str]()

    class Watched(Passwords):
        def _work(self, password: str, compared: str | None) -> str:
            with one_counts:
                at_once["now"] += 1
                at_once["most"] = max(at_once["now"], at_once["most"])
            pair.wait()  # passes when two are here
            with one_counts:
                at_once["now"] -= 1
            return "hash"

    passwords = Watched()
    wanted = (passwords.hashed("x") for _ in range(40))
    found = await asyncio.gather(*wanted, return_exceptions=True)
    assert Counter(map(type, found)) == {str: 22, TooMany: 18}
    assert at_once["most"] == 2


async def test_hashes_are_argon2id_at_the_cost_of_the_contract() -> None:
    passwords = Passwords()
    one, other = await passwords.hashed(PASSWORD), await passwords.hashed(PASSWORD)
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other
    assert await passwords.is_right(PASSWORD, one)
    assert not await passwords.is_right(PASSWORD, None)


async def test_a_new_password_needs_the_present_one_unless_a_link_opened_the_session(
    world: World, tenant: Tenant, now: Callable[[], Context], log_in: LogIn
) -> None:
    person = await with_password(world, tenant)
    session = SignedIn(person.id, person, ())

    with pytest.raises(LogInRefused):
        await log_in.set_password(
            world.context, session, password="another long one", present="wrong"
        )
    await log_in.set_password(world.context, session, password="another long one", present=PASSWORD)
    await log_in.set_password(
        world.context, replace(session, by_link=True), password="a third long one", present=""
    )
    found, _ = await log_in.by_password(
        now(), email=person.email, password="a third long one", address="", user_agent=""
    )
    assert found.id == person.id


async def test_an_unusable_link_costs_the_invited_nothing(
    world: World, tenant: Tenant, now: Callable[[], Context]
) -> None:
    person = await member(world, tenant)
    other = await world.tenant()
    token = await invited(world, other, person.email)
    await world.services.get(People).disable(person.email)
    with pytest.raises(Refusal):
        await come(world, now, token)
    assert await roles(world, other) == {}


async def test_of_two_who_use_a_link_at_once_one_comes_in(
    world: World, tenant: Tenant, now: Callable[[], Context]
) -> None:
    token = await invited(world, tenant, email(world))
    attempts = (come(world, now, token) for _ in range(4))
    found = await asyncio.gather(*attempts, return_exceptions=True)
    assert Counter(map(type, found)) == {Person: 1, LinkEnded: 3}


async def test_an_account_keeps_an_owner_when_two_leave_at_once(
    world: World, tenant: Tenant
) -> None:
    owners = [await member(world, tenant, Role.OWNER) for _ in range(2)]
    people = world.services.get(People)
    leaving = (people.remove(tenant.context, one.id) for one in owners)
    found = await asyncio.gather(*leaving, return_exceptions=True)
    assert sorted(type(one).__name__ for one in found) == ["LastOwner", "NoneType"]
    assert len(await roles(world, tenant)) == 1
