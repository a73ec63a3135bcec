"""The end of a process: known as soon as it is asked for, before anything has stopped."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Stopping:
    """Tells long answers and background work that this process was asked to end."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Hear the signals inside of the block, besides whoever hears them already."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        present = {number: signal.getsignal(number) for number in _SIGNALS}

        def hear(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.asked.set)
            handler = present[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)

        for number in _SIGNALS:
            signal.signal(number, hear)
        try:
            yield
        finally:
            for number, handler in present.items():
                signal.signal(number, handler)
