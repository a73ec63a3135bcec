"""Endpoints of schedules (contracts 4 and 4b)."""

from wattyard.schedules.routes import amounts, charges, kept_plans, listings, site_plans

ENDPOINTS = (
    *listings.ENDPOINTS,
    *amounts.ENDPOINTS,
    *charges.ENDPOINTS,
    *site_plans.ENDPOINTS,
    *kept_plans.ENDPOINTS,
)
