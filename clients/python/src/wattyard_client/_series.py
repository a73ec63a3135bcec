"""Prices over time, as columns."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from wattyard_client._model import Model

if TYPE_CHECKING:
    import numpy as np


class PriceSeries(Model, frozen=True, kw_only=True, dict=True):
    """Intervals that touch and fill a span, each with one price."""

    @property
    def _intervals(self) -> Any:
        return getattr(self, "data")  # noqa: B009

    @property
    def starts(self) -> list[datetime]:
        """When each interval starts."""
        return [one.valid_from for one in self._intervals]

    @property
    def ends(self) -> list[datetime]:
        """When each interval ends."""
        return [one.valid_to for one in self._intervals]

    @property
    def values(self) -> list[float]:
        """The price of each interval, in major units of the currency per kWh."""
        return [one.price.value for one in self._intervals]

    @property
    def confidences(self) -> list[float]:
        """How certain each price is, 0..1; 1 is published."""
        return [one.price.confidence for one in self._intervals]

    def at(self, moment: datetime) -> float:
        """Find the price at a moment.

        Raises:
            LookupError: when the moment is outside the series.
        """
        for one in self._intervals:
            if one.valid_from <= moment < one.valid_to:
                return float(one.price.value)
        raise LookupError(f"{moment} is outside the series")

    def to_numpy(self) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
        """Give starts (`datetime64[us]`, UTC) and values (float64); needs numpy."""
        import numpy as np  # noqa: PLC0415 (wanted by few)

        microseconds = [round(start.timestamp() * 1_000_000) for start in self.starts]
        return np.array(microseconds, "datetime64[us]"), np.array(self.values, np.float64)
