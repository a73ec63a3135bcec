"""What a plan saves against nobody planning.

`WATTYARD_TEST_EXAMPLES` sets how many random cases are tried (5 by default).
"""

import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.maths.schedules.patient import plan_site
from tests.maths.schedules.site_courses import HOUR_US
from wattyard.schedules.domain.site import planning
from wattyard.schedules.domain.site.answer import flows_of
from wattyard.schedules.domain.site.at_once import at_once
from wattyard.schedules.domain.site.baseline import compared
from wattyard.schedules.domain.site.devices import (
    Absence,
    Circuit,
    HeatPumpLoad,
    PvShare,
    Shiftable,
    SiteStorage,
    StorageTarget,
    Stretch,
)
from wattyard.schedules.domain.site.question import SiteQuestion

TRIED = settings(
    max_examples=int(os.environ.get("WATTYARD_TEST_EXAMPLES", "5")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
DAY = np.arange(25) * HOUR_US
SUN_W = np.maximum(0.0, 4000.0 * np.sin((np.arange(24) - 6) / 12 * np.pi))


def battery(**more: object) -> SiteStorage:
    settings = {
        "capacity_wh": 10_000.0,
        "energy_wh": 5000.0,
        "charge_w": 3000.0,
        "discharge_w": 3000.0,
        "efficiency": 0.9,
        "grid_discharging": False,
    }
    return SiteStorage("battery", **(settings | more))  # type: ignore[arg-type]


def car(**more: object) -> SiteStorage:
    settings = {
        "capacity_wh": 60_000.0,
        "energy_wh": 20_000.0,
        "charge_w": 11_000.0,
        "least_w": 1400.0,
        "car": True,
    }
    return SiteStorage("car", **(settings | more))  # type: ignore[arg-type]


def test_a_car_is_charged_at_once_at_full_power_and_stops_at_its_target() -> None:
    question = SiteQuestion(
        DAY,
        np.full(24, 0.3),
        storages=(car(targets=(StorageTarget(int(DAY[8]), min_wh=45_000.0),)),),
    )

    (run,) = at_once(question)

    assert run.power_w[:3] == pytest.approx([11_000.0, 11_000.0, 3000.0])
    assert not run.power_w[3:].any()
    assert not run.shortfalls


def test_a_car_waits_for_its_return_and_charges_for_the_next_target_then() -> None:
    question = SiteQuestion(
        DAY,
        np.full(24, 0.3),
        storages=(
            car(
                energy_wh=40_000.0,
                targets=(StorageTarget(int(DAY[-1]), min_wh=40_000.0),),
                absences=(Absence(int(DAY[8]), int(DAY[17]), 11_000.0),),
            ),
        ),
    )

    (run,) = at_once(question)

    assert np.flatnonzero(run.power_w).tolist() == [17]


def test_a_battery_takes_surplus_sun_and_serves_the_house_and_never_feeds_the_grid() -> None:
    question = SiteQuestion(
        DAY, np.full(24, 0.3), np.full(24, 0.1),
        load_w=np.full(24, 800.0), sun_w=SUN_W, storages=(battery(),), pv=(PvShare("pv", 1.0),),
    )  # fmt: skip

    runs = at_once(question)
    flows = flows_of(question, runs)

    assert ((runs[0].power_w >= -1e-6) | (flows.export_w < 1e-6)).all()
    assert ((runs[0].power_w <= 1e-6) | (flows.import_w < 1e-6)).all()
    assert runs[0].power_w[:5] == pytest.approx(np.full(5, -800.0))


def test_what_a_battery_misses_at_the_end_is_charged_in_the_last_steps() -> None:
    question = SiteQuestion(
        DAY, np.full(24, 0.3), load_w=np.full(24, 400.0),
        storages=(battery(targets=(StorageTarget(int(DAY[-1]), min_wh=5000.0),)),),
    )  # fmt: skip

    run = at_once(question)[0]

    assert run.held_wh is not None
    assert run.held_wh[-1] == pytest.approx(5000.0)
    assert run.power_w[-1] == pytest.approx(3000.0)
    assert run.power_w[-2] > 0.0 > run.power_w[0]
    assert not run.shortfalls


def test_a_battery_that_holds_more_than_it_may_is_not_charged() -> None:
    question = SiteQuestion(
        DAY, np.full(24, 0.3), load_w=np.full(24, 100.0), sun_w=SUN_W, pv=(PvShare("pv", 1.0),),
        storages=(battery(energy_wh=9000.0, most_wh=8000.0),),
    )  # fmt: skip

    run = at_once(question)[0]

    assert run.held_wh is not None
    assert (run.held_wh[run.power_w > 0.0] <= 8000.0 + 1e-6).all()
    assert run.held_wh.max() == pytest.approx(9000.0 - 100.0 / 0.9**0.5)


def test_a_room_is_held_at_the_lower_edge_of_its_band() -> None:
    question = SiteQuestion(DAY, np.full(24, 0.3), heat_pumps=(pump(24),))

    (run,) = at_once(question)

    assert run.temperature_c is not None
    assert run.temperature_c[6:22] == pytest.approx(np.full(16, 20.0))
    assert (run.temperature_c > 18.0 - 1e-9).all()


def pump(count: int, **more: object) -> HeatPumpLoad:
    """A small house, kept at 18 °C and at 20 °C from the end of step 6 to that of step 21."""
    min_c = np.full(count, 18.0)
    min_c[6:22] = 20.0
    settings = {
        "max_w": 2500.0,
        "resistance_k_per_kw": 5.0,
        "capacity_kwh_per_k": 3.0,
        "initial_c": 19.0,
        "outdoor_c": np.full(count, 4.0),
        "cop": np.full(count, 3.2),
        "min_c": min_c,
        "max_c": np.full(count, 24.0),
    }
    return HeatPumpLoad("pump", **(settings | more))  # type: ignore[arg-type]


@st.composite
def questions(draw: st.DrawFn) -> SiteQuestion:
    """A house with some of everything on a day of hours."""
    hourly = st.lists(st.integers(-5, 40), min_size=24, max_size=24)
    end = int(DAY[-1])
    storages = [
        battery(
            energy_wh=draw(st.sampled_from((1000.0, 5000.0))),
            reserve_wh=draw(st.sampled_from((0.0, 2000.0))),
            least_w=draw(st.sampled_from((0.0, 300.0))),
            grid_charging=draw(st.booleans()),
            standby_loss=draw(st.sampled_from((0.0, 0.005))),
            wear_per_kwh=draw(st.sampled_from((0.0, 0.03))),
            targets=(StorageTarget(end, min_wh=draw(st.sampled_from((0.0, 3000.0)))),),
        ),
        car(
            targets=(
                StorageTarget(
                    int(DAY[draw(st.integers(2, 24))]), min_wh=draw(st.integers(0, 60)) * 1e3
                ),
            ),
            absences=draw(st.sampled_from(((), (Absence(int(DAY[8]), int(DAY[12]), 5000.0),)))),
            blocked=draw(st.sampled_from(((), (Stretch(0, int(DAY[1])),)))),
        ),
    ]
    load = Shiftable(
        "load",
        energy_wh=draw(st.sampled_from((2000.0, 3500.0))),
        windows=(Stretch(int(DAY[3]), int(DAY[20])),),
        max_w=2000.0,
        levels_w=draw(st.sampled_from(((), (2000.0,), (1000.0, 2000.0)))),
        contiguous=draw(st.booleans()),
        start_cost=draw(st.sampled_from((0.0, 0.05))),
    )
    kept = draw(st.lists(st.booleans(), min_size=4, max_size=4))
    limited = draw(st.sampled_from((6000.0, 9000.0, np.inf)))
    return SiteQuestion(
        edges_us=DAY,
        import_per_kwh=np.array(draw(hourly)) / 100.0,
        export_per_kwh=draw(st.sampled_from((None, np.full(24, 0.05)))),
        load_w=np.array(draw(hourly)).clip(0) * 40.0,
        sun_w=SUN_W,
        import_limit_w=np.full(24, limited),
        export_limit_w=np.full(24, draw(st.sampled_from((0.0, 2000.0, np.inf)))),
        storages=tuple(one for one, keep in zip(storages, kept[:2], strict=True) if keep),
        loads=(load,) * kept[2],
        heat_pumps=(pump(24),) * kept[3],
        pv=(PvShare("pv", 1.0, curtailable=draw(st.booleans())),),
        circuits=draw(st.sampled_from(((), (Circuit("cars", 7000.0, ("car", "load")),)))),
    )


@TRIED
@given(questions())
def test_no_plan_costs_more_than_nobody_planning(question: SiteQuestion) -> None:
    plan = compared(question, planning.plan_site(replace(question, seconds=1.0)))

    assert plan.baseline is not None
    if plan.savings is not None:
        assert plan.savings.value >= -1e-4 - plan.gap * max(1.0, abs(plan.objective))


@TRIED
@given(questions())
def test_nobody_planning_keeps_the_limits_of_the_site(question: SiteQuestion) -> None:
    runs = at_once(question)
    flows = flows_of(question, runs)

    most_w = np.maximum(question.import_limit_w, question.load_w)
    assert (flows.import_w <= most_w + 1e-3).all()
    assert (flows.export_w <= question.export_limit_w + 1e-3).all()
    assert flows.solar_w + flows.curtailed_w == pytest.approx(question.sun_w)
    by_name = {run.device: run for run in runs}
    for circuit in question.circuits:
        inside = [by_name[name].power_w for name in circuit.devices if name in by_name]
        assert (np.abs(sum(inside, np.zeros(24))) <= circuit.max_w + 1e-3).all()
    for storage in question.storages:
        power_w = by_name[storage.device].power_w
        running = np.abs(power_w) > 1e-6
        assert (np.abs(power_w[running]) >= storage.least_w - 1e-3).all()


def test_savings_are_told_in_money_and_per_cent_of_the_baseline() -> None:
    target = StorageTarget(int(DAY[-1]), min_wh=31_000.0)
    prices = np.where(np.arange(24) < 12, 0.4, 0.1)
    question = SiteQuestion(DAY, prices, storages=(car(targets=(target,)),))

    plan = compared(question, plan_site(question))

    assert plan.baseline is not None
    assert plan.savings is not None
    assert plan.baseline.total == pytest.approx(11 * 0.4)
    assert plan.savings.value == pytest.approx(11 * 0.3)
    assert plan.savings.percent == 75.0


def test_there_are_no_savings_where_nobody_planning_serves_less() -> None:
    """The load fills the connection early, when the car would have to charge."""
    load = Shiftable("load", 4000.0, (Stretch(0, int(DAY[-1])),), 4000.0, levels_w=(4000.0,))
    question = SiteQuestion(
        DAY, np.full(24, 0.3), import_limit_w=np.full(24, 4000.0), loads=(load,),
        storages=(car(charge_w=4000.0, targets=(StorageTarget(int(DAY[1]), min_wh=24_000.0),)),),
    )  # fmt: skip

    plan = compared(question, plan_site(question))

    assert plan.status == "COMPLETE"
    assert plan.baseline is not None
    assert [device for device, _ in plan.baseline.unmet] == ["car"]
    assert plan.savings is None


def test_what_nobody_planning_leaves_in_store_beyond_the_plan_is_told() -> None:
    store = battery(
        energy_wh=2000.0, efficiency=1.0, grid_discharging=True,
        targets=(StorageTarget(int(DAY[-1]), min_wh=2000.0),),
    )  # fmt: skip
    sun_w = np.where(np.arange(24) < 2, 3000.0, 0.0)
    question = SiteQuestion(
        DAY,
        np.full(24, 0.5),
        export_per_kwh=np.full(24, 0.3),
        sun_w=sun_w,
        storages=(store,),
        pv=(PvShare("panels", 1.0),),
    )

    plan = compared(question, plan_site(question))

    assert plan.baseline is not None
    (held,) = [one.held_wh for one in plan.devices if one.held_wh is not None]
    assert plan.baseline.stored_more_wh == pytest.approx(8000.0 - held[-1])
    assert plan.savings is not None
    assert plan.savings.value == pytest.approx((8000.0 - held[-1]) / 1000 * 0.3)
