"""Use-cases of the request log."""

from wattyard.requests.service.days import Days
from wattyard.requests.service.reading import Requests
from wattyard.requests.service.recording import Recorder

__all__ = ["Days", "Recorder", "Requests"]
