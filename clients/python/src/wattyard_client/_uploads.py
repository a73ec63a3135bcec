"""Uploads of many readings."""

import asyncio
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import msgspec

from wattyard_client._errors import WattyardError
from wattyard_client._exchange import Call
from wattyard_client._model import Model
from wattyard_client._resource import AsyncResource, Resource, read
from wattyard_client._settings import Options
from wattyard_client.models import Failed, MeterBatch

MOST_RECORDS: Final = 10_000
"""Readings in one request."""
_LEVEL: Final = 1
"""Of gzip: readings repeat themselves, and a higher one costs more time than it saves."""
_AS_GZIP: Final = 16 + zlib.MAX_WBITS
_HEADERS: Final = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
_ENCODER: Final = msgspec.json.Encoder()

Reading = Mapping[str, Any] | Model


@dataclass(slots=True)
class Upload:
    """What became of the readings of an upload, after each of its requests.

    Attributes:
        submitted, accepted, failed: numbers of readings.
        failures: the rejected readings that the server named (the first 1,000 of a request),
            `record_num` counted from 1 over the whole upload.
    """

    submitted: int = 0
    accepted: int = 0
    failed: int = 0
    failures: list[Failed] = field(default_factory=list)

    def add(self, batch: MeterBatch) -> None:
        """Count what one request did."""
        for one in batch.failed_records:
            moved = msgspec.structs.replace(one, record_num=self.submitted + one.record_num)
            moved.__dict__.update(one.__dict__)
            self.failures.append(moved)
        self.submitted += batch.records_submitted
        self.accepted += batch.records_accepted
        self.failed += batch.records_failed


class UploadFailed(WattyardError):
    """An upload broke off; why is in `__cause__`, an `ApiError`, `ConnectionFailed` or the like.

    Attributes:
        upload: what became of the readings of the requests before, which stay.
        next_record: number, from 1, of the first reading that the server did not confirm.
    """

    def __init__(self, upload: Upload, reason: object) -> None:
        self.upload = upload
        self.next_record = upload.submitted + 1
        super().__init__(
            f"the upload broke off at reading {self.next_record:,} "
            f"({upload.accepted:,} were accepted before): {reason}"
        )
        self._reason = str(reason)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.upload, self._reason)


def _packed(readings: list[Reading]) -> bytes:
    packer = zlib.compressobj(_LEVEL, wbits=_AS_GZIP)
    return packer.compress(_ENCODER.encode(readings)) + packer.flush()


def _call(content: bytes) -> Call:
    return Call("PUT", "/meters/interval", content=content, headers=_HEADERS)


class Uploading(Resource):
    """Uploading readings."""

    def upload(
        self,
        readings: Iterable[Reading],
        *,
        progress: Upload | None = None,
        options: Options | None = None,
    ) -> Upload:
        """Send any number of readings, 10,000 at a time and compressed.

        A reading is what `put_interval` takes. A fault in one fails only that one. Requests
        follow one another, so that of two values for one period the later counts; the next one
        is packed, in a thread, while one is under way. Readings that were sent before count
        once, so an upload that broke off can also be repeated whole.

        Args:
            readings: from the first, also when an upload goes on.
            progress: of an upload that broke off, to go on where it stood: as many readings as
                were submitted are passed over, and its counts go on. It is kept after each request.
            options: of each request.

        Raises:
            UploadFailed: at the first request that failed; `upload` has the counts until then.
        """
        upload = Upload() if progress is None else progress
        parts = batches(islice(readings, upload.submitted, None))
        with ThreadPoolExecutor(1, "wattyard-upload") as packer:
            content = _packed(first) if (first := next(parts, None)) else None
            while content is not None:
                following = next(parts, None)
                later = packer.submit(_packed, following) if following else None
                try:
                    upload.add(read(MeterBatch, self._connection.call(_call(content), options)))
                except WattyardError as error:
                    raise UploadFailed(upload, error) from error
                content = later.result() if later else None
        return upload


class AsyncUploading(AsyncResource):
    """Uploading readings."""

    async def upload(
        self,
        readings: Iterable[Reading] | AsyncIterable[Reading],
        *,
        progress: Upload | None = None,
        options: Options | None = None,
    ) -> Upload:
        """Send any number of readings, 10,000 at a time and compressed.

        A reading is what `put_interval` takes. A fault in one fails only that one. Requests
        follow one another, so that of two values for one period the later counts; the next one
        is packed, in a thread, while one is under way. Readings that were sent before count
        once, so an upload that broke off can also be repeated whole.

        Args:
            readings: from the first, also when an upload goes on.
            progress: of an upload that broke off, to go on where it stood: as many readings as
                were submitted are passed over, and its counts go on. It is kept after each request.
            options: of each request.

        Raises:
            UploadFailed: at the first request that failed; `upload` has the counts until then.
        """
        upload = Upload() if progress is None else progress
        loop = asyncio.get_running_loop()
        parts = _batches_of_either(readings, upload.submitted)
        content = _packed(first) if (first := await anext(parts, None)) else None
        while content is not None:
            following = await anext(parts, None)
            later = loop.run_in_executor(None, _packed, following) if following else None
            try:
                upload.add(read(MeterBatch, await self._connection.call(_call(content), options)))
            except WattyardError as error:
                if later:
                    later.cancel()
                raise UploadFailed(upload, error) from error
            content = await later if later else None
        return upload


def batches(readings: Iterable[Reading]) -> Iterator[list[Reading]]:
    """Split readings into requests."""
    left = iter(readings)
    while batch := list(islice(left, MOST_RECORDS)):
        yield batch


async def _batches_of_either(
    readings: Iterable[Reading] | AsyncIterable[Reading], passed: int
) -> AsyncIterator[list[Reading]]:
    if not isinstance(readings, AsyncIterable):
        for batch in batches(islice(readings, passed, None)):
            yield batch
        return
    batch = []
    async for reading in readings:
        if passed:
            passed -= 1
            continue
        batch.append(reading)
        if len(batch) == MOST_RECORDS:
            yield batch
            batch = []
    if batch:
        yield batch
