"""Web: pages for people."""

from typing import Final

from wattyard.platform.composition import Capability
from wattyard.web.library import Library
from wattyard.web.pages import Pages
from wattyard.web.routes import ENDPOINTS


def library() -> Library:
    return Library()


WEB: Final = Capability(name="web", id_prefixes=(), provides=(library, Pages), endpoints=ENDPOINTS)
