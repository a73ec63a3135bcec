"""Meters: what energy flowed at a site, and when (contract 3)."""
