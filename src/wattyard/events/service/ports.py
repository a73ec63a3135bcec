"""The ports of webhooks, filled by the app: serializers, the address policy, signatures."""

from collections.abc import Awaitable, Callable

from wattyard.events.domain import Event
from wattyard.events.domain.endpoints import WebhookEndpoint
from wattyard.kernel.callers import Caller

SerializeEndpoint = Callable[[Caller, WebhookEndpoint], bytes]
"""Writes an endpoint as JSON, without its secret."""

SerializeEvent = Callable[[Caller, Event], bytes]
"""Writes an event as JSON: the bytes that are signed and sent."""

Reach = Callable[[str], Awaitable[None]]
"""Raises `UrlInvalid` when an address leads to a network that may not be reached."""

Sign = Callable[[bytes, bytes], bytes]
"""Signs a message with a private key (PKCS #8 in DER) by PS256."""

MakeKey = Callable[[], bytes]
"""Makes a private key for such signatures."""
