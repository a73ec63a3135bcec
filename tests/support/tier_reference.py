"""How the energy of readings falls into tiers (contract 2, "Tier counter").

Readings
--------
* TARIFF counts every reading "at the location since the local start of the day, month, year or
  contract", also those before the contract's start (but not with CONTRACT). PERIOD counts what the
  tariff's own windows owned. Exactly at `to_kwh` the next tier begins.
* SHARED: "the month" is the `tier_reset` period; its energy is all stored energy in it, also
  after the request's end. Every kWh of it pays the same mix of tiers, each at its own instant.
* Tiers need direction IMPORT and energy that is not negative (ValueError otherwise): "the counter
  is kWh of INBOUND IMPORT readings" says nothing usable about other directions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from .reading_reference import Slice
from .tariff_reference import Moment, Tariff, TierPrice

Part = tuple[Fraction, TierPrice]


def reset_period(tariff: Tariff, piece: Slice) -> tuple[int, ...] | None:
    """The counter's period at a slice; None where the counter does not run."""
    reset, day = tariff.body.get("tier_reset") or "MONTH", piece.day
    if reset == "CONTRACT":
        return () if piece.load.start >= tariff.starts else None
    return {"DAY": (day.year, day.month, day.day), "MONTH": (day.year, day.month)}.get(
        reset, (day.year,)
    )


def consumed_parts(index: int, tariff: Tariff, slices: Sequence[Slice]) -> list[list[Part]]:
    """TARIFF: "one counter for the whole tariff, readings consumed in time order and split at the
    tier edge". PERIOD: "one counter per `hours` entry"."""
    counters: defaultdict[object, Fraction] = defaultdict(Fraction)
    parts: list[list[Part]] = []
    for piece in slices:
        moment = piece.moments.get(index)
        period: object = reset_period(tariff, piece)
        if tariff.body.get("tier_scope") == "PERIOD" and period is not None:
            period = (period, moment.owner) if moment else None
        used = counters[period] if period is not None else Fraction(0)
        if period is not None:
            counters[period] += piece.load.energy_kwh
        parts.append(filled(moment, used, piece.load.energy_kwh) if moment else [])
    return parts


def filled(moment: Moment, used: Fraction, energy_kwh: Fraction) -> list[Part]:
    """Energy poured into the tiers from the counter on."""
    if energy_kwh == 0 or len(moment.tiers) == 1:
        return [(energy_kwh, moment.tier_at(Decimal(used.numerator) / used.denominator))]
    if energy_kwh < 0:
        raise ValueError("negative energy has no place in tiers")
    parts: list[Part] = []
    left = energy_kwh
    for tier in moment.tiers:
        room = left
        if tier.to_kwh is not None:
            room = min(left, Fraction(tier.to_kwh) - used)
        if room > 0:
            parts.append((room, tier))
            used, left = used + room, left - room
    return parts


def shared_parts(index: int, tariff: Tariff, slices: Sequence[Slice]) -> list[list[Part]]:
    """SHARED: "one counter, and each `hours` entry pays its share of the month's energy in every
    tier (NREL SAM's convention)"."""
    totals: defaultdict[object, Fraction] = defaultdict(Fraction)
    for piece in slices:
        totals[reset_period(tariff, piece)] += piece.load.energy_kwh
    parts: list[list[Part]] = []
    for piece in slices:
        moment = piece.moments.get(index)
        total = totals[reset_period(tariff, piece)]
        if moment is None:
            parts.append([])
        elif total <= 0:
            parts.append(filled(moment, Fraction(0), piece.load.energy_kwh))
        else:
            share = piece.load.energy_kwh / total
            whole = filled(moment, Fraction(0), total)
            parts.append([(amount * share, tier) for amount, tier in whole])
    return parts
