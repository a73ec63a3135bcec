"""Costs: what metered energy costs at a place, group by group and line by line (contract 3)."""
