"""`wattyard health`, which the health checks of containers run."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typer.testing import CliRunner

from tests.support.clusters import free_port
from wattyard.cli import app
from wattyard.cli.options import CommandFailed

READY = {"/health/live": 200, "/health/ready": 200}
EVERYWHERE = "0.0.0.0"  # noqa: S104 (asked, not bound)
NO_DATABASE = {"/health/live": 200, "/health/ready": 503}


@contextmanager
def answering(statuses: dict[str, int]) -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(statuses[self.path])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield str(server.server_port)
        finally:
            server.shutdown()
            thread.join()


def said(*options: str, **variables: str) -> str:
    """Run the command; what it printed, or why it failed."""
    environment = {"WATTYARD_HOST": None, "WATTYARD_PORT": None, "WATTYARD_ADMIN_PORT": None}
    done = CliRunner(env={**environment, **variables}).invoke(app, ["health", *options])
    if isinstance(done.exception, CommandFailed):
        return f"failed: {done.exception}"
    assert done.exit_code == 0, done.output
    return done.output


def test_a_server_that_is_ready_is_well() -> None:
    with answering(READY) as port:
        assert "answers 200" in said("--port", port)
        asked = {"address": f"http://127.0.0.1:{port}/health/ready", "status": 200}
        assert json.loads(said("--port", port, "--json")) == asked
        assert "answers 200" in said(WATTYARD_HOST=EVERYWHERE, WATTYARD_PORT=port)


def test_a_server_without_its_database_is_not_ready_but_alive() -> None:
    with answering(NO_DATABASE) as port:
        assert said("--port", port) == (f"failed: http://127.0.0.1:{port}/health/ready answers 503")
        assert "/health/live answers 200" in said("--live", "--port", port)


def test_a_server_that_is_not_there_is_said() -> None:
    assert "does not answer" in said("--port", str(free_port()))


def test_a_worker_is_asked_where_it_answers() -> None:
    with answering(READY) as port:
        assert "answers 200" in said("--worker", WATTYARD_ADMIN_PORT=port, WATTYARD_PORT="1")
        assert "answers 200" in said("--worker", "--port", port)
    assert "only where WATTYARD_ADMIN_PORT names a port" in said("--worker")


@pytest.mark.parametrize("port", ["http", "70000", "-1"])
def test_a_port_that_cannot_be_is_named(port: str) -> None:
    done = CliRunner(env={"WATTYARD_PORT": None}).invoke(app, ["health", "--port", port])
    assert done.exit_code
    assert "port" in f"{done.output}{done.exception}"
