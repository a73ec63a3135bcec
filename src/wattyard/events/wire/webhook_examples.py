"""Examples of webhook endpoints and deliveries for `/openapi.json` and `/docs`."""

from wattyard.events.wire.log import EXAMPLE as EVENT

BODY_EXAMPLE = {
    "url": "https://hooks.example.com/wattyard",
    "event_types": ["device.*", "site.update"],
    "description": "our backend",
}
ENDPOINT_EXAMPLE = {
    "id": "whe_01939f3a6b7c7d11a1b2c3d4e5f60733",
    "object": "webhook_endpoint",
    "live_mode": True,
    "account_id": EVENT["account_id"],
    "time_created": "2026-02-12T10:00:00Z",
    "url": "https://hooks.example.com/wattyard",
    "event_types": ["device.*", "site.update"],
    "description": "our backend",
    "status": "ENABLED",
    "header_names": [],
    "failing_since": None,
    "previous_secret_until": None,
}
NEW_ENDPOINT_EXAMPLE = {
    **ENDPOINT_EXAMPLE,
    "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazl6Uy8aAbc=",
}
ENDPOINT_LIST = {
    "object": "list",
    "url": "/webhook-endpoints",
    "has_more": False,
    "data": [ENDPOINT_EXAMPLE],
}
TEST_EXAMPLE = {**EVENT, "type": "webhook.test", "data": ENDPOINT_EXAMPLE}
DELIVERY_EXAMPLE = {
    "id": "whd_01939f3a6b7c7d11a1b2c3d4e5f60744",
    "object": "webhook_delivery",
    "live_mode": True,
    "account_id": EVENT["account_id"],
    "time_created": "2026-02-12T10:00:00Z",
    "endpoint_id": ENDPOINT_EXAMPLE["id"],
    "event_id": EVENT["id"],
    "event_type": "device.delete",
    "status": "PENDING",
    "attempts": 1,
    "next_attempt": "2026-02-12T10:00:30.5Z",
    "last_attempt": "2026-02-12T10:00:00.250Z",
    "last_status_code": 503,
    "last_error": "the receiver answered 503",
    "recent_attempts": [
        {
            "time": "2026-02-12T10:00:00.250Z",
            "duration_ms": 118,
            "status_code": 503,
            "error": "the receiver answered 503",
        }
    ],
}
DELIVERY_LIST = {
    "object": "list",
    "url": "/webhook-deliveries",
    "has_more": False,
    "data": [DELIVERY_EXAMPLE],
}
REPLAY_EXAMPLE = {
    "object": "webhook_replay",
    "endpoint_id": ENDPOINT_EXAMPLE["id"],
    "deliveries": 12,
    "last_event_id": EVENT["id"],
    "has_more": False,
}
