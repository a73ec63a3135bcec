"""What every market feed is: built from options, asked for a span."""

from collections.abc import Mapping
from typing import ClassVar, Protocol, Self

from wattyard.kernel.instants import Span
from wattyard.tariffs.feeds.options import Option
from wattyard.tariffs.feeds.published import PublishedPrices
from wattyard.tariffs.feeds.session import Session


class Feed(Protocol):
    """One source of market prices."""

    name: ClassVar[str]
    options: ClassVar[tuple[Option, ...]]

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build the feed.

        Raises:
            FeedOptionInvalid: when an option is missing, unknown or malformed.
        """

    async def fetch(self, http: Session, span: Span) -> PublishedPrices:
        """Fetch everything the source publishes within `span`; nothing is an answer too.

        Raises:
            FeedUnreachable: when it does not answer after several attempts.
            FeedRefused: when it rejects the question.
            FeedUnreadable: when its answer is no usable list of prices.
        """
