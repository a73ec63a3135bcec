"""Uploads of many readings."""

import gzip
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from wattyard_client._exchange import Call
from wattyard_client._model import Model
from wattyard_client._resource import AsyncResource, Resource, read
from wattyard_client._settings import Options
from wattyard_client.models import Failed, MeterBatch

MOST_RECORDS: Final = 10_000
"""Readings in one request."""
_LEVEL: Final = 1
"""Of gzip: readings repeat themselves, and a higher one costs more time than it saves."""

Reading = Mapping[str, Any] | Model


@dataclass(slots=True)
class Upload:
    """What became of the readings of an upload.

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


def _call(readings: list[Reading]) -> Call:
    content = gzip.compress(msgspec.json.encode(readings), _LEVEL)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    return Call("PUT", "/meters/interval", content=content, headers=headers)


class Uploading(Resource):
    """Uploading readings."""

    def upload(self, readings: Iterable[Reading], *, options: Options | None = None) -> Upload:
        """Send any number of readings, 10,000 at a time and compressed.

        A reading is what `put_interval` takes. A fault in one fails only that one. Readings
        that were sent before count once, so an upload that broke off can be repeated whole.

        Raises:
            ApiError, ConnectionFailed: what was sent before stays.
        """
        upload = Upload()
        for batch in batches(readings):
            answer = self._connection.call(_call(batch), options)
            upload.add(read(MeterBatch, answer))
        return upload


class AsyncUploading(AsyncResource):
    """Uploading readings."""

    async def upload(
        self,
        readings: Iterable[Reading] | AsyncIterable[Reading],
        *,
        options: Options | None = None,
    ) -> Upload:
        """Send any number of readings, 10,000 at a time and compressed.

        A reading is what `put_interval` takes. A fault in one fails only that one. Readings
        that were sent before count once, so an upload that broke off can be repeated whole.

        Raises:
            ApiError, ConnectionFailed: what was sent before stays.
        """
        upload = Upload()
        batch: list[Reading] = []
        async for reading in _each(readings):
            batch.append(reading)
            if len(batch) == MOST_RECORDS:
                upload.add(read(MeterBatch, await self._connection.call(_call(batch), options)))
                batch = []
        if batch:
            upload.add(read(MeterBatch, await self._connection.call(_call(batch), options)))
        return upload


def batches(readings: Iterable[Reading]) -> Iterator[list[Reading]]:
    """Split readings into requests."""
    batch: list[Reading] = []
    for reading in readings:
        batch.append(reading)
        if len(batch) == MOST_RECORDS:
            yield batch
            batch = []
    if batch:
        yield batch


async def _each(readings: Iterable[Reading] | AsyncIterable[Reading]) -> AsyncIterable[Reading]:
    if isinstance(readings, AsyncIterable):
        async for reading in readings:
            yield reading
    else:
        for reading in readings:
            yield reading
