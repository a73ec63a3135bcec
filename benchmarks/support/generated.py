"""The client that openapi-python-client generates from this API, in an environment of its own."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

GENERATOR = "openapi-python-client==0.29.1"
_KEPT = Path(sys.prefix) / "openapi-python-client"
"""It stays installed beside the environment of the benchmarks."""

_PROGRAM = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from wattyard_client import AuthenticatedClient
from wattyard_client.api.account import account_retrieve
from wattyard_client.api.sites import site_list

client = AuthenticatedClient(base_url=sys.argv[2], token=sys.argv[3])
calls, pages, page, rounds = map(int, sys.argv[4:])

def called():
    for _ in range(calls):
        account_retrieve.sync(client=client)

def listed():
    given, sites = {}, 0
    while True:
        answer = site_list.sync(client=client, limit=page, **given)
        sites += len(answer.data)
        if not answer.has_more:
            break
        given["starting_after"] = answer.data[-1].id
    assert sites == pages * page, sites

def cpu(work):
    began = time.process_time()
    work()
    return time.process_time() - began

both = [(cpu(called), cpu(listed)) for _ in range(rounds + 1)][1:]
middle = [sorted(one)[rounds // 2] for one in zip(*both)]
print(json.dumps({"call": middle[0] / calls, "site": middle[1] / (pages * page)}))
"""


def measured(
    folder: Path, *, address: str, token: str, counts: tuple[int, int, int, int]
) -> dict[str, float] | str:
    """Measure the CPU seconds of a `call` and of a listed `site`, or say why that cannot be.

    `counts` are those of calls, pages, sites on a page, and rounds.
    """
    python = _KEPT / "bin" / "python"
    try:
        if not python.exists():
            venv.create(_KEPT, with_pip=True)
            _run(str(python), "-m", "pip", "install", "-q", GENERATOR)
        generate = str(python.with_name("openapi-python-client"))
        to = ("--output-path", str(folder), "--overwrite")
        _run(generate, "generate", "--url", f"{address}/openapi.json", *to)
        program = (str(python), "-c", _PROGRAM, str(folder), address, token)
        found: dict[str, float] = json.loads(_run(*program, *map(str, counts)))
    except subprocess.CalledProcessError as fault:
        return f"skipped: {fault.stderr.strip().splitlines()[-1]}"
    return found


def _run(*command: str) -> str:
    # The generator looks for ruff, which is in the environment of the benchmarks.
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return done.stdout
