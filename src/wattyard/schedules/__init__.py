"""Schedules: when a device should run, given prices, goals and limits (contract 4)."""
