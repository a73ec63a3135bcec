"""The steps of a site plan, and series laid over them (contract 4b, Request)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from wattyard.schedules.domain.site import remarks
from wattyard.schedules.domain.site.devices import Stretch
from wattyard.schedules.domain.site.request import DeviceWish, RunWish, SeriesPiece, SiteRequest
from wattyard.schedules.domain.site.time_steps import (
    CELLS_AT_MOST,
    bound_course,
    held_course,
    mean_of,
    strictest,
    time_steps,
)

MINUTE = 60_000_000
HOUR = 60 * MINUTE


def piece(start: float, end: float, value: float) -> SeriesPiece:
    return SeriesPiece(round(start * HOUR), round(end * HOUR), value)


def edges(*hours: float) -> np.ndarray:
    return np.array([round(hour * HOUR) for hour in hours])


def test_steps_lie_on_multiples_and_the_first_is_cut_at_the_start() -> None:
    laid = time_steps(
        (7 * MINUTE, HOUR), 15, changes=[], cuts_us=[20 * MINUTE, 5 * HOUR], devices=1
    )

    assert (laid.edges_us // MINUTE).tolist() == [7, 15, 20, 30, 45, 60]
    assert laid.step_minutes == 15


def test_the_step_doubles_above_50_000_cells_and_prices_no_longer_cut() -> None:
    week, quarters = 168 * HOUR, np.arange(0, 168 * HOUR, 15 * MINUTE)

    fits = time_steps((0, week), 15, changes=[quarters], cuts_us=[], devices=74)
    many = time_steps((0, week), 15, changes=[quarters], cuts_us=[7 * MINUTE], devices=500)

    assert (fits.step_minutes, fits.edges_us.size - 1) == (15, 672)
    assert many.step_minutes == 120
    assert (many.edges_us.size - 1) * 500 <= CELLS_AT_MOST
    assert 7 * MINUTE in many.edges_us


def test_times_that_would_be_most_of_a_plan_do_not_cut_it() -> None:
    day = (0, 24 * HOUR)
    every_minute = range(0, 24 * HOUR, MINUTE)

    few = time_steps(day, 15, changes=[], cuts_us=every_minute, devices=17)
    many = time_steps(day, 15, changes=[], cuts_us=every_minute, devices=500)

    assert (few.rounds_times, few.edges_us.size - 1) == (False, 1440)
    assert (many.rounds_times, many.step_minutes, many.edges_us.size - 1) == (True, 15, 96)


def test_pieces_are_averaged_and_holes_keep_what_else_is_known() -> None:
    halves = [piece(0, 1.5, 2.0), piece(2, 9, 4.0)]

    assert mean_of(halves, edges(0, 1, 2, 3), np.full(3, 10.0)).tolist() == [2.0, 6.0, 4.0]
    assert mean_of([], edges(0, 1), np.ones(1)).tolist() == [1.0]


def test_a_course_goes_on_with_its_last_value_and_begins_with_its_first() -> None:
    course = (piece(1, 2, 5.0), piece(3, 4, 7.0))

    assert held_course(course, edges(0, 1, 2, 3, 4, 5)).tolist() == [5, 5, 5, 7, 7]
    assert held_course(3.0, edges(0, 1)).tolist() == [3.0]


def test_a_bound_holds_at_the_ends_of_the_steps_of_its_piece() -> None:
    assert bound_course((piece(1, 2, 18.0),), edges(0, 1, 2, 3), -np.inf).tolist() == [
        -np.inf,
        18,
        -np.inf,
    ]
    assert bound_course(None, edges(0, 1), np.inf).tolist() == [np.inf]


def test_of_limits_that_overlap_the_strictest_holds_and_a_hole_has_none() -> None:
    limits = [piece(0, 2, 5.0), piece(1, 2, 3.0), piece(3, 4, 20.0)]

    assert strictest(limits, edges(0, 1, 2, 3, 4), 17.0).tolist() == [5, 3, 17, 17]
    assert strictest([piece(0.4, 1.1, 5.0)], edges(0, 1, 2, 3), 17.0).tolist() == [5, 5, 17]


@pytest.mark.parametrize(
    ("horizon", "window_end", "known", "cut"),
    [(24, 48, 24, False), (24, 12, 20, True), (None, 48, 24, True), (None, 400, 168, False)],
)
def test_only_a_plan_that_ends_before_what_was_asked_for_is_said_to_be_cut(
    horizon: int | None, window_end: int, known: int, cut: bool
) -> None:
    nobody = UUID(int=0)
    run = RunWish(energy_kwh=1, windows=(Stretch(0, window_end * HOUR),))
    request = SiteRequest(
        site_id=nobody,
        start=datetime(1970, 1, 1, tzinfo=UTC),
        horizon=None if horizon is None else timedelta(hours=horizon),
        wishes={nobody: DeviceWish(device_id=nobody, run=run)},
    )
    laid = time_steps((0, known * HOUR), 60, changes=[], cuts_us=[], devices=1)

    assert remarks.is_cut(request, laid) is cut
