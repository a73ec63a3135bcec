"""The JSON of meter readings, and their mapping to the domain."""
