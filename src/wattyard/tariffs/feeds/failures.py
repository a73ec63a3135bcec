"""Why a feed has no prices to hand over, and whether it is worth asking again."""


class FeedFailed(Exception):
    """A market source gave no prices; `reason` is a sentence for the operator, free of secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FeedUnreachable(FeedFailed):
    """The source does not answer at the moment, several attempts included: ask again later.

    `retry_after_seconds` is what the source itself asked for, or None.
    """

    def __init__(self, reason: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class FeedRefused(FeedFailed):
    """The source rejects the question: its token, area or product is wrong. Not asked again."""


class FeedUnreadable(FeedFailed):
    """The source answers something that cannot be taken as its prices. Not asked again."""
