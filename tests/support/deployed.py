"""What the files of `deploy/` run: their commands, and the variables that they set."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
import yaml

from tests.support.contract_text import ROOT
from wattyard.cli import app
from wattyard.platform.configuration import VARIABLE
from wattyard.platform.settings import setting_names

DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"


def documents(path: Path) -> list[dict[str, Any]]:
    """The documents of a YAML file."""
    return [one for one in yaml.safe_load_all(path.read_text()) if one]


def compose(name: str) -> dict[str, Any]:
    """A compose file."""
    (found,) = documents(DEPLOY / name)
    return found


def manifests() -> list[dict[str, Any]]:
    """Every object of the Kubernetes manifests, but the example of a secret."""
    (root,) = documents(KUBERNETES / "kustomization.yaml")
    return [one for name in root["resources"] for one in documents(KUBERNETES / name)]


def pods() -> dict[str, dict[str, Any]]:
    """The pods' descriptions, by the name of what makes them."""
    return {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]
        for one in manifests()
        if "template" in one["spec" if "spec" in one else "metadata"]
    }


def unit(name: str) -> list[tuple[str, str]]:
    """The settings of a systemd unit, in its order."""
    lines = (DEPLOY / "systemd" / name).read_text().splitlines()
    return [(key, value) for line in lines if line[:1].isalpha() for key, value in [pair(line)]]


def pair(line: str) -> tuple[str, str]:
    """The two sides of an assignment."""
    key, _, value = line.partition("=")
    return key, value


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Containerfile, each on one line."""
    text = re.sub(r"(?m)^#.*\n", "", (DEPLOY / "Containerfile").read_text()).replace("\\\n", " ")
    return [
        (name, rest.strip()) for name, _, rest in map(split, filter(str.strip, text.split("\n")))
    ]


def split(line: str) -> tuple[str, str, str]:
    """An instruction and its arguments."""
    return line.partition(" ")


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command `wattyard …` that a file runs, and which file."""
    for name in ("compose.yaml", "compose.fleet.yaml"):
        for service in compose(name)["services"].values():
            if service["image"].startswith("wattyard"):
                yield name, service.get("command", ["serve"])
            test = service.get("healthcheck", {}).get("test", [])
            if test[1:2] == ["wattyard"]:
                yield name, test[2:]
    for name, pod in pods().items():
        yield name, pod["containers"][0]["args"]
    for path in sorted((DEPLOY / "systemd").glob("*.service")):
        start = dict(unit(path.name))["ExecStart"]
        yield path.name, shlex.split(start)[1:]
    for line in re.findall(r"(?m)^(?:sudo (?:-u wattyard )?)?wattyard (.+)$", readme_blocks()):
        yield "README.md", shlex.split(line.partition("#")[0])
    yield "Containerfile", ["serve"]
    yield "Containerfile", ["health"]


def readme_blocks() -> str:
    """What the README of `deploy/` gives to paste."""
    text = (DEPLOY / "README.md").read_text()
    return "\n".join(re.findall(r"(?s)```sh\n(.*?)```", text))


def variables() -> set[str]:
    """Every variable `WATTYARD_…` that a file sets or names."""
    found: set[str] = set()
    for path in DEPLOY.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and "secrets" not in path.parts:
            found |= set(re.findall(r"\bWATTYARD_[A-Z_]+", path.read_text()))
    return found


def known_variables() -> set[str]:
    """The variables that the program reads."""
    return {f"WATTYARD_{name.upper()}" for name in setting_names()} | {VARIABLE}


def understood(arguments: list[str]) -> bool:
    """Whether the command line knows a command and its options."""
    command = typer.main.get_command(app)
    with command.make_context("wattyard", list(arguments)) as context:
        inner = command.get_command(context, arguments[0])
        return inner is not None and inner.make_context(arguments[0], arguments[1:]) is not None
