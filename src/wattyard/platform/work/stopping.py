"""The end of a process: known as soon as it is asked for, before anything has stopped."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Stopping:
    """Tells long answers and background work that this process was asked to end.

    After the first SIGTERM it drains for `drain_seconds`: it goes on as before, but says that it is
    not ready, so that load balancers send it no more requests. SIGINT, and a second SIGTERM, end
    that at once.
    """

    def __init__(self, drain_seconds: float = 0) -> None:
        self.asked = asyncio.Event()
        self.is_draining = False
        self._when_draining: list[Callable[[], None]] = []
        self._drain_seconds = drain_seconds

    def when_draining(self, call: Callable[[], None]) -> None:
        """Call as soon as it drains."""
        self._when_draining.append(call)

    def _begin_draining(self) -> None:
        self.is_draining = True
        for call in self._when_draining:
            call()

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Hear the signals inside the block, besides whoever hears them already."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        present = {number: signal.getsignal(number) for number in _SIGNALS}

        def end(number: int, frame: FrameType | None) -> None:
            self.asked.set()
            handler = present[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)

        def hear(number: int, frame: FrameType | None) -> None:
            waits = number == signal.SIGTERM and not self.is_draining and self._drain_seconds
            self._begin_draining()
            if waits:
                loop.call_soon_threadsafe(loop.call_later, self._drain_seconds, end, number, None)
            else:
                loop.call_soon_threadsafe(end, number, frame)

        for number in _SIGNALS:
            signal.signal(number, hear)
        try:
            yield
        finally:
            for number, handler in present.items():
                signal.signal(number, handler)
