"""`wattyard serve`: the server, with the embedded database unless another is named."""

import gc
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from dataclasses import replace
from functools import partial
from http.client import HTTPConnection, HTTPException
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Final

import typer
import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from wattyard.cli.backup_schedule import taking_backups
from wattyard.cli.database import check, database_of
from wattyard.cli.options import (
    CommandFailed,
    DatabaseDirectOption,
    DatabaseOption,
    DatabaseReadOption,
    DataOption,
    listed,
)
from wattyard.cli.printing import complain
from wattyard.cli.reloading import Reloading, Terminal, outlive_hangup
from wattyard.cli.sockets import listening_on
from wattyard.platform import logs
from wattyard.platform.embedded.surroundings import temporary_folder
from wattyard.platform.settings import Settings

_FINISH_SECONDS: Final = 5
"""Seconds that running requests may take after SIGTERM; the whole stop stays below 10 s."""
_HANGS_AFTER_SECONDS: Final = 5
"""One of several server processes that does not answer its supervisor for so long is replaced."""
_READY_SECONDS: Final = 60
_SWITCH_SECONDS: Final = 0.0005
_LOOK_SECONDS: Final = 0.1


def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on.", envvar="WATTYARD_HOST")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", help="Port; 0 chooses a free one.", envvar="WATTYARD_PORT"),
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    database_direct: DatabaseDirectOption = None,
    database_read: DatabaseReadOption = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", help="Processes, one per core.", envvar="WATTYARD_WORKERS"),
    ] = None,
    worker: Annotated[
        bool | None,
        typer.Option(
            "--worker/--no-worker",
            help="Also do the background work (webhooks, feeds) in this server.",
        ),
    ] = None,
    dashboard: Annotated[
        bool | None,
        typer.Option(
            "--dashboard/--no-dashboard",
            help="Serve pages for people at /dashboard.",
            envvar="WATTYARD_DASHBOARD",
        ),
    ] = None,
    drain_seconds: Annotated[
        int | None,
        typer.Option(
            "--drain-seconds",
            help="How long to keep serving after SIGTERM while reporting not to be ready.",
            envvar="WATTYARD_DRAIN_SECONDS",
        ),
    ] = None,
    with_sample: Annotated[
        bool,
        typer.Option("--sample", help="Add a sample account with a fleet in test mode."),
    ] = False,
) -> None:
    """Serve the API until SIGTERM or Ctrl-C."""
    gc.disable()  # until the application is put together
    read = partial(
        Settings.traced,
        dict(os.environ),
        host=host,
        port=port,
        data=data and Path(data),
        database=database,
        database_direct=database_direct,
        database_read=listed(database_read),
        workers=workers,
        worker=None if worker is None else int(worker),
        dashboard=None if dashboard is None else int(dashboard),
        drain_seconds=drain_seconds,
    )
    traced = read()
    complain(*(f"wattyard: {doubt}" for doubt in traced.doubts))
    settings = traced.settings
    remedy = "choose another with --host and --port"
    listening = listening_on(settings.host, settings.port, remedy=remedy)
    settings = settings.with_port(listening.getsockname()[1])
    shown_host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{shown_host}:{settings.port}"
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them again when it has ended
        signal.signal(number, _no_more)
    terminal = Terminal()
    outlive_hangup(terminal)
    importing = _import_beside() if settings.workers == 1 else None
    with database_of(settings, watched=True, makes=True) as found:
        try:
            check(found, alone=not settings.database)
        finally:
            if importing is not None:
                importing.join()
        introduction = _sample(found, address, settings) if with_sample else ()
        found.hand_over(os.environ)
        announcer = threading.Thread(
            target=_introduce,
            args=(listening, address, introduction, found if with_sample else None),
            daemon=True,
        )
        announcer.start()
        with taking_backups(settings, found.database):
            _run(Reloading(read, traced.settings, found), listening, terminal)


