"""Assembly: settings in, running application out. The one room that knows every capability."""

from wattyard.app.assembly import (
    CAPABILITIES,
    ENCRYPTED,
    ENDPOINTS,
    administration,
    assemble,
    from_environment,
    services,
)
from wattyard.app.background import jobs, listening, work, working
from wattyard.platform.services import Services

__all__ = [
    "CAPABILITIES",
    "ENCRYPTED",
    "ENDPOINTS",
    "Services",
    "administration",
    "assemble",
    "from_environment",
    "jobs",
    "listening",
    "services",
    "work",
    "working",
]
