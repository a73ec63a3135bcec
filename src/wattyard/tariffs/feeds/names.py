"""The names of the feeds, known without loading them and their HTTP client."""

from typing import Final

FEED_NAMES: Final = (
    "octopus_agile",
    "entsoe",
    "energy_charts",
    "awattar",
    "nord_pool",
    "ecb",
    "csv",
)
