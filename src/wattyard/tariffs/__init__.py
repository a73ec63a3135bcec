"""Tariffs and prices: what a kWh costs at a place, when, and why (contract 2)."""
