"""The dashboard: pages on which people see and change what is in an account (contract 9)."""
