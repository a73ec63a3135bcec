"""Use-cases of meter readings."""

from wattyard.meters.service.batches import Meters
from wattyard.meters.service.lookup import Records

__all__ = ["Meters", "Records"]
