"""Meters: the energy that flowed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from wattyard.meters.domain.uploads import MeterUpload, UploadChunk
from wattyard.meters.jobs.batches import forgetting_batches
from wattyard.meters.jobs.months import months_ahead
from wattyard.meters.routes import ENDPOINTS
from wattyard.meters.service import (
    BatchRetention,
    MeteredSites,
    Meters,
    MeterUploads,
    Months,
    Records,
    UploadReader,
)
from wattyard.platform.composition import Capability
from wattyard.platform.db import Database
from wattyard.platform.db.personal_rows import OwnTable
from wattyard.platform.settings import Settings


def upload_reader() -> UploadReader:
    """Read uploaded files with the readers of their formats, loaded with the first file."""

    def chunks(upload: MeterUpload) -> Iterator[UploadChunk]:
        from wattyard.meters.adapters import uploads  # noqa: PLC0415 (with the first file only)

        return uploads.chunks(upload)

    return UploadReader(chunks)


_OF_SITES: Final = """
    t.series IN (SELECT s.series FROM meter_series s
                 WHERE s.account = t.account AND s.live_mode = t.live_mode
                   AND s.site_id = ANY({}))
"""


def batch_retention(db: Database, settings: Settings) -> BatchRetention:
    return BatchRetention(db, timedelta(days=settings.batch_days))


METERS: Final = Capability(
    name="meters",
    id_prefixes=("mre", "bat"),
    provides=(
        Months,
        Meters,
        Records,
        MeteredSites,
        upload_reader,
        MeterUploads,
        batch_retention,
    ),
    endpoints=ENDPOINTS,
    jobs=(months_ahead, forgetting_batches),
    inspected=(Months,),
    measured=(Months,),
    personal=(
        OwnTable("meter_series", "site", "t.site_id = ANY({})", ("series",)),
        OwnTable("meter_readings", "site", _OF_SITES, ("series", "start_time")),
        OwnTable("meter_sessions", "site", _OF_SITES, ("session_reference_id", "series")),
    ),
)
