"""Endpoints of tariffs, market sources and prices (contract 2)."""

from wattyard.tariffs.routes import prices, sources, tariffs

ENDPOINTS = (*tariffs.ENDPOINTS, *sources.ENDPOINTS, *prices.ENDPOINTS)
