"""The market series that prices need, kept in memory by quarter of a year, or by day.

A block is what a source publishes in one quarter (UTC); where that is very much, prices by the
second, in one day. It is kept under the source's revision, which grows with every upload, so
that what is kept never outlives a change.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from cachetools import LRUCache

from wattyard.kernel.arrays import np
from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.platform.db import ReadConnection
from wattyard.tariffs.domain.refusals import LAID_AT_ONCE, TooManyPrices
from wattyard.tariffs.domain.sources import MarketSeries, MarketSource
from wattyard.tariffs.store import sources as source_store
from wattyard.tariffs.store.sources import PublishedIntervals

_LOOKS_BACK: Final = timedelta(days=15)
"""A forecast looks at the 14 local days before."""
_DAY: Final = timedelta(days=1)
_KEPT_BYTES: Final = 100 * 1024 * 1024
"""A quarter of five-minute prices takes 0.6 MB."""
_BLOCK_PRICES: Final = 500_000
"""A quarter with more prices, about 12 MB, is read and kept day by day."""
_DENSE_KNOWN: Final = 10_000
_BLOCKS_AT_ONCE: Final = 12
_DAYS_AT_ONCE: Final = 400
"""A span beyond these, far in the future, is mostly empty: it is read at once, and not kept."""

Sources = Mapping[str, MarketSource]
"""Market sources by id (`mrs_…`) and by code."""


class SeriesCache:
    """Reads market series, and remembers quarters or days of them.

    `most` is how many prices a series may have, `block_prices` how many a quarter that is kept.
    """

    def __init__(self, most: int = LAID_AT_ONCE, block_prices: int = _BLOCK_PRICES) -> None:
        self._most = most
        self._block_prices = block_prices
        self._blocks: LRUCache[tuple[UUID, int, datetime, datetime], PublishedIntervals] = LRUCache(
            _KEPT_BYTES, getsizeof=_bytes
        )
        self._dense: LRUCache[tuple[UUID, int], bool] = LRUCache(_DENSE_KNOWN)

    async def series(
        self, db: ReadConnection, context: Context, source: MarketSource, span: Span
    ) -> MarketSeries:
        """Read what a source publishes in a span and in the days that a forecast looks back to.

        Raises:
            TooManyPrices: for more than two million.
        """
        owner = source_store.OPERATOR if source.shared else (context.account, context.live_mode)
        start = min(span.start, context.now) - _LOOKS_BACK
        numbers = range(_quarter(start), _quarter(span.end) + 1)
        blocks = await self._quarters(db, owner, source, numbers)
        if blocks is None:
            blocks = await self._days(db, owner, source, Span(start, span.end))
        starts = np.concatenate([block.starts_us for block in blocks])
        _, first = np.unique(starts, return_index=True)  # one that two quarters share comes once
        return MarketSeries(
            source_id=f"mrs_{source.id.hex}",
            code=source.code,
            unit=source.unit,
            starts_us=starts[first],
            ends_us=np.concatenate([block.ends_us for block in blocks])[first],
            prices=np.concatenate([block.prices for block in blocks])[first],
            currency_code=source.currency_code,
        )

    async def _quarters(
        self, db: ReadConnection, owner: tuple[int, bool], source: MarketSource, numbers: range
    ) -> list[PublishedIntervals] | None:
        """Read whole quarters; None where they are too many, or have too many prices."""
        key = source.id, source.revision
        if len(numbers) > _BLOCKS_AT_ONCE or key in self._dense:
            return None
        blocks, count = [], 0
        for number in numbers:
            quarter = Span(_first_of(number), _first_of(number + 1))
            blocks.append(await self._block(db, owner, source, quarter, self._block_prices))
            if blocks[-1].starts_us.size > self._block_prices:
                self._dense[key] = True
                return None
            count += blocks[-1].starts_us.size
            if count > self._most:
                return None
        return blocks

    async def _days(
        self, db: ReadConnection, owner: tuple[int, bool], source: MarketSource, span: Span
    ) -> list[PublishedIntervals]:
        """Read whole days (UTC); only what is asked for where they are very many.

        Raises:
            TooManyPrices: as soon as there are.
        """
        first = span.start.replace(hour=0, minute=0, second=0, microsecond=0)
        count = (span.end - first) // _DAY + 1
        if count > _DAYS_AT_ONCE:
            whole = await source_store.prices_between(
                db, *owner, source.id, span, most=self._most + 1
            )
            return [self._within(whole, self._most)]
        blocks, left = [], self._most
        for n in range(count):
            day = Span(first + n * _DAY, first + (n + 1) * _DAY)
            blocks.append(self._within(await self._block(db, owner, source, day, self._most), left))
            left -= blocks[-1].starts_us.size
        return blocks

    def _within(self, block: PublishedIntervals, left: int) -> PublishedIntervals:
        if block.starts_us.size > left:
            raise TooManyPrices(self._most)
        return block

    async def _block(
        self,
        db: ReadConnection,
        owner: tuple[int, bool],
        source: MarketSource,
        span: Span,
        most: int,
    ) -> PublishedIntervals:
        """Read the prices of a span, one more than `most` at most; those that fit are kept."""
        key = (source.id, source.revision, span.start, span.end)
        block = self._blocks.get(key)
        if block is None:
            block = await source_store.prices_between(db, *owner, source.id, span, most=most + 1)
            if block.starts_us.size <= min(most, self._block_prices):
                self._blocks[key] = block
        return block


@dataclass(frozen=True, slots=True)
class Needs:
    """The market sources that some tariffs follow: ids, and codes in formulas."""

    ids: frozenset[UUID]
    codes: frozenset[str]

    @classmethod
    def of(cls, keys: Iterable[str]) -> "Needs":
        """Separate ids from codes among `Tariff.market_keys`."""
        keys = frozenset(keys)
        by_id = frozenset(key for key in keys if _is_id(key))
        return cls(frozenset(UUID(hex=key[4:]) for key in by_id), keys - by_id)


async def sources_of(db: ReadConnection, context: Context, needs: Needs) -> dict[str, MarketSource]:
    """Find the sources needed that exist, under their ids and codes; own ones come first."""
    if not needs.ids and not needs.codes:
        return {}
    found = await source_store.by_ids_or_codes(
        db, context.account, context.live_mode, needs.ids, needs.codes
    )
    by_key: dict[str, MarketSource] = {}
    for source in found:
        if source.id in needs.ids:
            by_key[f"mrs_{source.id.hex}"] = source
        if source.code in needs.codes:
            by_key.setdefault(source.code, source)
    return by_key


def _bytes(block: PublishedIntervals) -> int:
    return 256 + sum(column.nbytes for column in block)


def _is_id(key: str) -> bool:
    return len(key) == 36 and key.startswith("mrs_")


def _quarter(at: datetime) -> int:
    return at.year * 4 + (at.month - 1) // 3


def _first_of(quarter: int) -> datetime:
    return datetime(quarter // 4, quarter % 4 * 3 + 1, 1, tzinfo=UTC)
