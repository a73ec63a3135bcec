"""Half hours as bars in the terminal: low and green where cheap, high and red where expensive."""

from typing import Final

CELL_US: Final = 30 * 60 * 1_000_000
LEVELS: Final = "▁▂▃▄▅▆▇█"
COLOURS: Final = ("#1a9850", "#66bd63", "#a6d96a", "#fee08b", "#fdae61", "#f46d43", "#d73027")


def bar(price: float, low: float, high: float) -> tuple[str, str]:
    """Choose character and style for a price between the lowest and the highest drawn."""
    share = (price - low) / (high - low) if high > low else 0.0
    number = min(int(share * len(COLOURS)), len(COLOURS) - 1)
    return LEVELS[number + 1], COLOURS[number]
