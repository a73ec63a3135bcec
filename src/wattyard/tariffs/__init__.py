"""Tariffs and prices: what a kWh costs at a site, when, and why (contract 2)."""
