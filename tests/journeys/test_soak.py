"""A server under load for long: its memory, connections and files do not grow (`make torture`)."""

import os
import sys
from pathlib import Path

import pytest

from tests.journeys.test_webhooks import Ground, Hook
from tests.support.made import Made
from tests.support.soak import Load, Sample, grown, sample

SECONDS = float(os.environ.get("WATTYARD_SOAK_SECONDS", "0"))
SEED = int(os.environ.get("WATTYARD_TORTURE_SEED", "1"))
LOOKS = 120


@pytest.mark.skipif(not SECONDS, reason="20 minutes; `make torture` runs it")
def test_nothing_grows_while_a_server_works(made: Made, tmp_path: Path) -> None:
    ground, hook = Ground(tmp_path / "data", made.data(tmp_path / "data")), Hook()
    samples: list[Sample] = []
    with ground.serve("--workers", "2") as server:
        client = ground.client(server)
        endpoint = {"url": hook.url, "event_types": ["device.*"]}
        assert client.post("/webhook-endpoints", json=endpoint).status_code == 201
        load = Load(lambda: ground.client(server), SEED)

        def look() -> None:
            samples.append(sample(server.process.pid))

        faults = load.run(SECONDS, look, LOOKS)
        delivered = len(hook.events)
        assert server.stop() == 0
    hook.close()
    sys.stdout.writelines(f"{one}\n" for one in samples[:: LOOKS // 12])
    assert faults == []
    assert delivered > SECONDS / 10
    assert grown(samples) == []


def steady(n: int) -> Sample:
    """A server whose collector and pools breathe: 3 MiB, two files and a connection."""
    return Sample(180 + n % 7 / 2, 60 + n % 3, 12 + n % 2)


def test_a_server_that_breathes_has_not_grown() -> None:
    filling = [Sample(90 + n, 30 + n, 5 + n / 4) for n in range(40)]
    assert grown([*filling, *map(steady, range(80))]) == []


@pytest.mark.parametrize(
    ("leak", "named"),
    [
        (Sample(0.2, 0, 0), "memory_mib"),
        (Sample(0, 0.25, 0), "files"),
        (Sample(0, 0, 0.15), "connections"),
    ],
)
def test_a_leak_is_found_among_it(leak: Sample, named: str) -> None:
    """A fifth of a mebibyte, a quarter of a file or a seventh of a connection with every look."""
    samples = [
        Sample(
            one.memory_mib + n * leak.memory_mib,
            one.files + n * leak.files,
            one.connections + n * leak.connections,
        )
        for n, one in enumerate(map(steady, range(LOOKS)))
    ]
    (found,) = grown(samples)
    assert found.startswith(named)
