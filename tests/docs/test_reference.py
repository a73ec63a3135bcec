"""The pages of the documentation: links lead somewhere, types are resolved, none is heavy."""

import ast
import json
import re
import shlex
from collections import Counter
from collections.abc import Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from wattyard.app import ENDPOINTS
from wattyard.app.endpoints import description
from wattyard.platform.http.documents import Document
from wattyard.platform.settings import Settings
from wattyard.web.library import Library
from wattyard.web.pages import Pages
from wattyard.web.reference import errors
from wattyard.web.reference.outline import Outline
from wattyard.web.reference.samples import samples

KIBIBYTE = 1024
DESCRIPTION = description(ENDPOINTS)
OUTLINE = Outline(DESCRIPTION.document)
LIBRARY = Library()
PAGES = Pages(DESCRIPTION, LIBRARY, Settings())


class Read(HTMLParser):
    """What a page has and what it leads to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.links: set[str] = set()
        self.hidden: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids[str(found["id"])] += 1
        if tag == "a" and found.get("href"):
            self.links.add(str(found["href"]))
        if "hidden" in found:
            self.hidden.append(str(found.get("id")))


TEXTS = ("/docs/guides/tariffs", "/docs/guides/webhooks", "/docs/contract/index")
"""Rendered here; the other texts are as these are, and `test_documents.py` holds their links."""


@cache
def documents() -> Mapping[str, Document]:
    """Every document of the reference, and some texts."""
    texts = {text.address.path for text in LIBRARY.texts.values()} - {*TEXTS}
    return {path: make() for path, make in PAGES._makers.items() if path not in texts}


@cache
def read() -> Mapping[str, Read]:
    return {
        path: Read(document.body.decode())
        for path, document in documents().items()
        if document.media_type.startswith(b"text/html")
    }


@cache
def places() -> Mapping[str, frozenset[str]]:
    """The pages, and what can be linked to on each."""
    found = {
        text.address.path: frozenset(one.anchor for one in text.headings())
        for text in LIBRARY.texts.values()
    }
    found |= {path: frozenset(one.ids) for path, one in read().items()}
    return {**dict.fromkeys(["/openapi.json", *documents()], frozenset()), **found}


def test_every_link_leads_to_a_page_and_a_place_on_it() -> None:
    lost = []
    for path, one in read().items():
        for link in one.links:
            target, _, place = link.partition("#")
            target = target or path
            if "://" in target:
                continue
            if target not in places() or (place and place not in places()[target]):
                lost.append(f"{path}: {link}")
    assert lost == []


async def test_behind_a_proxy_with_a_path_every_link_has_it_in_front() -> None:
    public = Settings(public_url="https://example.com/energy/")
    pages = Pages(DESCRIPTION, LIBRARY, public)
    for path in ("/docs", "/docs/sites", "/docs/guides/people", "/llms.txt"):
        document = await pages.find(path)
        assert document is not None, path
        text = document.body.decode()
        links = re.findall(r'(?:href|src)="(/[^"]*)"|\]\((/[^)]*)\)', text)
        assert len(links) > 10
        assert [one for one in map("".join, links) if not one.startswith("/energy/")] == []


def test_names_of_places_are_unique_and_only_the_search_waits_for_the_script() -> None:
    for path, one in read().items():
        if path in TEXTS:
            continue  # headings of a text may repeat
        assert [name for name, times in one.ids.items() if times > 1] == [], path
        assert one.hidden == ["search"]


def test_no_document_weighs_more_than_40_kibibytes() -> None:
    heavy = {
        path: len(one.packed)
        for path, one in documents().items()
        if len(one.packed) > 40 * KIBIBYTE
    }
    assert heavy == {}


@pytest.mark.parametrize("group", OUTLINE.groups, ids=lambda group: group.name)
def test_samples_are_well_formed(group: object) -> None:
    for operation in group.operations:  # type: ignore[attr-defined]
        curl, python, javascript = samples(operation, OUTLINE)
        words = shlex.split(curl.code.replace("\\\n", " "))
        if "-d" in words:
            assert json.loads(words[words.index("-d") + 1]) == operation.body["example"]
        ast.parse(python.code)
        assert operation.path.partition("{")[0] in javascript.code


def test_a_sample_in_python_gives_a_number_as_a_number() -> None:
    (one,) = (o for g in OUTLINE.groups for o in g.operations if o.name == "price_series")

    assert "hours=8," in samples(one, OUTLINE)[1].code


def test_everything_on_the_pages_can_be_searched_and_read_as_markdown() -> None:
    entries = {path for _, path, _ in json.loads(documents()["/docs/search.json"].body)}
    llms = documents()["/llms.txt"].body.decode()
    for group in OUTLINE.groups:
        assert {f"{group.path}#{one.name}" for one in group.operations} <= entries
        text = documents()[f"{group.path}.md"].body.decode()
        assert all(f"## {one.method} {one.path}" in text for one in group.operations)
        assert f"({group.path}.md)" in llms
    for path in re.findall(r"\((/docs/[^)]*)\)", llms):
        assert path.removesuffix(".md") in places() or path in places()


def test_a_guide_leads_to_other_guides_and_nowhere_outside(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n")
    (tmp_path / "docs" / "a.md").write_text(
        "# A `thing`\n\n[b](b.md#Two), [code](../src/x.py), <b>raw</b>\n\n```python\nx = 1\n```\n"
    )
    (tmp_path / "docs" / "b.md").write_text("# B\n\n## Two\n")
    pages = Pages(DESCRIPTION, Library(tmp_path), Settings())
    html = pages._makers["/docs/guides/a"]().body.decode()

    assert "<title>A thing · Wattyard</title>" in html
    assert '<a href="/docs/guides/b#Two">b</a>, <a>code</a>' in html
    assert "&lt;b&gt;raw&lt;/b&gt;" in html
    assert '<span class="mi">1</span>' in html


def test_the_advice_on_errors_names_codes_that_exist() -> None:
    advice = " ".join(errors.ADVICE.values())
    known = {code for by_code in errors.codes(OUTLINE).values() for code in by_code}
    named = set(re.findall(r"with `([a-z_]+)`", advice))
    assert named
    assert named <= known


def test_only_keys_of_the_test_mode_are_tried() -> None:
    script = documents()["/docs/assets/wattyard.js"].body.decode()
    (form,) = re.findall(r"isTest = \(key\) => /(.+)/\.test\(key\)", script)
    tried = ["sk_test_a", "rk_test_a", "sk_live_a", "rk_live_a", " sk_live_a", "eyJ0.e30.c2ln", ""]
    assert [key for key in tried if re.search(form, key)] == ["sk_test_a", "rk_test_a"]
