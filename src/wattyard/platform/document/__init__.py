"""The API's own description: OpenAPI 3.1, from the declarations."""

from wattyard.platform.document.openapi import Description, document

__all__ = ["Description", "document"]
