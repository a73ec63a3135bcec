"""What a site's own meter read in both directions, for netting."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from wattyard.kernel.arrays import np
from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.meters.domain.readings import Metered, TariffDirection
from wattyard.meters.service import Records
from wattyard.sites.domain.sites import Site
from wattyard.tariffs.domain.netting import (
    GrossEnergy,
    GrossFlows,
    net_readings,
    net_shares,
    netted_time,
)
from wattyard.tariffs.domain.prices import calendar_region
from wattyard.tariffs.domain.tariff import Element

_BOTH: Final[tuple[TariffDirection, TariffDirection]] = ("IMPORT", "EXPORT")


class NetMetered(NamedTuple):
    """What counts of the series of a direction, and what was metered of them."""

    net: Sequence[Metered]
    gross: Sequence[GrossEnergy]


async def gross_energy(
    records: Records, context: Context, site_id: UUID, direction: TariffDirection, span: Span
) -> tuple[GrossEnergy, ...]:
    """Read what was metered in a direction, series by series."""
    found = await records.of_object(
        context, span, site_id=site_id, device_id=None, direction=direction
    )
    return tuple(as_gross(one.metered) for one in found)


def as_gross(metered: Metered) -> GrossEnergy:
    """Take the energy of one series of readings."""
    return GrossEnergy(metered.starts_us, metered.ends_us, metered.energy_kwh, metered.confidence)


async def net_metered(
    records: Records,
    context: Context,
    site: Site,
    buying: Sequence[Element],
    direction: TariffDirection,
    span: Span,
) -> NetMetered | None:
    """Read what counts of a direction's energy in a span; None where all of it does.

    `buying` are all IMPORT tariffs that the site ever had.
    """
    region = calendar_region(site)
    if site.netting is None or direction not in _BOTH:
        return None
    time = netted_time(site.netting, buying, region, span)
    if time is None:
        return None
    whole = Span(min(time.start, span.start), max(time.end, span.end))
    imported, exported = [
        await gross_energy(records, context, site.id, one, whole) for one in _BOTH
    ]
    shares = net_shares(site.netting, buying, region, time, GrossFlows(imported, exported))
    own, counted = (
        (imported, shares.imported) if direction == "IMPORT" else (exported, shares.exported)
    )
    net = [_as_metered(net_readings(one, shares.edges_us, counted)) for one in own]
    return NetMetered(net, own)


def _as_metered(energy: GrossEnergy) -> Metered:
    size = energy.starts_us.size
    return Metered(
        np.zeros(size, np.int64),
        energy.starts_us,
        energy.ends_us,
        energy.energy_kwh,
        energy.confidence,
        [None] * size,
        [None] * size,
    )
