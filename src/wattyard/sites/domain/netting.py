"""Netting: import and export of a period that cancel out at a site (contract 2b, Netting)."""

from collections.abc import Mapping
from typing import Final, Literal

from wattyard.kernel.refusals import Malformed
from wattyard.kernel.values import dataclass

NettingPeriod = Literal["QUARTER_HOUR", "HALF_HOUR", "HOUR", "DAY", "MONTH"]
NettingSurplus = Literal["PAY", "CARRY"]

PERIOD_MINUTES: Final[Mapping[NettingPeriod, int]] = {
    "QUARTER_HOUR": 15,
    "HALF_HOUR": 30,
    "HOUR": 60,
}
"""Of the periods that lie within a local hour."""


class NettingInvalid(Malformed):
    """The parts of `netting` contradict each other, or the site cannot export."""

    code = "netting_invalid"


@dataclass(frozen=True, slots=True)
class Netting:
    """How import and export of a site cancel out.

    `period`: local quarter hours, half hours, hours, days, or billing months. `surplus`: whether
    export that remains is paid (PAY) or kept as energy for later periods (CARRY). `carry_ends`
    (1..12): the month at whose end what is kept is paid or forfeited; None keeps it for ever.

    Raises:
        NettingInvalid: for a month that ends nothing, because surplus is paid at once.
    """

    period: NettingPeriod
    surplus: NettingSurplus = "PAY"
    carry_ends: int | None = None

    def __post_init__(self) -> None:
        if self.carry_ends is None:
            return
        if self.surplus != "CARRY":
            raise NettingInvalid(
                "netting.carry_ends says when surplus CARRY ends; with surplus "
                f"{self.surplus} it must be null",
                param="netting.carry_ends",
            )
        if not 1 <= self.carry_ends <= 12:
            raise NettingInvalid(
                f"netting.carry_ends is a month from 1 to 12 or null; got {self.carry_ends}",
                param="netting.carry_ends",
            )

    def enters_demand(self, window_minutes: int) -> bool:
        """Whether power over a window is of net energy: where no netting period is longer."""
        minutes = PERIOD_MINUTES.get(self.period)
        return minutes is not None and minutes <= window_minutes


def check_export(netting: Netting | None, max_power_export_kw: float | None) -> None:
    """Refuse netting where the grid connection lets nothing out.

    Raises:
        NettingInvalid: when the limit is 0 kW.
    """
    if netting is not None and max_power_export_kw == 0:
        raise NettingInvalid(
            "netting needs export, and max_power_export_kw is 0: leave one of them out",
            param="netting",
        )
