"""The price curve: steps over time, now, what is forecast, and a second series if there is one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wattyard.kernel.arrays import np
from wattyard.web.charts.areas import step_area, step_curve, unconfirmed
from wattyard.web.charts.axes import HEADER_PX, head, now_mark, time_axis, time_axis_px, value_lines
from wattyard.web.charts.crosshair import pointer
from wattyard.web.charts.drawing import Drawing, LegendEntry, Shape
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.scales import ValueScale, value_scale
from wattyard.web.charts.series import StepSeries, joined_span
from wattyard.web.charts.tables import TableColumn, series_table
from wattyard.web.charts.times import TimeScale

SHOWN_DECIMALS: Final = 4
"""Of prices per kWh in tables and texts: a hundredth of a cent."""
_PLOT_PX: Final = 190.0


@dataclass(frozen=True, slots=True, eq=False)
class PriceCurve:
    """A price per kWh over time, and what is drawn with it.

    `second` is a second price, such as what exported energy earns; `now_us` marks an instant.
    """

    price: StepSeries
    currency_code: str
    name: str = "Price"
    now_us: int | None = None
    second: StepSeries | None = None
    second_name: str = "Export price"

    @property
    def unit(self) -> str:
        """The unit of the values."""
        return f"{self.currency_code} per kWh"

    @property
    def series(self) -> list[StepSeries]:
        """The one or two series."""
        return [self.price] if self.second is None else [self.price, self.second]


def price_chart(curve: PriceCurve, reader: ChartReader, *, title: str) -> Drawing:
    """Draw a price curve: a solid area for what is confirmed, a striped one for forecasts."""
    time = TimeScale(*joined_span(curve.series))
    panel = (HEADER_PX, HEADER_PX + _PLOT_PX)
    scale = value_scale((one.values for one in curve.series), panel_px=panel)
    names = [curve.name, curve.second_name]
    columns = [
        TableColumn(f"{name}, {curve.unit}", one, SHOWN_DECIMALS)
        for name, one in zip(names, curve.series, strict=False)
    ]
    return Drawing(
        title=title,
        description=_description(curve, reader),
        height=panel[1] + time_axis_px(time, reader),
        shapes=list(_shapes(curve, time, scale, reader)),
        table=series_table(columns, reader),
        legend=_legend(curve),
        pointer=pointer(columns, time, reader),
    )


def has_forecast(series: StepSeries) -> bool:
    """Whether some of a series is not confirmed."""
    return series.confidence is not None and bool(np.any(series.confidence < 1.0))


def price_lane(
    price: StepSeries, time: TimeScale, scale: ValueScale
) -> tuple[list[Shape], list[Shape]]:
    """Draw a price as what is behind the grid of its panel, and what is before it."""
    panel = (scale.top_px, scale.bottom_px)
    behind = [
        *step_area(("price-area", "below-area"), price, time, scale),
        *unconfirmed(price, time, panel),
    ]
    return behind, [step_curve("price", price, time, scale)]


def _shapes(
    curve: PriceCurve, time: TimeScale, scale: ValueScale, reader: ChartReader
) -> Iterator[Shape]:
    panel = (scale.top_px, scale.bottom_px)
    behind, before = price_lane(curve.price, time, scale)
    yield from behind
    yield from head(curve.unit, reader)
    yield from value_lines(scale, reader)
    yield from time_axis(time, reader, panels_px=[panel])
    if curve.second is not None:
        yield step_curve("second", curve.second, time, scale)
    yield from before
    yield from now_mark(curve.now_us, time, panel)


def _legend(curve: PriceCurve) -> list[LegendEntry]:
    entries = [LegendEntry("price", curve.name)]
    if curve.second is not None:
        entries.append(LegendEntry("second", curve.second_name))
    if has_forecast(curve.price):
        entries.append(LegendEntry("forecast", "Forecast"))
    if len(entries) == 1:
        return []
    return entries


def _description(curve: PriceCurve, reader: ChartReader) -> str:
    values = curve.price.values
    if not np.isfinite(values).any():
        return "No price is known."
    low, high = int(np.nanargmin(values)), int(np.nanargmax(values))
    edges = curve.price.edges_us
    text = (
        f"Lowest {reader.exact(values[low], SHOWN_DECIMALS)} on {reader.stamp(int(edges[low]))}, "
        f"highest {reader.exact(values[high], SHOWN_DECIMALS)} {curve.unit} "
        f"on {reader.stamp(int(edges[high]))}."
    )
    now = None if curve.now_us is None else curve.price.at(curve.now_us)
    return text if now is None else f"{text} Now {reader.exact(now, SHOWN_DECIMALS)}."
