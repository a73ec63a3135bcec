"""What is raised when the embedded database cannot be used."""


class EmbeddedError(Exception):
    """The embedded database cannot be used; the message says what to do."""
