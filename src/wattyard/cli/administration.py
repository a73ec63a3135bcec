"""The listener on which `wattyard worker` answers for its health and metrics."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from wattyard import app
from wattyard.app import Services
from wattyard.cli.sockets import listening_on
from wattyard.platform.settings import Settings


class _Beside(uvicorn.Server):
    """A server alongside other work of the process, which handles the signals itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def admin_socket(settings: Settings) -> socket.socket | None:
    """Listen where the settings say; None where they name no port.

    Raises:
        CommandFailed: when the port is taken.
    """
    if not settings.admin_port:
        return None
    remedy = "choose another with WATTYARD_HOST and WATTYARD_ADMIN_PORT"
    return listening_on(settings.host, settings.admin_port, remedy=remedy)


@asynccontextmanager
async def administered(services: Services, listening: socket.socket | None) -> AsyncIterator[None]:
    """Answer `GET /health/live`, `/health/ready` and `/metrics` inside the block, where wanted."""
    if listening is None:
        yield
        return
    config = uvicorn.Config(
        app.administration(services),
        http="wattyard.platform.http.connection:ClientConnection",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
    )
    server = _Beside(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
