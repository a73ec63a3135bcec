"""The listener on which `wattyard worker` answers for its health and metrics."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from wattyard import app
from wattyard.app import Services
from wattyard.platform.settings import Settings


class _Beside(uvicorn.Server):
    """A server beside other work of the process, which hears the signals itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def administered(services: Services) -> AsyncIterator[None]:
    """Answer `GET /health/live`, `/health/ready` and `/metrics` inside the block, where wanted."""
    settings = services.get(Settings)
    if not settings.admin_port:
        yield
        return
    config = uvicorn.Config(
        app.administration(services),
        host=settings.host,
        port=settings.admin_port,
        http="wattyard.platform.http.connection:ClientConnection",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
    )
    server = _Beside(config)
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await serving
