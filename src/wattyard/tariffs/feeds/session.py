"""What a feed asks its source with: `Fetcher`, whose failures become those of a feed."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from wattyard.kernel.instants import Clock
from wattyard.platform.outbound.failures import AnswerTooLarge, Rejected, Unreachable
from wattyard.platform.outbound.fetcher import OK, Chance, FetchedAnswer, Fetcher, Patience, Sleep
from wattyard.tariffs.feeds.failures import FeedRefused, FeedUnreachable, FeedUnreadable


class Session:
    """Asks market sources. Use it as an asynchronous context."""

    def __init__(
        self, *, clock: Clock, sleep: Sleep, chance: Chance, patience: Patience | None = None
    ) -> None:
        self._fetcher = Fetcher(clock=clock, sleep=sleep, chance=chance, patience=patience)

    async def __aenter__(self) -> Self:
        await self._fetcher.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._fetcher.__aexit__(kind, error, trace)

    async def get(
        self, url: str, query: Mapping[str, str] | None = None, *, takes: frozenset[int] = OK
    ) -> FetchedAnswer:
        """Ask for a document until it comes or patience ends.

        Raises:
            FeedUnreachable: when no attempt brings an answer.
            FeedRefused: when the status is none of `takes`.
            FeedUnreadable: when the body is too large.
        """
        try:
            return await self._fetcher.get(url, query, takes=takes)
        except Unreachable as failed:
            raise FeedUnreachable(
                failed.reason, retry_after_seconds=failed.retry_after_seconds
            ) from None
        except Rejected as failed:
            raise FeedRefused(failed.reason) from None
        except AnswerTooLarge as failed:
            raise FeedUnreadable(failed.reason) from None
