"""Costs: what metered energy costs at a site, group by group and line by line (contract 3)."""
