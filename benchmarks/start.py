"""Start to first answer, idle memory, and what a command of keys costs."""

import os
import resource
import statistics
import subprocess
import sys
import time
from contextlib import suppress

import psutil

from benchmarks.support.ground import Ground, verdict
from benchmarks.support.servers import ENCRYPTION_KEY
from wattyard.platform.db import schema
from wattyard.platform.embedded import EmbeddedDatabase


def run(ground: Ground) -> None:
    """Measure a start on an existing folder and on an external database, and commands."""
    data = ground.folder / "start"
    with EmbeddedDatabase(data).lease() as url:
        schema.migrate(url)
    _ENVIRONMENT["PYTHONPYCACHEPREFIX"] = str(ground.folder / "compiled")
    _seconds(*_SERVE, "--data", str(data))  # compiles what the others import
    bare = [_seconds(sys.executable, "-c", "print('ready', flush=True)")[0] for _ in range(5)]
    embedded = []
    memory = 0.0
    for _ in range(5):
        seconds, memory = _seconds(*_SERVE, "--data", str(data))
        embedded.append(seconds)
    with EmbeddedDatabase(ground.folder / "outside").lease() as url:
        schema.migrate(url)
        _commands(url)
        external = []
        for _ in range(5):
            seconds, alone = _seconds(*_SERVE, "--database", url)
            external.append(seconds)
    print(f"   bare Python start {statistics.median(bare):.3f} s (baseline)")
    figure = statistics.median(embedded)
    verdict("start to first answer, embedded, s", figure, "<= 0.8", met=figure <= 0.8)
    figure = statistics.median(external)
    verdict("start to first answer, external, s", figure, "<= 0.8", met=figure <= 0.8)
    verdict("idle memory, whole default, MiB", memory, "<= 100", met=memory <= 100)
    verdict("idle memory, server process, MiB", alone, "<= 120", met=alone <= 120)


def _commands(url: str) -> None:
    """Measure the CPU of commands that a person waits for; the database is not theirs."""
    bare = _cpu_seconds(sys.executable, "-c", "pass")
    print(f"   bare Python, CPU {bare:.3f} s (baseline)")
    at = ("--database", url)
    for command in (("--version",), ("--help",), ("key", "--help"), ("account", "list", *at)):
        seconds = _cpu_seconds(sys.executable, "-m", "wattyard", *command)
        name = " ".join(command[:2])
        verdict(f"CPU of {name}, s", seconds, "<= 0.35", met=seconds <= 0.35)


def _cpu_seconds(*command: str) -> float:
    """The least CPU of five runs."""
    runs = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdout=subprocess.DEVNULL, env=_ENVIRONMENT, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        runs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(runs)


# As an installed server has it: its modules are compiled, whatever this shell asks for.
_ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
    "WATTYARD_ENCRYPTION_KEY": ENCRYPTION_KEY,
}
_SERVE = (sys.executable, "-m", "wattyard", "serve", "--port", "0")


def _seconds(*command: str) -> tuple[float, float]:
    """Time from the start to the line that says ready, and memory (PSS) then, with children."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=_ENVIRONMENT,
    )
    assert process.stdout
    assert "ready" in process.stdout.readline()
    seconds = time.perf_counter() - started
    time.sleep(1 if "serve" in command else 0)
    memory = 0
    if process.poll() is None:
        family = [psutil.Process(process.pid)]
        family += family[0].children(recursive=True)
        for one in family:
            with suppress(psutil.NoSuchProcess):  # a short one of the database
                memory += one.memory_full_info().pss
    process.terminate()
    process.wait(15)
    process.stdout.close()
    return seconds, memory / 2**20
