"""Requests: which calls an account made in the last days, and how they were answered."""
