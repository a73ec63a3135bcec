"""Plans by state of charge: one battery or car (contract 4)."""
