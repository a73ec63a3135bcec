"""What every part of the screen Site is given: the site, its location, how its reader writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from htpy import Node

from wattyard.kernel import civil
from wattyard.web.charts.reading import ChartReader
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.screens.tariff_words import link_button
from wattyard.web.dashboard.visit import Visit


@dataclass(frozen=True, slots=True)
class ShownSite:
    """A site as the API gives it, and the same as a location."""

    visit: Visit
    site: Mapping[str, Any]
    location: Mapping[str, Any]
    customer: Node = None

    @property
    def path(self) -> str:
        """The path of its page."""
        return f"/sites/{self.site['id']}"

    @property
    def location_id(self) -> str:
        return str(self.location["id"])

    @property
    def currency(self) -> str:
        return str(self.location["currency_code"])

    @property
    def zone_name(self) -> str:
        return str(self.location["timezone"])

    @property
    def zone(self) -> ZoneInfo:
        return civil.zone(self.zone_name)

    @property
    def today(self) -> date:
        """The date that the clock of the place shows."""
        return civil.date_at(self.visit.call.now, self.zone)

    @property
    def formats(self) -> Formats:
        """How the reader writes, with the times of the place."""
        return self.visit.formats(self.zone_name)

    @property
    def reader(self) -> ChartReader:
        """The same for charts."""
        return ChartReader(self.zone, str(self.formats.locale))

    def has(self, direction: str) -> bool:
        """Whether a tariff of a direction is linked."""
        return any(one["direction"] == direction for one in self.location["tariffs"])

    def no_tariff(self) -> Node:
        """What stands where prices or costs would, as long as there is no tariff."""
        return parts.empty(
            "No tariff is linked: link one, and this page shows what a kWh costs here.",
            link_button(self.visit, self.location_id),
        )
