"""Endpoints of schedules (contracts 4 and 4b)."""

from wattyard.schedules.routes import amounts, kept_plans, listings, site_plans, state_of_charge

ENDPOINTS = (
    *listings.ENDPOINTS,
    *amounts.ENDPOINTS,
    *state_of_charge.ENDPOINTS,
    *site_plans.ENDPOINTS,
    *kept_plans.ENDPOINTS,
)
