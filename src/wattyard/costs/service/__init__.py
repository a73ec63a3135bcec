"""Use-cases of costs."""

from wattyard.costs.service.headrooms import DemandReadings, Headrooms
from wattyard.costs.service.reports import CostReports, ReadingRefused

__all__ = ["CostReports", "DemandReadings", "Headrooms", "ReadingRefused"]
