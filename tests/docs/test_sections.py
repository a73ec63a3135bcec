"""A measured case writes a section that the check of figures can judge."""

from benchmarks.support.sections import with_section

from tests.docs.test_figures import TAKEN, sections

HEAD = "# Figures\n\n"
OF_TWO = '## `make bench ARGS="start list"` · 2026-11-24\n\nold\n\n'
OTHER = "## Crash safety\n\nmore\n"


def own(case: str) -> str:
    return f"## `make bench ARGS={case}` · 2026-11-27\n\nnew {case}\n\n"


def test_a_section_of_several_cases_goes_with_the_last_of_them() -> None:
    first = with_section(HEAD + OF_TWO + OTHER, "start", own("start"))
    assert first == HEAD + own("start") + OF_TWO + OTHER
    assert with_section(first, "list", own("list")) == HEAD + own("list") + own("start") + OTHER


def test_a_case_has_one_section() -> None:
    again = own("start").replace("new", "newer")
    assert with_section(HEAD + own("start") + OTHER, "start", again) == HEAD + again + OTHER


def test_all_sections_of_the_document_are_found() -> None:
    assert all(TAKEN.match(text) for text in sections().values())
