"""The SQL of meter readings."""
