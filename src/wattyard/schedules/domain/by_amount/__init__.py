"""Plans by amount: energy within windows, under one limit (contract 4)."""
