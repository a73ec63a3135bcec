"""Costs: what did metered energy cost?"""

from typing import Final

from wattyard.costs.routes import ENDPOINTS
from wattyard.costs.service import CostReports
from wattyard.platform.composition import Capability

COSTS: Final = Capability(
    name="costs", id_prefixes=("ecs",), provides=(CostReports,), endpoints=ENDPOINTS
)
