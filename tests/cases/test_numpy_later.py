"""numpy, which is imported when a server is ready."""

import asyncio
import sys

import pytest

from wattyard.app.background import import_numpy_soon


async def test_a_numpy_that_cannot_be_imported_is_said_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    import_numpy_soon(after_seconds=0.0)
    said = ""
    async with asyncio.timeout(60):
        while "numpy" not in said:
            await asyncio.sleep(0.01)
            said += capsys.readouterr().err
    assert "numpy cannot be imported" in said
    assert "Traceback" not in said
