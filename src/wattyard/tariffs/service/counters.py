"""What has been consumed since a tariff's counter started again (contract 2, Tier counter)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np

from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.meters.domain.grouping import sums
from wattyard.meters.domain.readings import Metered, Stream
from wattyard.meters.service import Records
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.expand import NO_WINDOW, expand
from wattyard.tariffs.domain.market import Markets
from wattyard.tariffs.domain.tariff import Element, Tariff
from wattyard.tariffs.domain.tiers import Consumed, counted_since, present_tiers

_NOTHING: Final = Consumed()


@dataclass(frozen=True, slots=True)
class Meter:
    """Whose INBOUND IMPORT readings count: a device's own, or a site's without a device."""

    context: Context
    site_id: UUID
    device_id: UUID | None


async def consumed(
    records: Records,
    meter: Meter,
    elements: tuple[Element, ...],
    region: CalendarRegion,
    now: datetime,
) -> dict[UUID, Consumed]:
    """Count, for each import tariff with tiers, what was read since its last reset."""
    counted: dict[UUID, Consumed] = {}
    for element in elements:
        tariff = element.tariff
        if tariff.direction != "IMPORT" or tariff.schedule.tiers < 2:
            continue
        if now <= tariff.term.start:
            continue
        since = counted_since(tariff.tiering.reset, tariff.term, region, now)
        if since < now:
            own = meter.device_id if tariff.devices else None
            counted[element.id] = await _count(
                records, Meter(meter.context, meter.site_id, own), tariff, region, Span(since, now)
            )
    return counted


async def _count(
    records: Records, meter: Meter, tariff: Tariff, region: CalendarRegion, span: Span
) -> Consumed:
    if tariff.tiering.scope != "PERIOD":
        stream = Stream(meter.site_id, meter.device_id, "INBOUND", "IMPORT")
        return Consumed(await records.total_kwh(meter.context, span, stream))
    found = await records.of_object(
        meter.context, span, site_id=meter.site_id, device_id=meter.device_id, direction="IMPORT"
    )
    inbound = [one.metered for one in found if one.stream.flow == "INBOUND"]
    if not inbound:
        return _NOTHING
    return _by_window(tariff, region, span, inbound)


def _by_window(
    tariff: Tariff, region: CalendarRegion, span: Span, metered: list[Metered]
) -> Consumed:
    """Share readings among the windows of the schedule, in proportion to time."""
    tiers = present_tiers(tariff.rates, tariff.tiering.scope, _NOTHING)
    series = expand(tariff, region, span, markets=Markets({}, span.end), tiers=tiers)
    energy_kwh = np.zeros(series.window.size)
    for one in metered:
        found = sums(series.edges_us, one.starts_us, one.ends_us, one.energy_kwh, one.confidence)
        energy_kwh[found.place] += found.energy_kwh
    windows = np.unique(series.window[series.window != NO_WINDOW])
    by_window = {
        int(window): float(energy_kwh[series.window == window].sum()) for window in windows
    }
    return Consumed(float(energy_kwh.sum()), by_window)