def _import_beside() -> threading.Thread:
    """Import the application while the database starts; a worker process does it for itself.

    Whoever starts the database waits for the interpreter after each call of the system: for half a
    millisecond rather than five.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    importing = threading.Thread(target=import_module, args=("wattyard.app",), daemon=True)
    importing.start()
    return importing


def _sample(found: Settings, address: str, settings: Settings) -> tuple[str, ...]:
    from wattyard.cli import sample  # noqa: PLC0415 (only where it is wanted)

    return sample.introduction(found, address, settings)


def _run(reloading: Reloading, listening: socket.socket, terminal: Terminal) -> None:
    settings = reloading.in_use
    config = uvicorn.Config(
        "wattyard.app:from_environment",
        factory=True,
        workers=settings.workers,
        loop="uvloop",
        http="wattyard.platform.http.connection:ClientConnection",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_graceful_shutdown=_FINISH_SECONDS,
        timeout_keep_alive=30,
        timeout_worker_healthcheck=_HANGS_AFTER_SECONDS,
    )
    if settings.workers > 1:
        with _metrics_folder(settings) as together:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = together
            reloading.hand_over(replace(settings, worker_turn=str(Path(together) / "worker")))
            logs.configure(level=settings.log_level, form=settings.log_format)
            supervisor = Supervisor(config, [listening], reloading, terminal)
            gc.enable()  # this process puts no application together
            supervisor.run()
        if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
            raise CommandFailed("the workers did not start; the lines above say why")
        return
    server = uvicorn.Server(config)
    server.run(sockets=[listening])
    if not server.started:
        raise CommandFailed("the server did not start; the lines above say why")


def _metrics_folder(settings: Settings) -> tempfile.TemporaryDirectory[str]:
    """Make the folder in which workers count together.

    Raises:
        CommandFailed: when no folder can be written.
    """
    place = None if settings.database else temporary_folder(settings.data.absolute())
    try:
        return tempfile.TemporaryDirectory(prefix="wattyard-metrics-", dir=place)
    except OSError as fault:
        raise CommandFailed(
            "workers count their metrics together in a temporary folder, and none can be written: "
            "set TMPDIR to one that can, or use --workers 1"
        ) from fault


class Supervisor(Multiprocess):
    """Keeps the workers running, replaces them after SIGHUP, and ends with its terminal."""

    def __init__(
        self,
        config: uvicorn.Config,
        sockets: list[socket.socket],
        reloading: Reloading,
        terminal: Terminal,
    ) -> None:
        super().__init__(config, sockets)
        self._reloading = reloading
        self._terminal = terminal
        self._retired: list[Process] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked_to_end)  # also while others start

    def _asked_to_end(self, _number: int, _frame: FrameType | None) -> None:
        """End; where that was asked before, workers that still drain end at once."""
        if self.should_exit.is_set():
            for process in (*self._retired, *self.processes):
                process.process.terminate()
        self.should_exit.set()

    def handle_hup(self) -> None:
        """Replace the workers, or end where the signal tells of a terminal that was closed."""
        if self._terminal.is_gone():
            self.should_exit.set()
        else:
            self.restart_all()

    def restart_all(self) -> None:
        """Replace all workers by new ones that answer, with the settings as they are now.

        Where these are invalid, or one of the new workers does not start, the present ones carry
        on, with the settings that they have.
        """
        former = self._reloading.in_use
        found = self._reloading.reread()
        if found is None:
            return
        self._reloading.hand_over(found)
        begun = self._begin()
        if len(begun) == len(self.processes):
            begun, self.processes = self.processes, begun
        else:
            self._reloading.hand_over(former)
        self._retire(begun)

    def _begin(self) -> list[Process]:
        """Start as many workers as there are, one after the other, until one does not start."""
        begun: list[Process] = []
        for _ in self.processes:
            process = Process(self.config, self.sockets)
            process.start()
            if not process.wait_until_ready(_READY_SECONDS, self.should_exit):
                process.kill()
                process.join()
                _forget_measures([process])
                if not self.should_exit.is_set():
                    logs.error("a new worker did not start, the former workers go on")
                break
            begun.append(process)
        return begun

    def _retire(self, processes: list[Process]) -> None:
        """End workers, which finish what they were asked, and look after the others meanwhile."""
        self._retired = processes
        for process in processes:
            process.terminate()
        while any(process.exitcode is None for process in processes):
            if self.should_exit.wait(_LOOK_SECONDS):
                return
            self.keep_subprocess_alive()
        _forget_measures(processes)

    def keep_subprocess_alive(self) -> None:
        """Replace each worker that has died, or does not answer."""
        present = [*self.processes]
        super().keep_subprocess_alive()
        _forget_measures([one for one in present if one not in self.processes])

    def join_all(self) -> None:
        """Wait until all have ended, those that were replaced included."""
        for process in self._retired:
            process.join()
        super().join_all()


def _forget_measures(ended: list[Process]) -> None:
    """Stop metrics from counting what ended processes had open."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not ended or folder is None:
        return
    from prometheus_client.multiprocess import (  # noqa: PLC0415 (no start needs it)
        mark_process_dead,
    )

    for process in ended:
        mark_process_dead(process.pid, folder)  # type: ignore[no-untyped-call]


def _introduce(
    listening: socket.socket,
    address: str,
    introduction: tuple[str, ...],
    sample_in: Settings | None,
) -> None:
    """Say how to use the server once it answers; then the sample's first webhook may fail.

    The log tells of that, and would stand in the middle of the introduction.
    """
    _announce(listening, address, introduction)
    if sample_in is not None:
        from wattyard.cli import sample  # noqa: PLC0415 (only where it is wanted)

        sample.deliver_in_vain(sample_in)


def _announce(listening: socket.socket, address: str, introduction: tuple[str, ...]) -> None:
    """Print that the server is ready as soon as it answers, however long that takes."""
    host, port = listening.getsockname()[:2]
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (asked, not bound)
    soon = time.monotonic() + _READY_SECONDS
    while True:
        connection = HTTPConnection(reached, port, timeout=10)
        try:
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                sys.stdout.write("\n".join([f"wattyard ready on {address}", *introduction, ""]))
                sys.stdout.flush()
                return
        except (OSError, HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.01 if time.monotonic() < soon else 1.0)


def _no_more(number: int, frame: Any) -> None:  # noqa: ANN401 (the signal module's form)
    raise SystemExit(0)
