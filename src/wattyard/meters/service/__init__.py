"""Use-cases of meter readings."""

from wattyard.meters.service.batches import Meters
from wattyard.meters.service.lookup import Records
from wattyard.meters.service.metered_sites import MeteredSites
from wattyard.meters.service.months import Months
from wattyard.meters.service.retention import BatchRetention
from wattyard.meters.service.shared_reads import read_once
from wattyard.meters.service.uploads import MeterUploads, UploadReader

__all__ = [
    "BatchRetention",
    "MeterUploads",
    "MeteredSites",
    "Meters",
    "Months",
    "Records",
    "UploadReader",
    "read_once",
]
