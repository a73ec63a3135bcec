"""Assembly: settings in, running application out. The one room that knows every capability."""

from wattyard.app.assembly import assemble, from_environment, weather_of
from wattyard.app.background import jobs, listening, work, working
from wattyard.app.endpoints import ENDPOINTS
from wattyard.app.services import ENCRYPTED, Services

__all__ = [
    "ENCRYPTED",
    "ENDPOINTS",
    "Services",
    "assemble",
    "from_environment",
    "jobs",
    "listening",
    "weather_of",
    "work",
    "working",
]
