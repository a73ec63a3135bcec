"""Endpoints of events and webhooks (contract 5)."""

from wattyard.events.routes import deliveries, endpoints, keys, log, stream

ENDPOINTS = (
    *log.ENDPOINTS,
    *stream.ENDPOINTS,
    *endpoints.ENDPOINTS,
    *deliveries.ENDPOINTS,
    *keys.ENDPOINTS,
)
