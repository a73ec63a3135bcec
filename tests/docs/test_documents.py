"""The documents lead nowhere but to what exists in this repository."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import contract_text
from tests.support.contract_text import MARK, ROOT

CONTRACT = contract_text.contract()
HERE = Path(__file__)
CITATION = re.compile(r"contract (\d+b?)(?:, ([^;)\n.:]+))?")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#([^)\s]*))?\)")
INSIDE = re.compile(r"\]\(#([^)\s]+)\)")
OWN = re.compile(
    r"`((?:src|tests|docs|benchmarks|deploy|requirements|\.ci)/[\w./*-]*|[\w./-]+/[\w.-]+\.py|[a-z_]+\.py)`"
)
AWAY = re.compile(r"\.\./shared|shared/(?:design|contract|style|cases)")


def documents() -> list[Path]:
    found = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
    found.append(ROOT / "deploy" / "README.md")
    return [*filter(Path.exists, found), *sorted((ROOT / "docs").rglob("*.md"))]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(markdown: str) -> set[str]:
    """The anchors of headings, as code hosts make them."""
    titles = re.findall(r"(?m)^#+ (.+)$", markdown)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(path: Path, text: str) -> list[str]:
    """Links to files or headings that do not exist."""
    faults = [f"#{a}" for a in INSIDE.findall(text) if a not in anchors(text)]
    for target, anchor in LINK.findall(text):
        if "://" in target or target.startswith("mailto:"):
            continue
        there = path.parent / target
        if not there.exists() or (anchor and anchor not in anchors(there.read_text())):
            faults.append(target)
    return faults


def lost_files(text: str) -> list[str]:
    """Paths of files in backticks that do not exist, from the root, the package or the tests."""
    roots = (ROOT, ROOT / "src" / "wattyard", ROOT / "tests", ROOT / "docs")
    served = "\n".join(block.text for block in contract_text.blocks(text) if block.served)
    return [
        name
        for name in OWN.findall(served)
        if not any(any(root.glob(name.rstrip("/"))) for root in roots)
        and not any(root.rglob(name) for root in roots if "/" not in name and any(root.rglob(name)))
    ]


@pytest.mark.parametrize("path", documents(), ids=named)
def test_a_document_links_and_names_only_what_exists(path: Path) -> None:
    text = path.read_text()

    assert broken_links(path, text) == []
    assert lost_files(text) == []
    assert not AWAY.search(text)


def test_a_document_that_leads_nowhere_is_noticed() -> None:
    readme = ROOT / "README.md"

    assert broken_links(readme, "[a](docs/absent.md)") == ["docs/absent.md"]
    assert broken_links(readme, "[a](docs/contract/README.md#gardening)")
    assert broken_links(readme, "[a](#gardening)") == ["#gardening"]
    assert lost_files("see `platform/db/absent.py` and `docs/absent/`") == [
        "platform/db/absent.py",
        "docs/absent/",
    ]
    assert lost_files("see `absent.py`") == ["absent.py"]
    assert lost_files(f"`src/absent.py` {MARK}") == []
    assert AWAY.search("see ../shared/contract")


def citations() -> Iterator[tuple[str, str, str]]:
    """Where code, tests and documents cite the contract: file, number, section."""
    for folder in ("src", "tests", "benchmarks", "docs"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".md", ".tsv") and path != HERE:
                for number, section in CITATION.findall(path.read_text()):
                    yield named(path), number, section.strip()


def unresolved(number: str, section: str) -> str | None:
    """Say why a citation of the contract leads nowhere."""
    text = next((t for name, t in CONTRACT.items() if name.startswith(f"{number}-")), None)
    if text is None:
        return f"there is no contract {number}"
    plain = re.sub(r"[`*]", "", text.lower())
    said = re.sub(r"[`*\"]", "", section.lower())
    lost = [part for part in said.split(" and ") if part not in plain]
    return f"contract {number} has no '{section}'" if lost else None


def test_every_citation_of_the_contract_leads_somewhere() -> None:
    found = list(citations())

    assert len(found) > 100
    assert [(file, why) for file, n, name in found if (why := unresolved(n, name))] == []
    assert unresolved("7", "")
    assert unresolved("2", "Gardening")


def test_nothing_points_outside_the_repository() -> None:
    folders = ("src", "benchmarks")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]

    assert [named(path) for path in paths if AWAY.search(path.read_text())] == []


def test_every_document_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    inner = {"contract": CONTRACT["README.md"], "decisions": ""}
    inner["integrations"] = (ROOT / "docs" / "integrations" / "README.md").read_text()
    inner["operations"] = (ROOT / "docs" / "operations" / "README.md").read_text()
    inner["decisions"] = (ROOT / "docs" / "decisions" / "README.md").read_text()
    for path in sorted((ROOT / "docs").rglob("*.md")):
        listed = inner.get(path.parent.name, index)
        assert path.name == "README.md" or f"({path.name})" in listed, path


CLASS = re.compile(r"`((?:[A-Z][a-z]+){1,4})`")


def lost_classes(text: str, source: str) -> list[str]:
    """Names of classes in backticks that the source does not define."""
    served = "\n".join(block.text for block in contract_text.blocks(text) if block.served)
    return [
        name
        for name in CLASS.findall(served)
        if not re.search(rf"^ *(class {name}\b|{name}\b.* = )", source, re.MULTILINE)
    ]


@pytest.mark.parametrize("name", ["architecture.md", "glossary.md"])
def test_a_class_that_is_named_exists(name: str) -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))

    assert lost_classes((ROOT / "docs" / name).read_text(), source) == []
    assert lost_classes("see `ClaimedParcel` and `Refusal`", source) == ["ClaimedParcel"]
