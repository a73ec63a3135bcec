"""The import contracts refuse what they are there to refuse: faults are planted in a copy."""

import shutil
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest

import wattyard

SOURCE = Path(wattyard.__file__).parent
CONTRACTS = SOURCE.parent.parent / ".importlinter"
OPEN = {"domain", "service"}
CAPABILITIES = sorted(path.parent.name for path in SOURCE.glob("*/domain*"))


def rooms(capability: str) -> list[str]:
    names = {path.stem for path in (SOURCE / capability).iterdir() if path.suffix in ("", ".py")}
    return sorted(names - OPEN - {"__init__", "__pycache__"})


FAULTS = [  # the module that an import is planted in, and what it imports there
    *(
        (f"wattyard.{one}", f"wattyard.{other}.{room}")
        for one, other in permutations(CAPABILITIES, 2)
        for room in rooms(other)
    ),
    *(
        (outer, f"wattyard.{capability}.{room}")
        for outer in ("wattyard.app", "wattyard.cli")
        for capability in CAPABILITIES
        for room in ("store", "routes")
        if room in rooms(capability)
    ),
    ("wattyard.app", "wattyard.sites.wire"),
    ("wattyard.cli", "wattyard.sites.capability"),
    ("wattyard.sites.routes", "wattyard.platform.db"),
    ("wattyard.sites.wire", "wattyard.platform.http"),
    ("wattyard.tariffs.domain", "msgspec"),
    ("wattyard.meters.service", "asyncpg"),
    ("wattyard.schedules.service", "highspy"),
    ("wattyard.tariffs.domain", "wattyard.tariffs.service"),
]


@pytest.fixture(scope="module")
def linted(tmp_path_factory: pytest.TempPathFactory) -> str:
    copy = tmp_path_factory.mktemp("planted")
    shutil.copy(CONTRACTS, copy)
    shutil.copytree(SOURCE, copy / "wattyard", ignore=shutil.ignore_patterns("__pycache__"))
    for importer, imported in FAULTS:
        place = copy.joinpath(*importer.split("."))
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        file.write_text(f"{file.read_text()}\nimport {imported}\n")
    shutil.copytree(copy / "wattyard" / "costs", copy / "wattyard" / "undeclared")
    command = "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])"
    ran = subprocess.run(
        [sys.executable, "-c", command], cwd=copy, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return ran.stdout


def test_every_private_room_of_every_capability_is_closed_to_all_others(linted: str) -> None:
    passed = [fault for fault in FAULTS if f"{fault[0]} -> {fault[1]} (l." not in linted]

    assert len(CAPABILITIES) >= 7
    assert passed == []


def test_a_capability_that_no_contract_declares_is_refused(linted: str) -> None:
    assert "undeclared" in linted
