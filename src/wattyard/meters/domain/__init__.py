"""Meter readings: what counts as one, and which go together."""
