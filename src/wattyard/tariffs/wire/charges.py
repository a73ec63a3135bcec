"""From the JSON of a charge to the domain's, with every fault and its path."""

import math
from collections.abc import Callable, Sequence
from typing import Final

from wattyard.kernel.refusals import Fault
from wattyard.tariffs.domain.charges import Charge, MinimumCharge, StandingCharge
from wattyard.tariffs.domain.demand import (
    ChargeInvalid,
    DemandCharge,
    DemandPrice,
    DemandWeight,
    PricePerKw,
    PriceSteps,
    PriceTiers,
    Ratchet,
)
from wattyard.tariffs.domain.schedule import Schedule
from wattyard.tariffs.wire.charge_shapes import ChargeShape, MinimumChargeShape
from wattyard.tariffs.wire.entry_shapes import FilterEntryShape

FilterOf = Callable[[Sequence[FilterEntryShape], str], Schedule]

_PRICES: Final = ("amount_per_kw", "steps", "tiers")
_DEMAND_ONLY: Final = tuple(
    field for field in ChargeShape.__struct_fields__ if field not in ("kind", "name", "amount")
)


def charge_of(
    shape: ChargeShape, path: str, malformed: list[Fault], filter_of: FilterOf
) -> Charge | None:
    """Read a charge, its filters by `filter_of`; None where faults were added to `malformed`."""
    before = len(malformed)
    if shape.kind != "DEMAND":
        malformed.extend(_missing(shape, path, ("amount",)))
        malformed.extend(_barred(shape, path, _DEMAND_ONLY))
        if len(malformed) > before:
            return None
        return StandingCharge(shape.kind, shape.amount or 0.0, shape.name)
    malformed.extend(_demand_faults(shape, path))
    filter_ = filter_of(shape.schedule, f"{path}.schedule") if shape.schedule else None
    weights = tuple(
        DemandWeight(filter_of(one.schedule, f"{path}.weights[{n}].schedule"), one.factor)
        for n, one in enumerate(shape.weights or ())
    )
    price = _price(shape, path, malformed)
    if price is None or len(malformed) > before:
        return None
    return DemandCharge(
        price=price,
        window_minutes=shape.window_minutes or 15,
        per=shape.per or "MONTH",
        filter=filter_,
        weights=weights,
        days=shape.days,
        minimum_kw=shape.minimum_kw or 0.0,
        periods=shape.periods or 1,
        ratchet=Ratchet(shape.ratchet_percent, shape.ratchet_periods)
        if shape.ratchet_percent and shape.ratchet_periods
        else None,
        cap_per_kwh=shape.cap_per_kwh,
        name=shape.name,
    )


def minimum_of(shape: MinimumChargeShape | None) -> MinimumCharge | None:
    """Read the least that a day or a month costs."""
    return None if shape is None else MinimumCharge(shape.amount, shape.per)


def _price(shape: ChargeShape, path: str, malformed: list[Fault]) -> DemandPrice | None:
    try:
        if shape.steps:
            return PriceSteps(
                tuple(_edge(step.to_kw) for step in shape.steps),
                tuple(step.amount for step in shape.steps),
            )
        if shape.tiers:
            return PriceTiers(
                tuple(_edge(tier.to_kw) for tier in shape.tiers),
                tuple(tier.amount_per_kw for tier in shape.tiers),
            )
        return PricePerKw(shape.amount_per_kw or 0.0)
    except ChargeInvalid as refusal:
        malformed.extend(refusal.under(path).faults)
        return None


def _edge(to_kw: float | None) -> float:
    return math.inf if to_kw is None else to_kw


def _demand_faults(shape: ChargeShape, path: str) -> list[Fault]:
    """Find fields that are due for a demand charge, or do not go together."""
    prices = [field for field in _PRICES if getattr(shape, field) is not None]
    faults = [*_missing(shape, path, ("window_minutes",)), *_barred(shape, path, ("amount",))]
    if not prices:
        message = "a DEMAND charge needs amount_per_kw, steps or tiers"
        faults.insert(0, Fault("amount_per_kw_missing", message, f"{path}.amount_per_kw"))
    faults += [
        Fault(
            "parameters_exclusive",
            f"a DEMAND charge has one of amount_per_kw, steps and tiers; got {prices[0]} too",
            f"{path}.{field}",
        )
        for field in prices[1:]
    ]
    if shape.peak == "MEAN_OF_DAYS":
        faults += _missing(shape, path, ("days",))
    elif shape.days is not None:
        message = "days goes with peak MEAN_OF_DAYS; HIGHEST takes one window"
        faults.append(Fault("days_invalid", message, f"{path}.days"))
    if shape.ratchet_percent is not None or shape.ratchet_periods is not None:
        faults += _missing(shape, path, ("ratchet_percent", "ratchet_periods"))
    return faults


def _missing(shape: ChargeShape, path: str, due: Sequence[str]) -> list[Fault]:
    return [
        Fault(f"{field}_missing", f"{_named(shape)} needs {field}", f"{path}.{field}")
        for field in due
        if getattr(shape, field) is None
    ]


def _barred(shape: ChargeShape, path: str, barred: Sequence[str]) -> list[Fault]:
    return [
        Fault(f"{field}_invalid", f"a {shape.kind} charge has no {field}", f"{path}.{field}")
        for field in barred
        if getattr(shape, field) is not None
    ]


def _named(shape: ChargeShape) -> str:
    """Name the charge as far as it asks for more: by its mean, its ratchet, its kind."""
    if shape.peak == "MEAN_OF_DAYS":
        return "a DEMAND charge with peak MEAN_OF_DAYS"
    if shape.ratchet_percent is not None or shape.ratchet_periods is not None:
        return "a DEMAND charge with a ratchet"
    return f"a {shape.kind} charge"
