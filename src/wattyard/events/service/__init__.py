"""Use-cases of events and webhooks: record, read, deliver."""

from wattyard.events.service.deliveries import Deliveries
from wattyard.events.service.endpoints import Endpoints
from wattyard.events.service.keys import SigningKeys
from wattyard.events.service.log import CHANNEL, Events, Recorded
from wattyard.events.service.outbox import Outbox
from wattyard.events.service.ports import Reach
from wattyard.events.service.retention import Retention
from wattyard.events.service.secrets import EndpointSecrets
from wattyard.events.service.signer import WebhookSigner
from wattyard.events.service.streams import Streams
from wattyard.events.store import endpoints as _endpoints
from wattyard.events.store import keys as _keys

ENCRYPTED = (
    _endpoints.SECRET,
    _endpoints.PREVIOUS_SECRET,
    _endpoints.HEADERS,
    _keys.PRIVATE_KEY,
)
"""The columns of secrets."""

__all__ = [
    "CHANNEL",
    "ENCRYPTED",
    "Deliveries",
    "EndpointSecrets",
    "Endpoints",
    "Events",
    "Outbox",
    "Reach",
    "Recorded",
    "Retention",
    "SigningKeys",
    "Streams",
    "WebhookSigner",
]
