"""Writes the client's models and methods from the server's declarations (`make client`)."""
