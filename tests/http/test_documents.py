"""What is the same for everybody is rendered and compressed once."""

import asyncio
import gzip

import pytest

from tests.support.world import World, error
from wattyard.platform.http.documents import Document, Rendered


@pytest.mark.parametrize(
    "path", ["/docs", "/docs/sites", "/docs/assets/wattyard.js", "/openapi.json", "/metrics"]
)
async def test_a_document_has_a_tag_and_is_not_sent_to_who_has_it(world: World, path: str) -> None:
    first = await world.http.get(path)
    again = await world.http.get(path, headers={"If-None-Match": first.headers["etag"]})
    plain = await world.http.get(path, headers={"Accept-Encoding": "identity"})

    assert ("content-encoding" in first.headers) is (len(first.content) > 1024)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"] == plain.headers["etag"]
    assert plain.content == first.content


async def test_every_answer_with_a_tag_may_be_304(world: World) -> None:
    paths = (await world.http.get("/openapi.json")).json()["paths"]
    gets = [methods["get"] for methods in paths.values() if "get" in methods]
    tagged = [
        {*one["responses"]} for one in gets if "ETag" in one["responses"].get("200", {})["headers"]
    ]
    assert len(tagged) > 5
    assert all("304" in answers for answers in tagged)


async def test_who_looks_for_an_entrance_is_shown_both(world: World) -> None:
    message = (await world.http.get("/nowhere")).json()["message"]
    assert "/docs" in message
    assert "/openapi.json" in message


async def test_at_the_entrance_people_are_led_to_the_pages_and_programs_told_where_to_begin(
    world: World,
) -> None:
    program = await world.http.get("/")
    person = await world.http.get("/", headers={"Accept": "text/html,*/*;q=0.8"})

    found = program.json()
    assert (found["documentation"], found["openapi"]) == ("/docs", "/openapi.json")
    assert (person.status_code, person.headers["location"]) == (303, "/docs")
    assert program.headers["vary"] == person.headers["vary"] == "accept"


@pytest.mark.parametrize("path", ["/docs/none", "/docs/guides/README", "/docs/assets/a.py"])
async def test_a_page_that_does_not_exist_is_404(world: World, path: str) -> None:
    error(await world.http.get(path), 404, "path_unknown")


async def test_what_is_not_a_page_is_served_as_what_it_is(world: World) -> None:
    kinds = {
        "/docs/sites.md": "text/markdown",
        "/docs/guides/tariffs.md": "text/markdown",
        "/llms.txt": "text/markdown",
        "/docs/search.json": "application/json",
        "/docs/assets/wattyard.css": "text/css",
    }
    for path, kind in kinds.items():
        answer = await world.http.get(path)
        assert answer.headers["content-type"].startswith(kind), path


async def test_a_document_is_rendered_once_for_all_who_ask() -> None:
    rendered = 0

    async def render() -> Document:
        nonlocal rendered
        rendered += 1
        await asyncio.sleep(0)
        return Document.of(b"x" * rendered, b"text/plain")

    once = Rendered(render)
    documents = await asyncio.gather(*(once.current() for _ in range(5)))
    assert rendered == 1
    assert {one.body for one in documents} == {b"x"}
    assert gzip.decompress((await once.current()).packed) == b"x"

    each_time = Rendered(render, seconds=-1)
    assert (await each_time.current()).body == b"xx"
    assert (await each_time.current()).body == b"xxx"


async def test_a_rendering_that_failed_is_tried_again() -> None:
    async def render() -> Document:
        if not tries:
            tries.append(1)
            raise RuntimeError("not yet")
        return Document.of(b"x", b"text/plain")

    tries: list[int] = []
    once = Rendered(render)
    with pytest.raises(RuntimeError):
        await once.current()
    assert (await once.current()).body == b"x"
