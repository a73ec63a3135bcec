"""One plan for all that stands behind one meter (contract 4b)."""
