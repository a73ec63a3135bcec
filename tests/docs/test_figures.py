"""Every figure says at which commit it was taken, and which code it measures.

A figure that is older than its code is a warning in every run; `make figures` fails for it, for
whoever makes a release. A copy without its history, such as a shallow clone, is not judged.
"""

import os
import re
import subprocess
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "benchmarks.md"
TAKEN = re.compile(
    r"\n\nTaken at commit `([0-9a-f]{7,40})`; the code: ((?:`[\w./-]+`(?:, )?)+)\.\n"
)


def sections() -> dict[str, str]:
    """The text of each section by its heading."""
    _, *parts = re.split(r"^## ", DOCUMENT.read_text(), flags=re.MULTILINE)
    return {heading: "\n" + rest for heading, _, rest in (part.partition("\n") for part in parts)}


def git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def is_whole() -> bool:
    """Whether this is a clone with all of its history."""
    try:
        return git("rev-parse", "--is-shallow-repository") == "false"
    except (OSError, subprocess.CalledProcessError):
        return False


@pytest.mark.parametrize("heading", sections())
def test_a_section_of_figures_names_its_commit_and_its_code(heading: str) -> None:
    taken = TAKEN.match(sections()[heading])
    assert taken, f"'{heading}' does not begin with: Taken at commit `…`; the code: `src/…`."
    for path in re.findall("`(.+?)`", taken[2]):
        assert (ROOT / path).exists(), f"'{heading}' measures {path}, which is no longer there"


@pytest.mark.skipif(not is_whole(), reason="not a clone with its history")
@pytest.mark.filterwarnings("default:figures")
@pytest.mark.parametrize("heading", sections())
def test_a_figure_is_no_older_than_its_code(heading: str) -> None:
    taken = TAKEN.match(sections()[heading])
    assert taken
    commit, paths = taken[1], re.findall("`(.+?)`", taken[2])
    git("merge-base", "--is-ancestor", commit, "HEAD")
    if changed := git("diff", "--name-only", commit, "HEAD", "--", *paths).splitlines():
        old = f"figures of '{heading}' are of {commit}; {len(changed)} files changed since"
        if os.environ.get("WATTYARD_FIGURES") == "strict":
            pytest.fail(old)
        warnings.warn(old, stacklevel=1)
