"""Endpoints of schedules (contracts 4 and 4b)."""

from wattyard.schedules.routes import amounts, charges, listings, site_plans

ENDPOINTS = (*listings.ENDPOINTS, *amounts.ENDPOINTS, *charges.ENDPOINTS, *site_plans.ENDPOINTS)
