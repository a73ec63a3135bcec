"""Every market feed there is, by name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from wattyard.tariffs.feeds.awattar import Awattar
from wattyard.tariffs.feeds.csv_file import CsvFile
from wattyard.tariffs.feeds.ecb import Ecb
from wattyard.tariffs.feeds.energy_charts import EnergyCharts
from wattyard.tariffs.feeds.entsoe import Entsoe
from wattyard.tariffs.feeds.feed import Feed
from wattyard.tariffs.feeds.nord_pool import NordPool
from wattyard.tariffs.feeds.octopus_agile import OctopusAgile
from wattyard.tariffs.feeds.options import FeedOptionInvalid

_KINDS: Final[tuple[type[Feed], ...]] = (
    OctopusAgile,
    Entsoe,
    EnergyCharts,
    Awattar,
    NordPool,
    Ecb,
    CsvFile,
)

FEEDS: Final[Mapping[str, type[Feed]]] = MappingProxyType({kind.name: kind for kind in _KINDS})
"""`FEEDS[name].from_options(given)` builds a feed; `FEEDS[name].options` documents the options."""


def build(name: str, options: Mapping[str, str]) -> Feed:
    """Build the feed called `name`.

    Raises:
        FeedOptionInvalid: when there is no such feed, or an option is missing, unknown or
            malformed.
    """
    if name not in FEEDS:
        raise FeedOptionInvalid(
            f"there is no feed {name[:40]!r}, only {', '.join(FEEDS)}", param="feed"
        )
    return FEEDS[name].from_options(options)
