"""Use-cases of sites, devices and customers."""

from wattyard.sites.service.customers import Customers
from wattyard.sites.service.devices import Devices
from wattyard.sites.service.files import FleetFiles, FleetReader
from wattyard.sites.service.fleet import Fleet
from wattyard.sites.service.gathered import GatheredEvents
from wattyard.sites.service.inspection import Inspection
from wattyard.sites.service.personal_data import PersonalData
from wattyard.sites.service.ports import Serializers
from wattyard.sites.service.retention import StateRetention
from wattyard.sites.service.search import SiteSearches, SitesHaving
from wattyard.sites.service.sites import Sites
from wattyard.sites.service.state_batches import StateBatches
from wattyard.sites.service.states import States

__all__ = [
    "Customers",
    "Devices",
    "Fleet",
    "FleetFiles",
    "FleetReader",
    "GatheredEvents",
    "Inspection",
    "PersonalData",
    "Serializers",
    "SiteSearches",
    "Sites",
    "SitesHaving",
    "StateBatches",
    "StateRetention",
    "States",
]
