"""Charges besides the price per kWh: standing, demand and minimum charges (contract 2, Charges).

They enter costs as their own lines and never the price of a kWh.
"""

from typing import Literal

from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.demand import DemandCharge, check_finite


@dataclass(frozen=True, slots=True)
class StandingCharge:
    """So much money for each local day, month or year, whether energy flows or not.

    Raises:
        ChargeInvalid: when the amount is not finite.
    """

    kind: Literal["DAILY", "MONTHLY", "YEARLY"]
    amount: float
    name: str | None = None

    def __post_init__(self) -> None:
        check_finite(self.amount, "amount")


@dataclass(frozen=True, slots=True)
class MinimumCharge:
    """The least that a local day or a billing month costs: energy and charges, before VAT."""

    amount: float
    per: Literal["DAY", "MONTH"]


Charge = StandingCharge | DemandCharge
