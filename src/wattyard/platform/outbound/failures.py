"""Why an exchange with another server brought nothing."""


class OutboundFailed(Exception):
    """An exchange failed; `reason` is a sentence for the operator, free of secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unreachable(OutboundFailed):
    """No attempt brought an answer: ask again later.

    `retry_after_seconds` is what the server itself asked for, or None.
    """

    def __init__(self, reason: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class Rejected(OutboundFailed):
    """The server answered with a status that is no success. Not asked again."""


class AnswerTooLarge(OutboundFailed):
    """The server answered more than is read. Not asked again."""
