"""Use-cases of schedules."""

from wattyard.schedules.service.amounts import Amounts
from wattyard.schedules.service.demand import DemandRises
from wattyard.schedules.service.kept_plans import KeptPlans
from wattyard.schedules.service.planned_sites import PlannedSites
from wattyard.schedules.service.pricing import PricedTimes
from wattyard.schedules.service.site_facts import SiteFactsReader
from wattyard.schedules.service.site_plans import SitePlans
from wattyard.schedules.service.solving import Solvers
from wattyard.schedules.service.state_of_charge import ChargePlans
from wattyard.schedules.service.surroundings import NoWeather, SiteForecast, Weather
from wattyard.schedules.service.turns import PlansInProgress

__all__ = [
    "Amounts",
    "ChargePlans",
    "DemandRises",
    "KeptPlans",
    "NoWeather",
    "PlannedSites",
    "PlansInProgress",
    "PricedTimes",
    "SiteFactsReader",
    "SiteForecast",
    "SitePlans",
    "Solvers",
    "Weather",
]
