"""Wattyard: sites, devices, prices, costs and schedules behind one self-hosted HTTP API."""

__version__ = "0.1.0"
