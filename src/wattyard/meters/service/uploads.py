"""The use-case of an uploaded file of readings: it becomes one batch, chunk by chunk."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

from wattyard.kernel.context import Context
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.batches import MeterBatch
from wattyard.meters.domain.uploads import MeterUpload, RefusedPart, UploadChunk, UploadTally
from wattyard.meters.service.batches import Meters


@dataclass(frozen=True, slots=True)
class UploadReader:
    """How files are read; filled by the capability with its adapters."""

    chunks: Callable[[MeterUpload], Iterator[UploadChunk]]


@dataclass
class MeterUploads:
    """The uploaded files of every account."""

    meters: Meters
    reader: UploadReader

    async def chunks(self, upload: MeterUpload) -> AsyncIterator[UploadChunk]:
        """Read a file off the event loop, chunk by chunk.

        Raises:
            UploadUnreadable: with the first chunk, when the file cannot be read.
        """
        read = self.reader.chunks(upload)
        while (chunk := await asyncio.to_thread(next, read, None)) is not None:
            yield chunk

    async def keep(
        self, context: Context, batch: MeterBatch, chunk: UploadChunk, tally: UploadTally
    ) -> MeterBatch:
        """Keep a chunk as a part of a batch that was begun, and count what became of it."""
        count = len(chunk.where)
        after = await self.meters.go_on(
            context, batch, chunk.readings, submitted=count, last=chunk.is_last
        )
        failed = after.failed[len(batch.failed) :]
        refused = after.failed_count - batch.failed_count
        tally.kept += count - refused
        tally.unlisted += refused - len(failed)
        tally.refused += chunk.refused
        tally.refused += [
            RefusedPart(chunk.where[one.record_num - batch.submitted - 1], one.code, one.error)
            for one in failed
        ]
        return after
