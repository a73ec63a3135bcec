"""`make generators`: the API's description through the tools of others, without a warning.

openapi-python-client comes from PyPI into an environment of its own, since it holds back versions
that the server uses; openapi-typescript and Redocly's lint need Node.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import msgspec

from wattyard.app import ENDPOINTS
from wattyard.app.endpoints import ACCESS_REFUSALS
from wattyard.events.domain.types import EVENT_TYPES
from wattyard.platform.document import document

PYTHON_CLIENT = "openapi-python-client==0.29.1"
TYPESCRIPT = ("openapi-typescript@7.13.0", "typescript@5.9.3")
REDOCLY = "@redocly/cli@2.77.0"


def run(*command: str, folder: Path) -> str:
    """What a command says; its failure ends all."""
    tools = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # the generator looks for ruff
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": tools},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    if done.returncode or "WARNING parsing" in said or "Warning(s) encountered" in said:
        sys.exit(f"{' '.join(command)}\n{said}")
    return said


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        described = document(ENDPOINTS, version="1", refused=ACCESS_REFUSALS, events=EVENT_TYPES)
        (folder / "openapi.json").write_bytes(msgspec.json.encode(described))
        environment = folder / "python"
        venv.create(environment, with_pip=True)
        run(str(environment / "bin" / "pip"), "install", "-q", PYTHON_CLIENT, folder=folder)
        generate = [str(environment / "bin" / "openapi-python-client"), "generate"]
        run(*generate, "--path", "openapi.json", "--output-path", "client", folder=folder)
        say("openapi-python-client: no warning")
        if shutil.which("npx") is None:
            say("openapi-typescript, Redocly: skipped, since node is not installed")
            return
        packages = [f"--package={one}" for one in TYPESCRIPT]
        run(
            "npx",
            "--yes",
            *packages,
            "openapi-typescript",
            "openapi.json",
            "-o",
            "api.ts",
            folder=folder,
        )
        say("openapi-typescript: no warning")
        run("npx", "--yes", REDOCLY, "lint", "openapi.json", "--max-problems=20", folder=folder)
        say("Redocly's lint: valid")


if __name__ == "__main__":
    main()
