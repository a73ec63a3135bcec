"""Where a case runs: a folder, sizes, and which core does what."""

import os
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psutil

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = CORES[0]
OTHER_CORE = CORES[-1]
"""The load generator and the database share it, so that the server's core is its own."""


@dataclass
class Ground:
    """The sizes of this run."""

    folder: Path
    sites: int
    seconds: float
    rounds: int
    scale_sites: int = 1_000_000
    mixed_seconds: float = 60
    readings: int = 90_000_000


def pin(pid: int, core: int) -> None:
    """Keep a process, and those it starts from now on, on one core."""
    process = psutil.Process(pid)
    for one in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):  # a short one of the database
            one.cpu_affinity([core])


def medians(rounds: int, measures: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """Measure each in turn, several rounds, and take each one's median."""
    found: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    for name, values in found.items():
        print(f"   {name:34} " + "  ".join(f"{value:10,.1f}" for value in values))
    return {name: statistics.median(values) for name, values in found.items()}


def fastest(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Do the work several times; tell the least milliseconds it took, and its last result."""
    best, result = float("inf"), None
    for _ in range(rounds):
        started = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - started)
    return best * 1000, result


class Figure(NamedTuple):
    """A figure beside its goal."""

    name: str
    value: float
    goal: str
    met: bool


FIGURES: list[Figure] = []
"""What was measured since a case began."""


def verdict(name: str, value: float, goal: str, *, met: bool) -> None:
    """Print a figure beside its goal."""
    FIGURES.append(Figure(name, value, goal, met))
    print(f"   {'ok  ' if met else 'MISS'} {name:44} {value:10.3f}   goal {goal}")
