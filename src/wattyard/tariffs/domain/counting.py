"""What the counters of a tariff show, by the readings of the place (contract 2, Tier counter)."""

from collections.abc import Sequence

from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.instants import Span
from wattyard.meters.domain.grouping import sums
from wattyard.meters.domain.readings import Metered
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.expand import NO_WINDOW, windows
from wattyard.tariffs.domain.peaks import Intervals, peaks_kw
from wattyard.tariffs.domain.tariff import Tariff
from wattyard.tariffs.domain.tiers import Consumed


def counted(
    tariff: Tariff,
    region: CalendarRegion,
    span: Span,
    metered: Sequence[Metered],
    measured: Sequence[Intervals],
) -> Consumed:
    """Count readings of a span since the last reset, as if the tariff had held all the time.

    Each reading is shared among the windows of the schedule in proportion to time. `measured` is
    the energy whose highest window limits per kW go by.
    """
    span_us = microseconds(span.start), microseconds(span.end)
    laid = windows(tariff.schedule, tariff.calendar(region), span_us)
    edges = np.append(laid.starts_us, span_us[1])
    energy_kwh = np.zeros(laid.window.size)
    for one in metered:
        found = sums(edges, one.starts_us, one.ends_us, one.energy_kwh, one.confidence)
        energy_kwh[found.position] += found.energy_kwh
    own = laid.window != NO_WINDOW
    counters = tariff.rates.counter
    shown = np.bincount(
        counters[laid.window[own]], weights=energy_kwh[own], minlength=counters.size
    )
    by_window = dict(enumerate(shown[counters].tolist()))
    return Consumed(float(energy_kwh.sum()), by_window, _peak_kw(tariff, region, span_us, measured))


def _peak_kw(
    tariff: Tariff, region: CalendarRegion, span_us: tuple[int, int], measured: Sequence[Intervals]
) -> float:
    if not tariff.rates.any_by_peak:
        return 0.0
    edges, minutes = np.array(span_us, dtype=np.int64), tariff.tiering.window_minutes
    return float(peaks_kw(region, minutes, edges, measured)[0])
