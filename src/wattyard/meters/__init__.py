"""Meters: what energy flowed at a place, and when (contract 3)."""
