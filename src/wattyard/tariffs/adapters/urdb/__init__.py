"""OpenEI URDB rates as tariffs."""

from wattyard.tariffs.adapters.urdb.rates import tariffs_from_urdb

__all__ = ["tariffs_from_urdb"]
