"""Energy plans of the Australian Consumer Data Right as tariffs."""

from wattyard.tariffs.adapters.cdr.plans import tariffs_from_cdr

__all__ = ["tariffs_from_cdr"]
