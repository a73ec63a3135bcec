"""Costs: what did metered energy cost?"""

from typing import Final

from wattyard.costs.routes import ENDPOINTS
from wattyard.costs.service import CostReports, Headrooms
from wattyard.platform.composition import Capability

COSTS: Final = Capability(
    name="costs", id_prefixes=("ecs",), provides=(CostReports, Headrooms), endpoints=ENDPOINTS
)
