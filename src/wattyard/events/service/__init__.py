"""Use-cases of events and webhooks: tell, read, be told."""

from wattyard.events.service.deliveries import Deliveries
from wattyard.events.service.endpoints import Endpoints
from wattyard.events.service.faces import Reach
from wattyard.events.service.keys import SigningKeys
from wattyard.events.service.letters import Letters
from wattyard.events.service.log import CHANNEL, Events, Told
from wattyard.events.service.outbox import Outbox
from wattyard.events.service.retention import Retention
from wattyard.events.service.streams import Streams

__all__ = [
    "CHANNEL",
    "Deliveries",
    "Endpoints",
    "Events",
    "Letters",
    "Outbox",
    "Reach",
    "Retention",
    "SigningKeys",
    "Streams",
    "Told",
]
