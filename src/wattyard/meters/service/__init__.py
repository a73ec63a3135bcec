"""Use-cases of meter readings."""

from wattyard.meters.service.batches import Meters
from wattyard.meters.service.lookup import Records
from wattyard.meters.service.months import Months

__all__ = ["Meters", "Months", "Records"]
