"""Proof of the pages: whatever is made and deleted between fetches, walks see what they should."""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.world import Tenant, World

STEPS = st.lists(
    st.one_of(
        st.just(("create", 0)),
        st.tuples(st.just("delete"), st.integers(0, 30)),
        st.just(("fetch", 0)),
    ),
    max_size=14,
)


@dataclass
class Shop:
    """The sites of one account as a model knows them: ids, oldest first."""

    tenant: Tenant
    ids: list[str] = field(default_factory=list)

    async def create(self) -> None:
        self.ids.append((await self.tenant.site())["id"])

    async def delete(self, number: int) -> None:
        if self.ids:
            gone = self.ids.pop(number % len(self.ids))
            assert (await self.tenant.delete(f"/sites/{gone}")).status_code == 200

    async def page(self, limit: int, **cursor: str) -> tuple[list[str], bool]:
        answer = await self.tenant.get("/sites", params={"limit": limit, **cursor})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        page, more = [site["id"] for site in body["data"]], body["has_more"]
        assert (page, more) == self._expected(limit, **cursor)
        return page, more

    def _expected(self, limit: int, **cursor: str) -> tuple[list[str], bool]:
        newest_first = sorted(self.ids, reverse=True)
        if "ending_before" in cursor:
            newer = [one for one in newest_first if one > cursor["ending_before"]]
            return newer[-limit:], len(newer) > limit
        after = cursor.get("starting_after")
        older = [one for one in newest_first if after is None or one < after]
        return older[:limit], len(older) > limit


@settings(
    max_examples=25,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(first=st.integers(0, 8), steps=STEPS, limit=st.integers(1, 7))
async def test_a_walk_forward_sees_what_existed_throughout_once_and_in_order(
    world: World, first: int, steps: list[tuple[str, int]], limit: int
) -> None:
    shop = Shop(await world.tenant())
    for _ in range(first):
        await shop.create()
    throughout = set(shop.ids)
    seen: list[str] = []
    more = True
    steps = [*steps, *[("fetch", 0)] * 40]
    for step, number in steps:
        if step == "create":
            await shop.create()
        elif step == "delete":
            await shop.delete(number)
            throughout &= set(shop.ids)
        elif more:
            cursor = {"starting_after": seen[-1]} if seen else {}
            page, more = await shop.page(limit, **cursor)
            seen += page

    assert not more
    assert seen == sorted(set(seen), reverse=True)
    assert throughout <= set(seen)


@settings(
    max_examples=15,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(count=st.integers(0, 12), limit=st.integers(1, 5), back_limit=st.integers(1, 5))
async def test_a_walk_back_from_any_point_retraces_the_way(
    world: World, count: int, limit: int, back_limit: int
) -> None:
    shop = Shop(await world.tenant())
    for _ in range(count):
        await shop.create()
    way: list[str] = []
    more = True
    while more:
        page, more = await shop.page(limit, **({"starting_after": way[-1]} if way else {}))
        way += page
        if not page:
            break

    for number, start in enumerate(way):
        back: list[str] = []
        more = True
        while more:
            page, more = await shop.page(back_limit, ending_before=(back or [start])[0])
            back = page + back
        assert back == way[:number]
