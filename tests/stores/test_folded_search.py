"""How texts of the search of sites are compared: case, width, accents, and ranges of indexes."""

import random

import pytest

from tests.support.world import Tenant, World
from wattyard.sites.domain.search import SiteSearch, position_of, silent_before
from wattyard.sites.service import SiteSearches
from wattyard.sites.store.folding import folded_code, folded_name
from wattyard.sites.store.search import SearchQuestion, Way, search_query

MUNICH = ("München", "Muenchen", "MUNCHEN", "Mu\u0308nchen", "\uff2d\uff35\uff2eCHEN")


@pytest.mark.parametrize("written", MUNICH[:3])
async def test_a_city_is_found_however_its_name_is_spelt(
    written: str, world: World, tenant: Tenant
) -> None:
    await tenant.site(postal_address={"city": written, "country_code": "DE"})
    await tenant.site(postal_address={"city": "Mainz", "country_code": "DE"})
    searches = world.services.get(SiteSearches)
    for typed in (*MUNICH, "mün", "MUEN", "mun"):
        page = await searches.page(tenant.context, SiteSearch(text=typed))
        assert [one.site.postal_address.city for one in page.items if one.site.postal_address] == [
            written
        ], typed


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
        ("Århus", "Aarhus"),
        ("Tromsø", "tromsoe"),
        ("Œuvre", "oeuvre"),
        ("São Paulo", "sao p"),
        ("İzmir", "izmir"),
        ("Αθήνα", "ΑΘΗΝΑ"),
        ("ﾄｳｷｮｳ", "トウキョウ"),
        ("Орёл", "орел"),
    ],
)
async def test_a_customer_is_found_without_the_accents_of_its_name(
    written: str, typed: str, world: World, tenant: Tenant
) -> None:
    customer = (await tenant.post("/customers", {"metadata": {"name": written}})).json()
    site = await tenant.site(customer_id=customer["id"])
    page = await world.services.get(SiteSearches).page(tenant.context, SiteSearch(text=typed))
    assert [f"ste_{one.site.id.hex}" for one in page.items] == [site["id"]]


async def test_a_reference_keeps_all_of_its_letters(world: World, tenant: Tenant) -> None:
    for reference in ("SU-1", "SUE-1", "sü-1"):
        await tenant.site(reference_id=reference)
    searches = world.services.get(SiteSearches)
    for typed, wanted in (("sue", ["SUE-1"]), ("SU-", ["SU-1", "sü-1"])):
        page = await searches.page(tenant.context, SiteSearch(text=typed))
        assert [one.site.reference_id for one in page.items] == wanted


async def test_what_a_text_begins_with_it_begins_with_when_folded(world: World) -> None:
    chance = random.Random(1)
    letters = "aaeouÄöüÅßæœþøı\u0308\u030aǅﬁKｕ e"
    texts = ["".join(chance.choices(letters, k=chance.randrange(1, 12))) for _ in range(400)]
    begins = [text[: chance.randrange(len(text) + 1)] for text in texts]
    for fold in (folded_code, folded_name):
        async with world.db.reading() as db:
            rows = await db.fetch(
                f"""
                SELECT w.text, w.begin FROM unnest($1::text[], $2::text[]) w (text, begin)
                WHERE NOT starts_with({fold("w.text")}, {fold("w.begin")})
                """,
                texts,
                begins,
            )
        assert [tuple(row) for row in rows] == []


async def test_a_name_that_unfolds_to_thousands_of_letters_is_kept_and_found(
    world: World, tenant: Tenant
) -> None:
    long = "\ufdfa" * 60  # 18 letters each
    await tenant.site(
        reference_id=long, postal_address={"city": "\ufdfa" * 20, "country_code": "GB"}
    )
    page = await world.services.get(SiteSearches).page(tenant.context, SiteSearch(text=long))
    assert [one.site.reference_id for one in page.items] == [long]


async def test_pages_go_on_after_a_text_with_characters_that_are_not_seen(
    world: World, tenant: Tenant
) -> None:
    texts = [f"q\u200b\u00ad\t{number}" for number in range(5)]
    for text in texts:
        customer = await tenant.make("/customers", {"metadata": {"name": text}})
        await tenant.site(customer_id=customer["id"], reference_id=f"r{text[-1]}")
    searches, at, found = world.services.get(SiteSearches), None, []
    for _ in range(3):
        page = await searches.page(tenant.context, SiteSearch(text="q"), at=at, limit=2)
        found += [one.site.reference_id for one in page.items]
        at = position_of(page.older.text()) if page.older else None

    assert (found, at) == (["r0", "r1", "r2", "r3", "r4"], None)


@pytest.mark.parametrize(
    ("lane", "index"),
    [
        ("reference", "sites_reference_folded"),
        ("city", "sites_city_folded"),
        ("customer", "customers_reference_folded"),
        ("name", "customers_name_folded"),
    ],
)
async def test_each_text_is_a_range_of_its_index_in_its_order(
    lane: str, index: str, world: World, tenant: Tenant
) -> None:
    question = SearchQuestion(SiteSearch(text="Mü"), silent_before(world.clock()))
    query, arguments = search_query(
        "size", tenant.caller.account, False, question, lane, Way(0, 1001)
    )
    async with world.db.transaction() as db:
        await db.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        await db.execute("SET LOCAL enable_sort = off")
        plan = "\n".join(row[0] for row in await db.fetch(f"EXPLAIN {query}", *arguments))
    assert f"using {index}" in plan
    sorts = [line for line in plan.splitlines() if "Sort  (" in line]
    assert all("Incremental Sort" in line for line in sorts), plan
