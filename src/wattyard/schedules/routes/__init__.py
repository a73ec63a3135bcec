"""Endpoints of schedules (contract 4)."""

from wattyard.schedules.routes import listings

ENDPOINTS = (*listings.ENDPOINTS,)
