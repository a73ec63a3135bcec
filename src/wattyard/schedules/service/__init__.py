"""Use-cases of schedules."""

from wattyard.schedules.service.amounts import Amounts
from wattyard.schedules.service.charges import Charges
from wattyard.schedules.service.pricing import PricedTimes
from wattyard.schedules.service.solving import Solvers
from wattyard.schedules.service.surroundings import Neighbourhood, NoWeather, Weather

__all__ = [
    "Amounts",
    "Charges",
    "Neighbourhood",
    "NoWeather",
    "PricedTimes",
    "Solvers",
    "Weather",
]
