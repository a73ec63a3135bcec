"""The SQL of events, webhook endpoints and deliveries."""
