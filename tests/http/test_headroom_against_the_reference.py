"""Headroom (contract 2b) through HTTP, held against the slow, exact reference of demand charges.

Whatever the charge: `free_kw` leaves it as it is, more does not, and 1 kW more costs what is said.
`WATTYARD_TEST_EXAMPLES` sets how many random sites are tried (5 by default).
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.charge_reference import Load
from tests.support.clock import FakeClock
from tests.support.demand_reference import DemandCharge
from tests.support.market_reference import Market
from tests.support.power_strategies import FREE, demand_charges
from tests.support.reading_reference import load_of
from tests.support.region_reference import instant_of
from tests.support.shape_sites import described, exact, furnished
from tests.support.shape_strategies import (
    CLOCKS,
    TRIED,
    ShapeCase,
    billing,
    day_spans,
    regions,
    sparse_readings,
    tariff,
    vat,
)
from tests.support.tariff_reference import EXACT, Tariff
from tests.support.world import World
from wattyard.platform.db import Database

A_LITTLE = Fraction(1, 1000)
CENT = Fraction(1, 100)


@st.composite
def metered_sites(draw: st.DrawFn) -> ShapeCase:
    """A site with one demand charge, on a day around an awkward one."""
    region = draw(regions())
    span = draw(day_spans(region))
    body = tariff(FREE, **draw(billing(span)), **draw(vat()), clock=draw(st.sampled_from(CLOCKS)))
    body["charges"] = [draw(demand_charges(region))]
    now = span.end + timedelta(minutes=draw(st.integers(0, 1500)))
    readings = [one for one in draw(sparse_readings(span)) if instant_of(one["end_time"]) <= now]
    return ShapeCase(region, span, [body], readings, now=now)


@pytest.mark.filterwarnings("ignore:Requested Holidays")  # of India past 2035
@TRIED
@given(case=metered_sites())
def test_headroom_is_that_of_the_reference(database_url: str, case: ShapeCase) -> None:
    answer = asyncio.run(headroom(database_url, case))
    (body,) = case.tariff_bodies
    market = Market([], "KWH", case.region, case.now)
    bill = Bill(Tariff(body, case.region, market), [load_of(one) for one in case.readings])
    with localcontext(EXACT):
        apart = [fault for entry in answer["data"] for fault in bill.faults(entry)]
    assert answer["data"], answer
    assert not apart, "\n".join([*apart[:5], str(case.now), *described(case)])


async def headroom(url: str, case: ShapeCase) -> Any:
    db = Database(url, connections=2)
    await db.open()
    try:
        async with World(db, FakeClock(case.now)) as world:
            tenant = await world.tenant()
            home = await furnished(tenant, case)
            return (await tenant.get(f"/locations/{home}/headroom", params={"hours": 26})).json()
    finally:
        await db.close()


@dataclass(frozen=True)
class Bill:
    """A tariff with one demand charge, and what was metered until now.

    A window is compared with none: a reading of nothing is one, too, and can change a mean.
    """

    tariff: Tariff
    loads: list[Load]

    def faults(self, entry: Any) -> list[str]:
        """Where an entry of the answer is not what the charge of its period would become."""
        span = [instant_of(entry["period"][name]) for name in ("start_time", "end_time")]
        first, end = (self.tariff.region.wall(at).date() for at in span)
        charge = DemandCharge(self.tariff, self._written, self.loads, self.loads)
        found = []
        if abs(exact(entry["peak_kw"]) - charge.at_least((first, end))) > Fraction(1, 10**5):
            found.append(f"peak_kw {entry['peak_kw']}")
        for window in entry["windows"][:: max(len(entry["windows"]) // 5, 1)]:
            found += self._faults(window, (first, end))
        return found

    @property
    def _written(self) -> Any:
        return self.tariff.body["charges"][0]

    def _faults(self, window: Any, period: Any) -> list[str]:
        before = self._amount(self.loads, period)
        if window["free_kw"] is None:
            dearest = self._charge(window, Fraction(10**6), period)
            return [f"{window}: 1 GW costs {float(dearest)}"] * (dearest - before > CENT / 100)
        free = exact(window["free_kw"])
        below = self._charge(window, max(free - A_LITTLE, Fraction(0)), period) - before
        above = self._charge(window, free + A_LITTLE, period) - before
        further = self._charge(window, free + 1, period) - before
        said = exact(window["amount_per_further_kw"])
        found = [f"{window}: not free, {float(below)}"] * (free > A_LITTLE and below > CENT)
        found += [f"{window}: more is free"] * (above <= 0)
        return found + [f"{window}: 1 kW more costs {float(further)}"] * (
            abs(further - said) > CENT
        )

    def _charge(self, window: Any, kw: Fraction, period: Any) -> Fraction:
        """The whole charge of the period with so much power in the window, VAT included."""
        start, end = (datetime.fromisoformat(window[n]) for n in ("start_time", "end_time"))
        hours = Fraction((end - start) // timedelta(minutes=1), 60)
        return self._amount([*self.loads, Load(start, end, kw * hours)], period)

    def _amount(self, loads: list[Load], period: Any) -> Fraction:
        charge = DemandCharge(self.tariff, self._written, loads, loads)
        return charge.whole_amount(period) * (1 + Fraction(self.tariff.vat_on_top))
