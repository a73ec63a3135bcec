"""Bodies of site plans: each fault is found, with its path (contract 4b, Request)."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from wattyard.kernel.refusals import Malformed
from wattyard.platform.decoding import body_decoder
from wattyard.schedules.domain.site.request import SiteRequest
from wattyard.schedules.wire.site_requests import site_request
from wattyard.schedules.wire.site_wishes import SitePlanBody

NOW = datetime(2026, 3, 2, tzinfo=UTC)
AT = "loc_" + "0" * 32
DEVICES = [f"dev_{n:032x}" for n in range(502)]
read = body_decoder(SitePlanBody)


def at(hour: float) -> str:
    return f"2026-03-02T{int(hour):02}:{round(60 * (hour % 1)):02}:00Z"


def time(start: float, end: float, **more: Any) -> dict[str, Any]:
    return {"start_time": at(start), "end_time": at(end), **more}


def request(**fields: Any) -> SiteRequest:
    body = {"location_id": AT, "start_time": at(1), "schedule_horizon": 20, **fields}
    return site_request(read(json.dumps(body).encode()), NOW)


def faults(**fields: Any) -> dict[str | None, str]:
    """The faults of a body: their codes by path."""
    with pytest.raises(Malformed) as refused:
        request(**fields)
    return {fault.param: fault.code for fault in refused.value.faults}


def of_device(**wishes: Any) -> dict[str | None, str]:
    return faults(devices=[{"device_id": DEVICES[0], **wishes}])


def test_all_faults_of_a_body_are_found_at_once() -> None:
    assert faults(
        devices=[
            {
                "device_id": DEVICES[0],
                "targets": [{"time": at(0), "min_percent": 90}, {"time": "soon", "max_percent": 1}],
                "max_percent": 80,
                "reserve_percent": 85,
                "blocked": [time(5, 5)],
            },
            {"device_id": DEVICES[0], "max_power_kw": 1, "min_power_kw": 2},
        ],
        device_ids=[DEVICES[1], DEVICES[1]],
        limits=[time(2, 3)],
    ) == {
        "devices[0].reserve_percent": "reserve_percent_invalid",
        "devices[0].targets[0].min_percent": "min_percent_invalid",
        "devices[0].targets[0].time": "time_invalid",
        "devices[0].targets[1].time": "time_invalid",
        "devices[0].blocked[0].end_time": "end_time_invalid",
        "devices[1].min_power_kw": "min_power_kw_invalid",
        "devices[1].device_id": "device_id_invalid",
        "device_ids[1]": "device_ids_invalid",
        "limits[0].import_kw": "import_kw_missing",
    }


def test_nothing_can_be_planned_of_no_capacity_or_no_efficiency() -> None:
    assert of_device(capacity_kwh=0, efficiency=0) == {
        "devices[0].capacity_kwh": "capacity_kwh_invalid",
        "devices[0].efficiency": "efficiency_invalid",
    }


def test_a_target_has_a_bound_and_its_floor_is_below_its_ceiling() -> None:
    assert of_device(targets=[{"time": "end"}]) == {
        "devices[0].targets[0].min_percent": "min_percent_missing"
    }
    two = [{"time": at(5), "min_percent": 60}, {"time": at(5), "max_percent": 50}]
    assert of_device(targets=two) == {"devices[0].targets[0].min_percent": "min_percent_invalid"}


def test_a_target_after_the_plan_is_refused_only_where_the_plan_says_where_it_ends() -> None:
    late = [{"time": "2026-03-05T00:00:00Z", "min_percent": 60}]

    assert of_device(targets=late) == {"devices[0].targets[0].time": "time_invalid"}
    wish = {"device_id": DEVICES[0], "targets": late}
    assert request(schedule_horizon=None, devices=[wish]).deadlines_us


def test_absences_do_not_overlap() -> None:
    away = [time(8, 10), time(4, 6), time(9, 11)]

    assert of_device(absences=away) == {"devices[0].absences[2].start_time": "start_time_invalid"}
    touching = {"device_id": DEVICES[0], "absences": [time(8, 10), time(10, 11)]}
    assert request(devices=[touching]).wishes


@pytest.mark.parametrize(
    "comfort",
    [
        {"min_c": 22, "max_c": 20},
        {"min_c": [time(2, 4, value=18), time(4, 6, value=21)], "max_c": 20},
        {"min_c": 19, "max_c": [time(2, 4, value=21), time(5, 6, value=18.5)]},
    ],
)
def test_a_comfort_band_is_not_upside_down_at_any_time(comfort: Any) -> None:
    thermal = {
        "resistance_k_per_kw": 5,
        "capacity_kwh_per_k": 4,
        "initial_c": 20,
        "outdoor_c": 5,
        "cop": 3,
    }

    assert of_device(comfort=comfort, thermal=thermal) == {
        "devices[0].comfort.max_c": "max_c_invalid"
    }
    assert of_device(comfort=comfort) == {"devices[0].thermal": "thermal_missing"}


def test_levels_lie_between_the_least_and_the_largest_power_of_the_wish() -> None:
    run = {"energy_kwh": 3, "levels_kw": [0.5, 2, 5]}

    assert of_device(**run, min_power_kw=1, max_power_kw=3) == {
        "devices[0].levels_kw[0]": "levels_kw_invalid",
        "devices[0].levels_kw[2]": "levels_kw_invalid",
    }


def test_a_week_may_be_forecast_by_five_minutes() -> None:
    moments = [NOW + timedelta(minutes=5 * n) for n in range(7 * 288 + 1)]
    week = [
        {"start_time": start.isoformat(), "end_time": end.isoformat(), "kw": 1}
        for start, end in pairwise(moments)
    ]

    assert len(request(forecasts={"load": week}).load) == 2016


def test_how_a_load_runs_needs_its_energy() -> None:
    assert of_device(max_starts=1) == {"devices[0].energy_kwh": "energy_kwh_missing"}


@pytest.mark.parametrize(
    ("circuits", "path"),
    [
        ([{"id": "a", "max_kw": 1, "parent": "a"}], "circuits[0].parent"),
        ([{"id": "a", "max_kw": 1, "parent": "b"}], "circuits[0].parent"),
        ([{"id": "a", "max_kw": 1}, {"id": "a", "max_kw": 2}], "circuits[1].id"),
        (
            [
                {"id": "a", "max_kw": 1, "devices": [DEVICES[0]]},
                {"id": "b", "max_kw": 1, "devices": [DEVICES[1], DEVICES[0]]},
            ],
            "circuits[1].devices[1]",
        ),
    ],
)
def test_circuits_are_a_tree_and_a_device_is_on_one(circuits: Any, path: str) -> None:
    field = path.rpartition(".")[2].partition("[")[0]

    assert faults(circuits=circuits) == {path: f"{field}_invalid"}


def test_every_circuit_of_a_loop_is_named() -> None:
    ring = [{"id": str(n), "max_kw": 9, "parent": str((n + 1) % 3)} for n in range(3)]
    behind = [*ring, {"id": "x", "max_kw": 1, "parent": "0"}]

    assert set(faults(circuits=behind)) == {f"circuits[{n}].parent" for n in range(3)}


def test_pieces_of_a_forecast_do_not_overlap_and_may_have_holes() -> None:
    overlapping = {"load": [time(2, 4, kw=1), time(3, 5, kw=1)]}

    assert faults(forecasts=overlapping) == {"forecasts.load[1].start_time": "start_time_invalid"}
    assert len(request(forecasts={"solar": [time(8, 9, kw=1), time(2, 4, kw=1)]}).solar) == 2


def test_500_devices_are_planned_and_501_are_not() -> None:
    def wishes(count: int) -> Any:
        return [{"device_id": id_} for id_ in DEVICES[:count]]

    assert len(request(devices=wishes(500)).wishes) == 500
    assert faults(devices=wishes(501)) == {"devices": "devices_invalid"}


def test_an_answers_devices_are_what_previous_takes() -> None:
    slot = time(2, 3, direction="EXPORT", power={"units": "KW", "value": 2}, why="export")
    missed = {"target": "end", "units": "WH", "value": 5.0, "reason": "site_power"}
    kept = {"device_id": DEVICES[0], "status": "PARTIAL", "shortfalls": [missed], "slots": [slot]}

    (slots,) = (request(previous=[kept]).previous or {}).values()

    assert [one.power_w for one in slots] == [-2000.0]
