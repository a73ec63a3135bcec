"""Plans by duration and by limit: closed forms over a price series (contract 4)."""
