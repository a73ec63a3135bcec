"""The JSON shapes of what a tariff charges besides the price per kWh (contract 2b)."""

from typing import Annotated, Literal

from msgspec import Meta

from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import Label
from wattyard.tariffs.domain.demand import MOST_PERIODS
from wattyard.tariffs.wire.entry_shapes import FilterEntryShape

Amount = Annotated[float, Meta(ge=-1e9, le=1e9)]
Kw = Annotated[float, Meta(gt=0, le=1e9)]
PeriodCount = Annotated[int, Meta(ge=1, le=MOST_PERIODS)]


class DemandStepShape(Shape, omit_defaults=True):
    """A step of peaks: what a peak from the step before up to `to_kw`, exclusive, costs.

    Attributes:
        amount: money for the whole peak
        to_kw: upper edge of the step, kW, exclusive; the last step has none
    """

    amount: Amount
    to_kw: Kw | None = None


class DemandTierShape(Shape, omit_defaults=True):
    """A tier of peaks: what each kW of the part up to `to_kw` costs.

    Attributes:
        amount_per_kw: money for each kW in the tier
        to_kw: upper edge of the tier, kW; the last tier has none
    """

    amount_per_kw: Amount
    to_kw: Kw | None = None


class DemandWeightShape(Shape):
    """With which factor the windows count that start in a schedule's hours.

    Attributes:
        schedule: the windows that count with the factor
        factor: 0.5: the power counts half
    """

    schedule: Annotated[list[FilterEntryShape], Meta(min_length=1, max_length=100)]
    factor: Annotated[float, Meta(ge=0, le=100)]


class ChargeShape(Shape, omit_defaults=True):
    """A charge besides the price per kWh: `amount` a day, month or year, or one for demand.

    DEMAND takes one of `amount_per_kw`, `steps` and `tiers`.

    Attributes:
        kind: DAILY, MONTHLY, YEARLY: a standing charge; DEMAND: for the peak power
        name: as the bill calls it
        amount: money per day, month or year
        amount_per_kw: for each kW of the peak
        steps: DEMAND: a fixed amount by the step in which the peak lies
        tiers: DEMAND: the part of the peak in each tier at its own price
        per: MONTH (default): for the billing period; DAY: times its local days
        window_minutes: DEMAND: the power is the mean of a window of this many minutes
        reset: DEMAND: a new peak starts each billing month
        schedule: DEMAND: which windows count; all without it
        weights: DEMAND: factors with which windows count; 1 where none matches
        peak: the highest window (default), or the mean of those of `days` days
        days: with MEAN_OF_DAYS: of how many local days
        minimum_kw: a peak counts as at least this
        periods: the mean of this many periods, this one included
        ratchet_percent: at least this share of the highest earlier peak
        ratchet_periods: over how many earlier periods
        cap_per_kwh: at most this for each kWh drawn
    """

    kind: Literal["DAILY", "MONTHLY", "YEARLY", "DEMAND"]
    name: Label | None = None
    amount: Amount | None = None
    amount_per_kw: Amount | None = None
    steps: Annotated[list[DemandStepShape], Meta(min_length=1, max_length=50)] | None = None
    tiers: Annotated[list[DemandTierShape], Meta(min_length=1, max_length=50)] | None = None
    per: Literal["MONTH", "DAY"] | None = None
    window_minutes: Literal[15, 30, 60] | None = None
    reset: Literal["MONTH"] | None = None
    schedule: Annotated[list[FilterEntryShape], Meta(min_length=1, max_length=1000)] | None = None
    weights: Annotated[list[DemandWeightShape], Meta(min_length=1, max_length=20)] | None = None
    peak: Literal["HIGHEST", "MEAN_OF_DAYS"] | None = None
    days: Annotated[int, Meta(ge=1, le=31)] | None = None
    minimum_kw: Annotated[float, Meta(ge=0, le=1000000000.0)] | None = None
    periods: PeriodCount | None = None
    ratchet_percent: Annotated[float, Meta(gt=0, le=100)] | None = None
    ratchet_periods: PeriodCount | None = None
    cap_per_kwh: Annotated[float, Meta(ge=0, le=1000000.0)] | None = None


class MinimumChargeShape(Shape):
    """The least that a local day or billing month costs: energy and charges, before VAT.

    Attributes:
        amount: money, before VAT
        per: the period of which it is the least
    """

    amount: Annotated[float, Meta(ge=0, le=1e9)]
    per: Literal["DAY", "MONTH"]
