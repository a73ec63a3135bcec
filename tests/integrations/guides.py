"""What the guides of `docs/integrations` show, with a server, a location and a key put in."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "docs" / "integrations"
SERVER = "http://wattyard.local:8080"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "README"))


@dataclass(frozen=True)
class Reader:
    """Whoever follows a guide: what is put in the place of its placeholders."""

    url: str
    location_id: str
    key: str

    def filled(self, text: str) -> str:
        """Put the server, the location and the key into a text."""
        text = text.replace(SERVER, self.url).replace("loc_…", self.location_id)
        return text.replace("rk_live_…", self.key)


def text(name: str) -> str:
    """A guide as it is written."""
    return (FOLDER / f"{name}.md").read_text()


def blocks(name: str, language: str) -> list[str]:
    """The blocks of a language in a guide, in their order."""
    return re.findall(rf"```{language}\n(.*?)```", text(name), re.DOTALL)


def scopes(name: str) -> list[str]:
    """The scopes of the key that a guide says to make."""
    (command,) = [one for one in blocks(name, "sh") if "key create" in one]
    words = shlex.split(command)
    return [words[i + 1] for i, word in enumerate(words) if word == "--scope"]


def configuration(yaml_text: str, secrets: dict[str, str] | None = None) -> Any:
    """Read YAML, in which `!secret` names one of the `secrets`, as Home Assistant has it."""
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.add_constructor("!secret", lambda _, node: (secrets or {})[node.value])
    return yaml.load(yaml_text, Loader=loader)  # noqa: S506 (safe but for one tag)


def at(document: Any, path: str) -> Any:
    """What is at a dotted path of a document; the empty path is all of it."""
    for name in filter(None, path.split(".")):
        document = document[name]
    return document
