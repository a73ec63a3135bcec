"""Accounts, secret keys and bearer tokens: who calls, and in which mode."""
