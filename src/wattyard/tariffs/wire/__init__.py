"""The JSON shapes of tariffs, and their mapping to the domain."""
