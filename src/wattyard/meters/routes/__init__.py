"""Endpoints of meter readings (contract 3)."""

from wattyard.meters.routes import readings, records

ENDPOINTS = (*readings.ENDPOINTS, *records.ENDPOINTS)
