"""Sections of docs/benchmarks.md, written by `make bench ARGS="… --write"`."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from os.path import normpath
from pathlib import Path
from typing import Final

from benchmarks.support.ground import Figure

_DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_ENGINE: Final = ("costs", "tariffs", "schedules")
_SERVER: Final = ("platform", "app", "accounts")
_CODE: Final = {
    "start": ("platform", "app", "cli", "kernel"),
    "list": (*_SERVER, "sites"),
    "scale": (*_SERVER, "sites", "events"),
    "import": (*_SERVER, "sites", "cli"),
    "states": (*_SERVER, "sites"),
    "search": ("sites",),
    "log": ("platform",),
    "request-log": ("requests", "platform"),
    "webhooks": ("events", "platform/outbound"),
    "attacks": ("platform", "meters"),
    "meters": ("meters",),
    "sizes": ("migrations", "meters", "sites", "events"),
    "dashboard": ("web",),
    "client": ("../../clients/python/src",),
    "reference": ("web", "platform/document"),
    "site-plans": ("schedules",),
    "plans": ("schedules",),
    "plans-http": ("schedules",),
}
"""Which code a case measures, below `src/wattyard`; of the others it is the engines."""


def write(case: str, figures: list[Figure]) -> None:
    """Write a case's figures as a section of their own.

    It takes the place of the case's own section, and of one for several cases as soon as the last
    of them has a section of its own.
    """
    _DOCUMENT.write_text(with_section(_DOCUMENT.read_text(), case, _section(case, figures)))


def with_section(document: str, case: str, section: str) -> str:
    """Put a section in front of the others, and leave out those that it replaces."""
    head, *sections = re.split(r"^(?=## )", document, flags=re.MULTILINE)
    own = {case}.union(*(_cases(one) for one in sections if len(_cases(one)) == 1))
    kept = [one for one in sections if not _is_replaced(one, case, own)]
    return "".join([head, section, *kept])


def _is_replaced(section: str, case: str, own: set[str]) -> bool:
    cases = _cases(section)
    return cases == {case} or (len(cases) > 1 and cases <= own)


def _cases(section: str) -> set[str]:
    found = re.match(r'## `make bench ARGS="?([^"`]+)"?`', section)
    return set(found[1].split()) if found else set()


def _section(case: str, figures: list[Figure]) -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=_DOCUMENT.parent,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    code = ", ".join(f"`{normpath(f'src/wattyard/{one}')}`" for one in _CODE.get(case, _ENGINE))
    rows = "".join(
        f"| {one.name} | **{_shown(one.value)}**{'' if one.met else ', misses'} "
        f"| {one.goal.replace('<=', '≤').replace('>=', '≥')} |\n"
        for one in figures
    )
    return (
        f"## `make bench ARGS={case}` · {datetime.now(UTC):%Y-%m-%d}\n\n"
        f"Taken at commit `{commit}`; the code: {code}.\n\n"
        f"{os.cpu_count()} cores, {_processor()}, Python {platform.python_version()}; "
        f"the machine's load at the end of the case was {os.getloadavg()[0]:.1f}.\n\n"
        f"| figure | measured | goal |\n|---|---|---|\n{rows}\n"
    )


def _processor() -> str:
    """The processor's name, family and model where Linux says them, else its architecture.

    Figures of different processors cannot be compared, ratios included.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    said = dict(line.partition(":")[::2] for line in lines if ":" in line)
    said = {name.strip(): value.strip() for name, value in said.items()}
    if not {"model name", "cpu family", "model"} <= said.keys():
        return platform.machine()
    return f"{said['model name']} (family {said['cpu family']}, model {said['model']})"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
