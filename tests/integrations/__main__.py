"""`make integrations`: the programs of the guides themselves, against a server, each in an
environment of its own. What they send is written to `recorded/`, which the suite sends again."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.integrations import guides
from tests.integrations.guides import Reader, blocks
from tests.integrations.house import furnished
from tests.integrations.recorder import Recorder
from tests.support.contract_text import ROOT
from tests.support.process import Server, run

HOME_ASSISTANT = (
    "pytest-homeassistant-custom-component==0.13.109",
    "jsonpath==0.82.2",
    "xmltodict==0.13.0",
)
"""Home Assistant 2024.3.3, the last for Python 3.11, with what its `rest` needs."""
NODE_RED = "node-red@4.1.15"
KEPT = ROOT / ".venv" / "integrations"
"""The programs stay installed beside the environment of the tests."""
RECORDED = Path(__file__).parent / "recorded"
PATIENCE_SECONDS = 120
CHANGING = ("host", "connection")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def must(*command: str, folder: Path, more: Mapping[str, str] | None = None) -> None:
    """Run a command; its failure ends all."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | dict(more or {})
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def keep(name: str, sent: list[dict[str, Any]], reader: Reader) -> None:
    """Write what a program sent, with the placeholders of the guides for place and key."""
    for one in sent:
        for header in CHANGING:
            one["headers"].pop(header, None)
    text = json.dumps(sent, indent=2, ensure_ascii=False) + "\n"
    text = text.replace(reader.location_id, "loc_…").replace(reader.key, "rk_live_…")
    (RECORDED / f"{name}.json").write_text(text)
    say(f"{name}: {len(sent)} requests, as its guide says")


def home_assistant(recorder: Recorder, reader: Reader, folder: Path) -> None:
    python = KEPT / "home-assistant" / "bin" / "python"
    if not python.exists():
        say("installing Home Assistant …")
        venv.create(python.parents[1], with_pip=True)
        must(str(python), "-m", "pip", "install", "-q", *HOME_ASSISTANT, folder=folder)
    names = ("secrets", "configuration", "template")
    for name, text in zip(names, blocks("home-assistant", "yaml"), strict=True):
        (folder / f"{name}.yaml").write_text(reader.filled(text))
    (folder / "emhass.yaml").write_text(reader.filled(blocks("emhass", "yaml")[0]))
    test = Path(__file__).with_name("in_home_assistant.py")
    shutil.copy(test, folder / "test_home_assistant.py")
    pytest = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--asyncio-mode=auto")
    at = {
        "WATTYARD_GIVEN": str(folder),
        "WATTYARD_RECORDED_AT": recorder.url,
        "WATTYARD_SERVER": recorder.server,
    }
    must(str(python), *pytest, "test_home_assistant.py", folder=folder, more=at)
    keep("home_assistant", sorted(recorder.sent, key=lambda one: -len(one["path"])), reader)


def node_red(recorder: Recorder, reader: Reader, folder: Path) -> None:
    if shutil.which("npm") is None:
        say("node_red: skipped, since node is not installed")
        return
    home = KEPT / "node-red"
    program = home / "node_modules" / ".bin" / "node-red"
    if not program.exists():
        say("installing Node-RED …")
        home.mkdir(parents=True, exist_ok=True)
        must("npm", "install", "--no-audit", "--no-fund", "--silent", NODE_RED, folder=home)
    tab = {"id": "5f0c2b6a1d9e4c00", "type": "tab", "label": "prices"}
    flow = json.loads(reader.filled(blocks("node-red", "json")[0]))
    flow = [tab, *({**node, "z": tab["id"]} for node in flow)]
    (folder / "flows.json").write_text(json.dumps(flow))
    command = [str(program), "--userDir", str(folder), "--port", "0", "flows.json"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while not recorder.sent and time.monotonic() < until:
            time.sleep(0.2)
    finally:
        process.terminate()
        process.wait()
    if not recorder.sent:
        sys.exit("Node-RED sent nothing")
    keep("node_red", recorder.sent, reader)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        account = run("account", "create", "--name", "integrations", data=data)
        with Server(data) as server:
            house = furnished(server, account, data)
            for program in (home_assistant, node_red):
                folder = Path(name) / program.__name__
                folder.mkdir()
                with Recorder(server.address) as recorder:
                    program(recorder, replace(house.reader, url=recorder.url), folder)
    say(f"guides: {', '.join(guides.NAMES)}")


if __name__ == "__main__":
    main()
