"""What a URDB rate object (version 7) looks like, as far as prices follow from it."""

from typing import Any

import msgspec

from wattyard.kernel.refusals import Malformed

Matrix = list[list[int]]
"""A period for each hour (24) of each month (12)."""


class UrdbTier(msgspec.Struct, kw_only=True):
    """A tier of a period: its price is `rate` + `adj`."""

    rate: float = 0.0
    adj: float = 0.0
    sell: float = 0.0
    max: float | None = None
    unit: str | None = None


class UrdbRate(msgspec.Struct, kw_only=True):
    """The parts of a rate object that prices follow from."""

    energyratestructure: list[list[UrdbTier]]
    energyweekdayschedule: Matrix
    energyweekendschedule: Matrix
    name: str | None = None
    startdate: float | str | None = None
    enddate: float | str | None = None
    fixedchargefirstmeter: float | None = None
    fixedchargeunits: str | None = None
    fixedmonthlycharge: float | None = None
    mincharge: float | None = None
    minchargeunits: str | None = None
    minmonthlycharge: float | None = None
    annualmincharge: float | None = None
    flatdemandstructure: list[list[UrdbTier]] = msgspec.field(default_factory=list)
    flatdemandmonths: list[int] = msgspec.field(default_factory=list)
    demandratestructure: list[list[UrdbTier]] = msgspec.field(default_factory=list)
    demandweekdayschedule: Matrix = msgspec.field(default_factory=list)
    demandweekendschedule: Matrix = msgspec.field(default_factory=list)
    demandwindow: float | None = None


def whole(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Write whole numbers of a matrix, or of another list, without a fraction."""
    if isinstance(value, list):
        return [whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


class UrdbInvalid(Malformed):
    """The document is no URDB rate object."""

    code = "document_invalid"
