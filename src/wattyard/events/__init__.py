"""Events and webhooks: changes are recorded in the transaction that makes them."""
