"""Schedules: when should a device run?"""

from typing import Final

from wattyard.kernel.context import Contexts
from wattyard.platform.composition import Capability
from wattyard.platform.settings import Settings
from wattyard.schedules.routes import ENDPOINTS
from wattyard.schedules.service import (
    Amounts,
    Charges,
    NoWeather,
    PricedTimes,
    SiteFactsReader,
    SiteForecast,
    SitePlans,
    Solvers,
    Weather,
)


def weather(settings: Settings, contexts: Contexts) -> Weather:
    """The weather service that the operator names, or none."""
    if not settings.weather_url:
        return NoWeather()
    # A quarter of a second that only those who ask for the weather need.
    from wattyard.schedules.adapters.open_meteo import OpenMeteo  # noqa: PLC0415

    return OpenMeteo(settings.weather_url, clock=contexts.clock)


SCHEDULES: Final = Capability(
    name="schedules",
    id_prefixes=("std", "spl", "sae", "ssc", "spn"),
    provides=(
        Solvers,
        weather,
        SiteForecast,
        PricedTimes,
        Amounts,
        Charges,
        SiteFactsReader,
        SitePlans,
    ),
    endpoints=ENDPOINTS,
)
