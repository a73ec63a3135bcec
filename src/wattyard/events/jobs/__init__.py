"""Background jobs of events: delivery, and deletion of old events."""
