"""Schedules as JSON (contract 4)."""
