"""The Python client, `clients/python`."""
