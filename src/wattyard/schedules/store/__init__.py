"""Kept plans in the database."""
