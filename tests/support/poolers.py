"""PgBouncer in front of a server of PostgreSQL, where it is installed."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.support.clusters import PostgresServer, free_port, wait_for

OLDEST: Final = (1, 21)
_INI: Final = """
[databases]
wattyard = host=127.0.0.1 port={server} dbname=wattyard user=wattyard
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
default_pool_size = {size}
{settings}
"""


@cache
def _programs() -> dict[tuple[int, ...], str]:
    """Where each installed release of PgBouncer is."""
    found = {}
    for folder in (*os.get_exec_path(), "/usr/local/bin", "/usr/sbin"):
        program = shutil.which("pgbouncer", path=folder)
        if program:
            said = subprocess.run(
                [program, "--version"], capture_output=True, text=True, check=False
            ).stdout
            release = re.search(r"PgBouncer (\d+)\.(\d+)", said)
            if release:
                found[int(release[1]), int(release[2])] = program
    return found


@contextmanager
def pooler(
    server: PostgresServer, folder: Path, *, size: int = 3, **settings: object
) -> Iterator[str]:
    """A PgBouncer with few connections to a server, in transaction mode unless told otherwise.

    Gives the address of the server's database through it.
    """
    release = max(_programs(), default=(0, 0))
    if release < OLDEST:
        pytest.skip("PgBouncer 1.21 or later is not installed")
    port = free_port()
    folder.mkdir()
    given = {"pool_mode": "transaction", "max_prepared_statements": 200, **settings}
    ini = folder / "pgbouncer.ini"
    lines = "\n".join(f"{name} = {value}" for name, value in given.items())
    ini.write_text(_INI.format(server=server.port, port=port, size=size, settings=lines))
    command = [_programs()[release], *(("-u", "nobody") if os.geteuid() == 0 else ()), str(ini)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
    url = f"postgresql://wattyard@127.0.0.1:{port}/wattyard"
    try:
        wait_for(lambda: _answers(process, port, folder / "log"))
        yield url
    finally:
        process.terminate()
        process.wait(60)


def _answers(process: "subprocess.Popen[bytes]", port: int, log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0
