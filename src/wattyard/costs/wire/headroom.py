"""Headroom as JSON (contract 2b, Demand charges)."""

import math
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from wattyard.costs.domain.headroom import Headroom
from wattyard.kernel import ids
from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import EPOCH, texts
from wattyard.kernel.instants import text
from wattyard.kernel.quantities import COST_DECIMALS, rounded
from wattyard.platform.decoding.texts import Time
from wattyard.sites.domain.sites import Site

_DECIMALS: Final = 6


class PeriodShape(msgspec.Struct):
    """A billing period, half-open."""

    start_time: Time
    end_time: Time


class FreeWindow(msgspec.Struct):
    """What may be drawn in a window without paying more in its period.

    Attributes:
        counts: whether the charge counts power in it
        free_kw: mean power; null where there is no limit
        amount_per_further_kw: what 1 kW above free_kw adds to the period's charge
    """

    start_time: Time
    end_time: Time
    counts: bool
    free_kw: float | None
    amount_per_further_kw: float


class ChargeHeadroom(msgspec.Struct):
    """The headroom under a demand charge in a billing period.

    Attributes:
        name: of the charge, as the bill calls it
        peak_kw: so far, after weights, minimum and ratchet
        windows: the windows to come, in order
    """

    tariff_id: str
    name: str | None
    period: PeriodShape
    peak_kw: float
    windows: list[FreeWindow]


class HeadroomShape(msgspec.Struct, kw_only=True):
    """How much may be drawn at a location before its demand charges rise.

    Attributes:
        data: each demand charge and billing period
    """

    object: Literal["headroom"] = "headroom"
    location_id: str
    currency_code: str
    data: list[ChargeHeadroom]


def headroom_json(site: Site, charges: Sequence[Headroom]) -> bytes:
    """Write the headroom of a site, in UTC."""
    return msgspec.json.encode(
        HeadroomShape(
            location_id=ids.wire("loc", site.id),
            currency_code=site.currency_code,
            data=[_charge(one) for one in charges],
        )
    )


def _charge(own: Headroom) -> ChargeHeadroom:
    at = texts(np.stack([own.starts_us, own.ends_us], axis=1).ravel(), EPOCH)
    columns = zip(
        at[::2],
        at[1::2],
        own.counts.tolist(),
        own.free_kw.tolist(),
        own.amount_per_further_kw.tolist(),
        strict=True,
    )
    return ChargeHeadroom(
        tariff_id=ids.wire("trf", own.tariff_id),
        name=own.name,
        period=PeriodShape(text(own.period.start), text(own.period.end)),
        peak_kw=rounded(own.peak_kw, _DECIMALS),
        windows=[
            FreeWindow(
                start,
                end,
                counts,
                None if math.isinf(free_kw) else rounded(free_kw, _DECIMALS),
                rounded(further, COST_DECIMALS),
            )
            for start, end, counts, free_kw, further in columns
        ],
    )
