"""Scopes: what a restricted key may do (contract 9, Keys that authenticate by themselves)."""

from collections.abc import Collection
from enum import StrEnum


class Scope(StrEnum):
    """A right that a restricted key has, and that an endpoint needs."""

    SITES_READ = "sites:read"
    """Sites, locations, devices and their states."""
    PRICES_READ = "prices:read"
    """Every call that prices a kWh."""
    SCHEDULES_READ = "schedules:read"
    """Every call that plans."""
    METERS_READ = "meters:read"
    """Meter records and batches."""
    METERS_WRITE = "meters:write"
    """Sending meter readings."""
    STATES_WRITE = "states:write"
    """Reporting the states of devices."""
    COSTS_READ = "costs:read"
    """Every call that prices metered energy."""
    EVENTS_READ = "events:read"
    """Events and their stream."""
    ALL_READ = "*:read"
    """All that the others read, and customers, tariffs, market sources and webhooks."""

    def is_in(self, scopes: Collection[str]) -> bool:
        """Whether a key with these scopes may do it."""
        return self in scopes or (self.endswith(":read") and Scope.ALL_READ in scopes)
