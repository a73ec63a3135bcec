"""Use-cases of schedules."""

from wattyard.schedules.service.amounts import Amounts
from wattyard.schedules.service.pricing import PricedTimes
from wattyard.schedules.service.solving import Solvers

__all__ = ["Amounts", "PricedTimes", "Solvers"]
