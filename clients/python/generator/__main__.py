"""`make client`: write the client's generated files, or `--check` that they are up to date."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from generator.codes import codes
from generator.document import described, operations
from generator.methods import resources
from generator.models import bodies, models

_PACKAGE: Final = Path(__file__).parents[1] / "src" / "wattyard_client"


def written() -> Mapping[str, str]:
    """Write every generated file: its text by its name."""
    document = described()
    schemas, own = document["components"]["schemas"], operations(document)
    texts = {
        "models.py": models(schemas, own),
        "bodies.py": bodies(schemas, own),
        "resources.py": resources(schemas, own, awaited=False),
        "async_resources.py": resources(schemas, own, awaited=True),
        "codes.py": codes(document),
    }
    return {name: _formatted(text, name) for name, text in texts.items()}


def stale() -> list[str]:
    """Name the files that are not what the declarations say."""
    return [
        name
        for name, text in written().items()
        if not (_PACKAGE / name).exists() or (_PACKAGE / name).read_text() != text
    ]


def _formatted(text: str, name: str) -> str:
    ruff = (sys.executable, "-m", "ruff")
    for command in (("check", "--fix", "--select", "F401,I"), ("format",)):
        done = subprocess.run(
            [*ruff, *command, "--quiet", "--stdin-filename", str(_PACKAGE / name), "-"],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        if not done.stdout:
            raise SystemExit(f"{name}: {done.stderr}")
        text = done.stdout
    return text


def main() -> None:
    if "--check" in sys.argv[1:]:
        names = stale()
        sys.exit(f"not up to date: {', '.join(names)}; run `make client`" if names else 0)
    for name, text in written().items():
        (_PACKAGE / name).write_text(text)


if __name__ == "__main__":
    main()
