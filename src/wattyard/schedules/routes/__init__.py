"""Endpoints of schedules (contract 4)."""

from wattyard.schedules.routes import amounts, charges, listings

ENDPOINTS = (*listings.ENDPOINTS, *amounts.ENDPOINTS, *charges.ENDPOINTS)
