"""Endpoints of sites, locations, customers and devices (contract 1)."""

from wattyard.sites.routes import customers, devices, locations, sites, states

ENDPOINTS = (
    *sites.ENDPOINTS,
    *locations.ENDPOINTS,
    *customers.ENDPOINTS,
    *devices.ENDPOINTS,
    *states.ENDPOINTS,
)
