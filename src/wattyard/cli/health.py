"""`wattyard health`: whether the server of this machine answers, for health checks."""

import json as json_text
from http.client import HTTPConnection, HTTPException
from typing import Annotated, Final

import typer

from wattyard.cli.options import CommandFailed, JsonOption
from wattyard.platform.settings import Settings

_WAIT_SECONDS: Final = 3
_ANY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (asked, not bound)
_NO_PORT: Final = (
    "the port is not known: give --port for a server that took a free one (port 0); a worker "
    "answers only where WATTYARD_ADMIN_PORT names a port"
)


def health(
    live: Annotated[
        bool, typer.Option("--live", help="Whether it answers at all, even without a database.")
    ] = False,
    worker: Annotated[
        bool, typer.Option("--worker", help="Ask a `wattyard worker`, at its WATTYARD_ADMIN_PORT.")
    ] = False,
    host: Annotated[
        str | None, typer.Option("--host", help="Where it listens.", envvar="WATTYARD_HOST")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="Its port, where it is not in the settings.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Ask a server or worker of this machine whether it is ready; for health checks.

    The exit code is 0 if it is, else 1.
    """
    path = "/health/live" if live else "/health/ready"
    settings = Settings.read(host=host, port=port)
    at = settings.admin_port if worker and port is None else settings.port
    if not at:
        raise CommandFailed(_NO_PORT)
    asked = _ANY.get(settings.host, settings.host)
    address = f"http://{f'[{asked}]' if ':' in asked else asked}:{at}{path}"
    connection = HTTPConnection(asked, at, timeout=_WAIT_SECONDS)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    except (OSError, HTTPException) as fault:
        raise CommandFailed(f"{address} does not answer: {fault or type(fault).__name__}") from None
    finally:
        connection.close()
    if status != 200:
        raise CommandFailed(f"{address} answers {status}")
    said = {"address": address, "status": status}
    typer.echo(json_text.dumps(said) if json else f"{address} answers 200")
