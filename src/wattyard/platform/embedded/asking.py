"""Asking the embedded database by PostgreSQL's own programs."""

import subprocess
from collections.abc import Mapping, Sequence
from typing import IO, Final

from wattyard.platform.embedded.errors import EmbeddedError
from wattyard.platform.embedded.programs import Programs

_PSQL: Final = ("psql", "--no-psqlrc", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1")


def ask(programs: Programs, address: Mapping[str, str], *statements: str) -> str:
    """Run statements, each on its own, and give what they answered: a row is a line, `a|b`.

    Raises:
        EmbeddedError: with what PostgreSQL said.
    """
    given = [part for statement in statements for part in ("--command", statement)]
    return run(programs, [*_PSQL, *given], address).strip()


def run(
    programs: Programs,
    command: Sequence[str],
    address: Mapping[str, str],
    *,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.PIPE,
) -> str:
    """Run a program on the database at an address to its end.

    Raises:
        EmbeddedError: with what it said, when it fails.
    """
    process = programs.open(command, address, stdin=stdin, stdout=stdout)
    said, errors = process.communicate()
    if process.returncode != 0:
        raise EmbeddedError(f"{command[0]} failed: {errors.decode(errors='replace').strip()}")
    return said.decode() if said else ""
