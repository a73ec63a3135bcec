"""What else a site does while a plan runs: its sun and its load, and where that is known from."""

from typing import Final, Literal

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.forecasts.base_load import MeteredSteps

Source = Literal["READINGS", "WEATHER", "CLEAR_SKY", "CLIENT", "ASSUMED", "NONE", "UNKNOWN"]
"""READINGS were metered (or learnt from what was), WEATHER and CLEAR_SKY are forecasts of the
sun, ASSUMED is an assumption, NONE does not exist, UNKNOWN may exist and is left out."""

CLEAR_SKY_CONFIDENCE: Final = 0.4
WEATHER_CONFIDENCE: Final = 0.7
USUAL_LOAD_CONFIDENCE: Final = 0.6
ASSUMED_CONFIDENCE: Final = 0.3
_WHOLLY: Final = 0.999


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """Powers (n, W ≥ 0) of the steps of a plan, where they come from, and confidence 0..1 (n)."""

    watts: Numbers
    source: Source
    confidence: Numbers

    @property
    def least_confidence(self) -> float:
        """The lowest confidence of all steps."""
        return float(self.confidence.min())


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """The sun and the load of a site without its storage units."""

    pv: Expected
    base_load: Expected

    def confidence(self, of_prices: Numbers) -> Numbers:
        """Find how certain costs are in each step (n): the least certain of what they depend on."""
        sure = of_prices
        for part in (self.pv, self.base_load):
            sure = np.where(part.watts > 0.0, np.minimum(sure, part.confidence), sure)
        return sure


def expected(watts: Numbers, source: Source, confidence: float) -> Expected:
    """Expect powers (n) of one source."""
    return Expected(watts, source, np.full(watts.size, confidence))


def nothing(count: int, source: Source = "NONE") -> Expected:
    """Expect nothing in any of `count` steps."""
    return expected(np.zeros(count), source, 0.0 if source == "UNKNOWN" else 1.0)


def replaced(forecast: Expected, metered: MeteredSteps, hours: Numbers) -> Expected:
    """Replace a forecast by what was metered, in steps (n, hours) that it covers.

    A client may send readings of the future with a confidence below 1: a forecast of its own.
    """
    known = metered.hours >= hours * _WHOLLY
    return Expected(
        np.where(known, metered.energy_wh / hours, forecast.watts),
        "READINGS" if known.all() else forecast.source,
        np.where(known, metered.confidence, forecast.confidence),
    )


def load_for(discharge_w: float, pv: Expected) -> Expected:
    """Assume a load where none is known and a battery may not feed the grid.

    Without a load it would have nothing to do but rest. So the site is taken to use whatever
    the battery discharges while there is no sun, and none of the sun while there is: then
    discharging replaces the dearest import, and the sun's surplus charges.
    """
    dark = pv.watts < 1.0
    return expected(np.where(dark, discharge_w, 0.0), "ASSUMED", ASSUMED_CONFIDENCE)
