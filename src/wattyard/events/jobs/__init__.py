"""Background work of events: deliveries, and forgetting what is old."""
