"""How the site's sun is shared out to its panels (contract 4b, `curtailable`)."""

from collections.abc import Sequence
from typing import Final

from wattyard.kernel import ids
from wattyard.kernel.arrays import np
from wattyard.schedules.domain.forecasts.pv_arrays import has_panels
from wattyard.schedules.domain.forecasts.surroundings import Surroundings
from wattyard.schedules.domain.site.devices import PvShare
from wattyard.schedules.domain.site.request import DeviceWish, SiteRequest
from wattyard.sites.domain.devices import Device

_SITE_SUN: Final = "the site's sun"
"""Names panels that no device of the site is known to have."""


def panels_name(device: str) -> str:
    """Name the panels of a device that is something else besides: a battery, a charger."""
    return f"{device} panels"


def pv_shares(
    request: SiteRequest, devices: Sequence[Device], around: Surroundings, *, curtailable: bool
) -> tuple[PvShare, ...]:
    """Share the site's sun by the peak power of its panels; none where there is no sun at all."""
    panels = [one for one in devices if has_panels(one)]
    if not panels:
        return (PvShare(_SITE_SUN, 1.0),) if around.pv.watts.any() else ()
    peaks = np.array([_peak_kw(one) for one in panels])
    known = peaks > 0.0
    peaks = np.where(known, peaks, peaks[known].mean() if known.any() else 1.0)
    named = request.device_ids
    found = []
    for device, share in zip(panels, (peaks / peaks.sum()).tolist(), strict=True):
        wish = request.wishes.get(device.id, DeviceWish(device_id=device.id))
        planned = named is None or device.id in request.named
        said = curtailable if wish.curtailable is None else wish.curtailable
        name = ids.wire("dev", device.id)
        found.append(
            PvShare(
                name if device.type == "PV_SYSTEM" and not device.is_battery else panels_name(name),
                share,
                said and planned,
                wish.blocked,
            )
        )
    return tuple(found)


def _peak_kw(device: Device) -> float:
    properties = device.properties
    known = properties.pv.peak_power_kw if properties.pv else None
    if known is None and device.type == "PV_SYSTEM":
        known = properties.power_rating_kw or properties.power_rating_export_kw
    return known or 0.0
