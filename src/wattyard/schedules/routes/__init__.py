"""Endpoints of schedules (contract 4)."""

from wattyard.schedules.routes import amounts, listings

ENDPOINTS = (*listings.ENDPOINTS, *amounts.ENDPOINTS)
