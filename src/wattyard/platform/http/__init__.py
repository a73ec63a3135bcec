"""HTTP plumbing: endpoints are declared once, and decoding, errors and documents follow."""

from wattyard.platform.http.call import Answer, Call
from wattyard.platform.http.declare import Access, Effect, Endpoint, LastStep, endpoint
from wattyard.platform.http.lists import LIST_REFUSALS, List, ListQuery, list_answer

__all__ = [
    "LIST_REFUSALS",
    "Access",
    "Answer",
    "Call",
    "Effect",
    "Endpoint",
    "LastStep",
    "List",
    "ListQuery",
    "endpoint",
    "list_answer",
]
