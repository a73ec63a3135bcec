"""Pages for people: the reference of the API, its guides and its contract (contract 9)."""
