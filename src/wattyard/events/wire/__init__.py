"""Events, webhook endpoints and deliveries as JSON (contract 5)."""
