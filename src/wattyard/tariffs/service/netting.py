"""What a site's own meter read in both directions, for netting."""

from uuid import UUID

from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.meters.domain.readings import Metered, TariffDirection
from wattyard.meters.service import Records
from wattyard.tariffs.domain.netting import GrossEnergy


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
