"""Cells: several PostgreSQL clusters, and accounts that move between them."""
