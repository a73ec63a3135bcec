"""The API's own description: OpenAPI 3.1 and a page for people, both from the declarations."""

from wattyard.platform.document.openapi import document
from wattyard.platform.document.page import STYLE_HASH, page

__all__ = ["STYLE_HASH", "document", "page"]
