"""Use-cases of schedules."""

from wattyard.schedules.service.pricing import PricedTimes

__all__ = ["PricedTimes"]
