"""One server a test process, a browser for each module, a window of its own for each test.

While a browser is driven, an event loop runs in the test process: it must end before other tests
need theirs. Without Chromium every test is skipped: `apt-get install chromium`, or name one in
WATTYARD_CHROMIUM.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.served import Sample, Served, copied
from tests.support.process import Server

SCREENS = Path(__file__).parent / "screens"
NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDE = {"width": 1280, "height": 900}
TIMEOUT_MS = 30_000
Window = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium_path() -> str:
    named = os.environ.get("WATTYARD_CHROMIUM")
    path = named or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium: apt-get install chromium, or name one in WATTYARD_CHROMIUM")
    return path


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(
    chromium_path: str, run_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The sample fleet on a server of this test process; what is in it was made once a run."""
    made = run_folder / "sample"
    made.mkdir(exist_ok=True)
    with (made / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made / "sample.json").exists():
            sample = Sample.made(made / "data")
            (made / "sample.json").write_text(json.dumps(asdict(sample)))
    data = tmp_path_factory.mktemp("served") / "data"
    sample = copied(made, data)
    with Server(data) as server:
        yield Served(server, data, sample)


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, served: Served, request: pytest.FixtureRequest) -> Any:
    """What a browser keeps of an owner who also runs the server, one for each module.

    Of tests that a process takes over from another one late, it is made once more.
    """
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    name = f"{request.path.stem.removeprefix('test_')}.{token_hex(4)}"
    served.log_in(page, f"ada.{name}@example.com", operator=True)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def window(chromium: Browser, signed_in: Any) -> Iterator[Window]:
    """Open windows, signed in unless told otherwise; what their pages complain of fails the test.

    A page that answers with an error is no complaint.
    """
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(f"{message.location['url']}: {message.text}")

    def new(*, state: Any = signed_in, **options: Any) -> Page:
        options = {"viewport": WIDE, "locale": "en-GB", **options}
        context = chromium.new_context(storage_state=state, **options)
        context.set_default_timeout(TIMEOUT_MS)
        opened.append(context)
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield new
    for context in opened:
        context.close()
    assert complaints == []
