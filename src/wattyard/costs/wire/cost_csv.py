"""Costs as CSV (contract 9)."""

from datetime import datetime
from typing import Final

from wattyard.costs.domain.reports import Report
from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import texts
from wattyard.kernel.quantities import COST_DECIMALS, all_rounded

_DECIMALS: Final = 6
HEAD: Final = "start_time,end_time,energy_kwh,cost,confidence"


def costs_csv(report: Report, form: datetime) -> bytes:
    """Write the items of a report as CSV (RFC 4180), with times in the offset of `form`."""
    data = report.data
    at = texts(np.stack([data.starts_us, data.ends_us], axis=1).ravel(), form)
    rows = (
        f"{start},{end},{energy_kwh!r},{cost!r},{confidence!r}"
        for start, end, energy_kwh, cost, confidence in zip(
            at[::2],
            at[1::2],
            all_rounded(data.energy_kwh, _DECIMALS).tolist(),
            all_rounded(data.cost, COST_DECIMALS).tolist(),
            data.confidence.tolist(),
            strict=True,
        )
    )
    return "\r\n".join((HEAD, *rows, "")).encode()
