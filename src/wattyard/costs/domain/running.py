"""A billing period of a demand charge as far as it has been metered (contract 2b, Demand charges).

What it costs so far, and what it would cost with another peak: for what is left free
(`costs.domain.headroom`) and for what a plan adds (`costs.domain.rises`).
"""

from functools import cached_property

from wattyard.costs.domain.demand import (
    LocalDays,
    billed_kw,
    least_kw,
    periods_from,
    whole_amounts,
)
from wattyard.costs.domain.peaks import CountedWindows, Load, Peaks, counting, peaks
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import Microseconds
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.demand import DemandCharge
from wattyard.tariffs.domain.tariff import Tariff


@dataclass(frozen=True, eq=False)
class RunningPeriod:
    """One billing period of a charge, and those before it that decide what it pays.

    `calendar` has the clock and the holidays that the charge's schedules are read by. `edges_us`
    (n + 1) of the periods, of which the last is the running one; `measured` (n) their peaks so
    far; `drawn_kwh` (1) its energy so far; `days` (1) its local days.
    """

    charge: DemandCharge
    calendar: CalendarRegion
    edges_us: Microseconds
    measured: Peaks
    drawn_kwh: Numbers
    days: Numbers
    counted: CountedWindows

    @classmethod
    def of(cls, tariff: Tariff, charge: DemandCharge, load: Load, start_us: int) -> "RunningPeriod":
        """Measure the period that holds an instant, and those before it."""
        own = start_us, start_us + 1
        edges = periods_from(tariff.billing, load.region, own, charge.earlier_periods).edges_us
        last = int(edges[-2]), int(edges[-1])
        windows, calendar = load.windows(charge.window_minutes), tariff.calendar(load.region)
        return cls(
            charge=charge,
            calendar=calendar,
            edges_us=edges,
            measured=peaks(charge, calendar, edges, windows),
            drawn_kwh=load.drawn_kwh(edges[-2:]),
            days=np.diff(LocalDays.of(load.region, last).at(edges[-2:])),
            counted=counting(charge, calendar, last, windows),
        )

    @property
    def span_us(self) -> tuple[int, int]:
        """The running period's start and end."""
        return int(self.edges_us[-2]), int(self.edges_us[-1])

    @property
    def raw_kw(self) -> float:
        """Its peak so far, before any least one."""
        return float(self.measured.raw_kw[-1])

    @cached_property
    def _least(self) -> Numbers:
        return least_kw(self.charge, self.measured.raw_kw)

    @property
    def least_kw(self) -> float:
        """What its peak counts at least as."""
        return float(self._least[-1])

    @property
    def peak_kw(self) -> float:
        """Its peak so far, after weights, minimum and ratchet."""
        return max(self.raw_kw, self.least_kw)

    @cached_property
    def billed_kw(self) -> float:
        """What it pays for so far."""
        return float(billed_kw(self.charge, self.measured, self._least)[-1])

    @cached_property
    def _earlier(self) -> tuple[float, int]:
        before = slice(max(self._least.size - self.charge.periods, 0), -1)
        metered = self.measured.metered[before]
        kw = np.maximum(self.measured.raw_kw, self._least)[before]
        return float(kw[metered].sum()), int(np.count_nonzero(metered))

    @property
    def earlier_kw(self) -> float:
        """The sum of the earlier peaks that are averaged with its own."""
        return self._earlier[0]

    @property
    def averaged(self) -> int:
        """How many peaks are averaged once it has a reading, its own included."""
        return 1 + self._earlier[1]

    @cached_property
    def high_of_days(self) -> dict[int, float]:
        """The highest window so far of each local day (since 1970-01-01) that has any."""
        high: dict[int, float] = {}
        for day, power in zip(self.counted.day.tolist(), self.counted.kw.tolist(), strict=True):
            high[day] = max(power, high.get(day, 0.0))
        return high

    def billed(self, raw_kw: Numbers) -> Numbers:
        """Find what it pays for with other peaks (n) than the one so far, before least ones."""
        return (np.maximum(raw_kw, self.least_kw) + self.earlier_kw) / self.averaged

    def charged(self, billed: Numbers, further_kwh: Numbers) -> Numbers:
        """Price what it would pay for (n kW) after so much further energy (n), before VAT."""
        return whole_amounts(self.charge, billed, self.days, self.drawn_kwh + further_kwh)

    @cached_property
    def charged_so_far(self) -> float:
        """What it costs so far, before VAT."""
        return float(self.charged(np.array([self.billed_kw]), np.zeros(1))[0])
