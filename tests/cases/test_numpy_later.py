"""numpy, which is imported when a server is ready."""

import subprocess
import sys
from typing import Final

WITHOUT_NUMPY: Final = """
import asyncio, sys, threading
sys.modules["numpy"] = None
from wattyard.app.background import import_numpy_soon

async def start():
    import_numpy_soon(after_seconds=0.0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)

asyncio.run(start())
"""


def test_a_numpy_that_cannot_be_imported_is_said_in_the_log() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NUMPY], capture_output=True, text=True, check=True
    )
    assert "numpy cannot be imported" in done.stderr
    assert "Traceback" not in done.stderr
