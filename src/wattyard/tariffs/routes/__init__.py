"""Endpoints of tariffs, market sources and prices (contract 2)."""

from wattyard.tariffs.routes import plain_prices, prices, sources, tariffs

ENDPOINTS = (
    *tariffs.ENDPOINTS,
    *sources.ENDPOINTS,
    *prices.ENDPOINTS,
    *plain_prices.ENDPOINTS,
)
