"""The parts of an energy plan of the Australian Consumer Data Right that prices follow from.

The names are the standard's, so that a fault names the member that the reader wrote.
"""

from typing import Annotated, Final, Literal

import msgspec

ALL_DAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
HOLIDAYS: Final = "PUBLIC_HOLIDAYS"

Amount = Annotated[str, msgspec.Meta(pattern=r"^-?\d{1,9}(\.\d{1,16})?$(?!\n)")] | float
ClockTime = Annotated[str, msgspec.Meta(max_length=30)] | int
"""As the standard writes it (`07:00`), or as older answers do (`700`, `"0"`)."""
Day = Literal[
    "MON",
    "TUE",
    "WED",
    "THU",
    "FRI",
    "SAT",
    "SUN",
    "PUBLIC_HOLIDAYS",
    "BUSINESS_DAYS",
    "MONDAY",
    "TUESDAY",
    "WEDNESDAY",
    "THURSDAY",
    "FRIDAY",
    "SATURDAY",
    "SUNDAY",
]
"""The last nine are words of older answers."""
Zone = Literal["LOCAL", "AEST"]


class CdrDays(msgspec.Struct, kw_only=True):
    """Days of the week as older answers name them; none of them says nothing of days."""

    weekdays: bool = False
    saturday: bool = False
    sunday: bool = False


class CdrRate(msgspec.Struct, kw_only=True):
    """A step of a rate; `volume` is its size in kWh, 0 where it has none."""

    unitPrice: Amount  # noqa: N815 (the standard's name)
    measureUnit: str | None = None  # noqa: N815
    volume: Amount | None = None

    @property
    def size_kwh(self) -> float | None:
        """How much energy the step takes; None without an end."""
        return float(self.volume or 0) or None


class CdrTime(msgspec.Struct, kw_only=True):
    """Hours of some days."""

    days: list[Day] | CdrDays = msgspec.field(default_factory=list)
    startTime: ClockTime = "00:00"  # noqa: N815
    endTime: ClockTime = "00:00"  # noqa: N815


class CdrTimeOfUse(msgspec.Struct, kw_only=True):
    """The steps of some hours, counted by the year where no period is given."""

    rates: list[CdrRate]
    timeOfUse: list[CdrTime]  # noqa: N815
    period: str = "P1Y"


class CdrSingle(msgspec.Struct, kw_only=True):
    """Steps around the clock."""

    rates: list[CdrRate]
    period: str | None = None


class CdrDemand(CdrTime, kw_only=True):
    """A charge per unit of demand."""

    amount: Amount
    displayName: str | None = None  # noqa: N815
    measureUnit: str = "KWH"  # noqa: N815
    minDemand: Amount = "0"  # noqa: N815
    maxDemand: Amount | None = None  # noqa: N815
    measurementPeriod: str = "MONTH"  # noqa: N815
    chargePeriod: str = "MONTH"  # noqa: N815


class CdrPeriod(msgspec.Struct, kw_only=True):
    """The rates of a season, or its demand charges; `rateBlockUType` says which."""

    startDate: str = "01-01"  # noqa: N815
    endDate: str = "12-31"  # noqa: N815
    dailySupplyCharge: Amount | None = None  # noqa: N815
    dailySupplyCharges: Amount | None = None  # noqa: N815
    timeZone: Zone | None = None  # noqa: N815
    rateBlockUType: str | None = None  # noqa: N815
    singleRate: CdrSingle | None = None  # noqa: N815
    timeOfUseRates: list[CdrTimeOfUse] = msgspec.field(default_factory=list)  # noqa: N815
    demandCharges: list[CdrDemand] = msgspec.field(default_factory=list)  # noqa: N815


class CdrFeedInVariation(msgspec.Struct, kw_only=True):
    """What exports earn in some hours."""

    timeVariations: list[CdrTime]  # noqa: N815
    amount: Amount | None = None
    rates: list[CdrRate] = msgspec.field(default_factory=list)
    period: str | None = None


class CdrFeedInSingle(msgspec.Struct, kw_only=True):
    """What exports earn around the clock."""

    amount: Amount | None = None
    rates: list[CdrRate] = msgspec.field(default_factory=list)
    period: str | None = None


class CdrFeedIn(msgspec.Struct, kw_only=True):
    """A feed-in tariff; `startDate` and `endDate` are dates of certain years, inclusive."""

    displayName: str | None = None  # noqa: N815
    startDate: str | None = None  # noqa: N815
    endDate: str | None = None  # noqa: N815
    tariffUType: str | None = None  # noqa: N815
    singleTariff: CdrFeedInSingle | None = None  # noqa: N815
    scheme: str | None = None
    payerType: str | None = None  # noqa: N815
    timeVaryingTariffs: list[CdrFeedInVariation] | CdrFeedInVariation | None = None  # noqa: N815

    @property
    def variations(self) -> list[CdrFeedInVariation]:
        """Its bands, of which older answers give one without a list."""
        varying = self.timeVaryingTariffs or []
        return varying if isinstance(varying, list) else [varying]


class CdrContract(msgspec.Struct, kw_only=True):
    """The parts of an electricity contract that prices follow from."""

    tariffPeriod: Annotated[list[CdrPeriod], msgspec.Meta(min_length=1, max_length=366)]  # noqa: N815
    timeZone: Zone | None = None  # noqa: N815
    solarFeedInTariff: list[CdrFeedIn] = msgspec.field(default_factory=list)  # noqa: N815
