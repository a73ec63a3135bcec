"""Meters: the energy that flowed."""

from typing import Final

from wattyard.meters.jobs.months import months_ahead
from wattyard.meters.routes import ENDPOINTS
from wattyard.meters.service import Meters, Months, Records
from wattyard.platform.composition import Capability

METERS: Final = Capability(
    name="meters",
    id_prefixes=("mre", "bat"),
    provides=(Months, Meters, Records),
    endpoints=ENDPOINTS,
    jobs=(months_ahead,),
    inspected=(Months,),
    measured=(Months,),
)
