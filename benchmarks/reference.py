"""How heavy the reference and the guides are over the wire: what a page needs to be read.

The script is not among it: it comes last, and every page reads without it.
"""

import asyncio
import json

from benchmarks.support.ground import Ground, verdict
from wattyard.app import ENDPOINTS
from wattyard.app.endpoints import description
from wattyard.platform.http.documents import Document
from wattyard.platform.settings import Settings
from wattyard.web.library import Library
from wattyard.web.pages import Pages

_KIB = 1024


def run(_: Ground) -> None:
    """Weigh every page that can be searched, compressed as it is sent."""
    asyncio.run(_weigh(Pages(description(ENDPOINTS), Library(), Settings())))


async def _weigh(pages: Pages) -> None:
    entries = json.loads((await _of(pages, "/docs/search.json")).body)
    paths = {"/docs", *(path.partition("#")[0] for _, path, _ in entries)}
    kib = {path: len((await _of(pages, path)).packed) / _KIB for path in sorted(paths)}
    style = len((await _of(pages, "/docs/assets/wattyard.css")).packed) / _KIB
    script = len((await _of(pages, "/docs/assets/wattyard.js")).packed) / _KIB
    heaviest = max(kib, key=lambda path: kib[path])
    print(f"   {len(kib)} pages; style {style:.1f} KiB, script {script:.1f} KiB, both kept")
    verdict(f"{heaviest}, the heaviest, KiB", kib[heaviest], "<= 40", met=kib[heaviest] <= 40)
    first = kib["/docs"] + style
    verdict("/docs and its style, first view, KiB", first, "<= 40", met=first <= 40)


async def _of(pages: Pages, path: str) -> Document:
    document = await pages.find(path)
    assert document is not None, path
    return document
