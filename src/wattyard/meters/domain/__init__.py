"""Meter readings: which are valid, and which belong together."""
