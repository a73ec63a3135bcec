"""Schedules: when should a device run?"""

from typing import Final

from wattyard.kernel.context import Contexts
from wattyard.platform.composition import Capability
from wattyard.platform.db.personal_rows import OwnTable
from wattyard.platform.settings import Settings
from wattyard.platform.work import Job, Periodic
from wattyard.schedules.routes import ENDPOINTS
from wattyard.schedules.routes.kept_plans import Replanning
from wattyard.schedules.service import (
    Amounts,
    ChargePlans,
    DemandRises,
    KeptPlans,
    NoWeather,
    PlannedSites,
    PricedTimes,
    SiteFactsReader,
    SiteForecast,
    SitePlans,
    Solvers,
    Weather,
)
from wattyard.schedules.service.kept_plans import LOOK_SECONDS


def weather(settings: Settings, contexts: Contexts) -> Weather:
    """The weather service that the operator names, or none."""
    if not settings.weather_url:
        return NoWeather()
    # A quarter of a second that only those who ask for the weather need.
    from wattyard.schedules.adapters.open_meteo import OpenMeteo  # noqa: PLC0415

    return OpenMeteo(settings.weather_url, clock=contexts.clock)


def replanning(kept: KeptPlans, replan: Replanning, contexts: Contexts) -> Job:
    """Make the job that renews kept plans after prices have been published."""

    async def work() -> None:
        while due := await kept.claim(contexts.operator()):
            for plan in due:
                await kept.remake(contexts.operator(), plan, replan)

    return Periodic("kept-plans", LOOK_SECONDS, work)


SCHEDULES: Final = Capability(
    name="schedules",
    id_prefixes=("std", "spl", "sae", "ssc", "spn"),
    provides=(
        Solvers,
        weather,
        SiteForecast,
        DemandRises,
        PricedTimes,
        Amounts,
        ChargePlans,
        SiteFactsReader,
        SitePlans,
        KeptPlans,
        PlannedSites,
        Replanning,
    ),
    endpoints=ENDPOINTS,
    jobs=(replanning,),
    personal=(
        OwnTable(
            "kept_plans",
            "site",
            "t.site_id = ANY({})",
            documents=("request", "answer"),
            prefix="spn",
        ),
    ),
)
