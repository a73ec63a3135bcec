"""Plans in lanes, weeks as heat maps, a price in its parts, and small lines."""

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.maths.charts.test_drawings import HOSTILE, READER, hours
from wattyard.web.charts import palette
from wattyard.web.charts.audit import AuditPart, audit_chart
from wattyard.web.charts.drawing import Box, Curve, Drawing, Label, Stroke
from wattyard.web.charts.plans import ChargeTarget, PlanLane, plan_chart
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.scales import nice_ticks
from wattyard.web.charts.series import StepSeries
from wattyard.web.charts.sparks import spark
from wattyard.web.charts.weeks import PriceRange, WeekRow, clock_row, price_range, week_chart
from wattyard.web.charts.writing import file_svg, page_svg

DAY = date(2026, 3, 29)


def a_plan() -> Drawing:
    power = hours(DAY, [0.0] * 8 + [4.0] * 4 + [-2.0] * 4 + [0.0] * 7)
    held = hours(DAY, [40.0] * 8 + [50, 60, 70, 80] + [75, 70, 65, 60] + [60.0] * 7)
    lanes = [
        PlanLane("Price", "EUR per kWh", hours(DAY, [0.2] * 23, 0.5), "price"),
        PlanLane(HOSTILE, "kW", power, "power"),
        PlanLane(
            "State of charge",
            "%",
            held,
            "charge",
            40.0,
            [ChargeTarget(int(held.edges_us[12]), 80.0)],
            10.0,
        ),
    ]
    return plan_chart(lanes, READER, title="Plan", now_us=int(power.edges_us[2]))


def a_week() -> list[WeekRow]:
    day = WeekRow("Mon", [0, 360, 1320, 1440], np.array([0.2, 0.3, 0.2]))
    return [day, WeekRow(HOSTILE, [0, 1440], np.array([-0.1]), "holiday")]


def test_a_phone_names_the_whole_days_of_a_plan_rather_than_the_rest_of_the_first() -> None:
    afternoon = hours(DAY, [0.2] * 63)
    price = StepSeries(afternoon.edges_us[9:], afternoon.values[9:])
    lane = PlanLane("Price", "EUR per kWh", price, "price")

    drawing = plan_chart([lane], READER, title="Plan")

    days = [one for one in drawing.shapes if isinstance(one, Label) and "Mar" in one.text]
    assert {one.text: one.wide for one in days} == {
        "Sun 29 Mar": True,
        "Mon 30 Mar": False,
        "Tue 31 Mar": False,
    }


def test_lanes_do_not_overlap_and_share_their_axis_of_time() -> None:
    drawing = a_plan()

    areas = {
        one.style: (
            min(run.values.min() for run in one.runs),
            max(run.values.max() for run in one.runs),
        )
        for one in drawing.shapes
        if isinstance(one, Curve)
    }
    assert areas["price-area"][1] < areas["charge"][0]
    assert areas["charge"][1] == areas["discharge"][0]
    assert areas["discharge"][1] < areas["held"][0]
    marks = [one for one in drawing.shapes if one.style == "target"]
    assert isinstance(marks[0], Label)
    assert marks[0].x == pytest.approx(12 / 23)
    (line,) = [one for one in drawing.shapes if one.style == "deadline"]
    assert isinstance(line, Stroke)
    assert (line.x1, line.x2, line.y2 - line.y1) == (marks[0].x, marks[0].x, 86.0)
    assert [one.text for one in drawing.shapes if one.style == "target-text"] == ["80 %"]  # type: ignore[union-attr]
    assert [one.text for one in drawing.legend] == [
        "Charges or runs",
        "Discharges",
        "Forecast",
        "Target, at its deadline",
        "Reserve",
    ]
    assert "State of charge from 40 to 60 %." in drawing.description


def test_solar_panels_produce_and_do_not_discharge() -> None:
    power = hours(DAY, [-2.0] * 23)
    roof = PlanLane("Roof", "kW", power, "power", solar=True)
    battery = PlanLane("Battery", "kW", power, "power")

    legends = [
        [one.text for one in plan_chart(lanes, READER, title="Plan").legend]
        for lanes in ([roof], [roof, battery])
    ]

    assert legends == [["Produces"], ["Discharges or produces"]]


def test_the_line_of_a_state_of_charge_begins_with_it_and_ends_each_step_where_it_is_then() -> None:
    drawing = a_plan()

    held = next(one for one in drawing.shapes if one.style == "held")
    assert isinstance(held, Curve)
    (line,) = held.runs
    assert line.xs.size == 24
    assert line.values[0] == line.values[8]
    assert line.values[8] - line.values[12] == pytest.approx(0.4 * 86.0)


@pytest.mark.parametrize(
    "drawing",
    [
        a_plan(),
        week_chart(a_week(), price_range([a_week()]), READER, currency_code="EUR", title="Week"),
        audit_chart([AuditPart(HOSTILE, 0.2)], READER, currency_code="EUR", title="Price"),
        spark(hours(DAY, [1.0, 2.0]), title="Requests", description="by hour"),
    ],
    ids=lambda one: one.title,
)
def test_each_kind_is_written_with_styles_that_exist(drawing: Drawing) -> None:
    assert "<script" not in page_svg(drawing, "one") + file_svg(drawing)
    found = {one.style for one in (*drawing.shapes, *drawing.legend)}
    assert {one for one in found if not one.startswith("hatch")} <= palette.STYLES.keys()


def test_a_week_has_a_cell_for_each_stretch_and_says_its_price() -> None:
    drawing = week_chart(
        a_week(), price_range([a_week()]), READER, currency_code="EUR", title="Week"
    )

    cells = [one for one in drawing.shapes if isinstance(one, Box)]
    assert [one.style for one in cells] == ["h0", "h6", "h0", "hn"]
    assert cells[1].title == "Mon 06:00–22:00: 0.30 EUR per kWh"
    assert sum(one.width for one in cells) == pytest.approx(2.0)
    assert [one.text for one in drawing.legend] == [
        "−0.10 EUR per kWh",
        "0.20 EUR per kWh",
        "0.30 EUR per kWh",
    ]
    assert drawing.table.rows[1] == ["Mon", "06:00", "22:00", "0.3000"]
    assert drawing.table.rows[-1] == [f"{HOSTILE} (holiday)", "00:00", "24:00", "−0.1000"]


def test_days_alike_are_one_row_of_the_table_and_unknown_prices_are_said() -> None:
    rows = [WeekRow(name, [0, 720, 1440], np.array([0.2, np.nan])) for name in ("Mon", "Tue")]

    drawing = week_chart(rows, price_range([rows]), READER, currency_code="EUR", title="Week")

    assert [row[0] for row in drawing.table.rows] == ["Mon, Tue", "Mon, Tue"]
    assert drawing.table.rows[1][3] == "–"
    titles = [one.title for one in drawing.shapes if isinstance(one, Box)]
    assert titles[1] == "Mon 12:00–24:00: not known"


@pytest.mark.parametrize(
    ("day", "first", "rest"),
    [
        (date(2026, 6, 1), [0, 120, 240], [1.0, 2.0, 3.0]),
        # Three o'clock follows two o'clock at once: the price from three on takes over.
        (date(2026, 3, 29), [0, 180, 300], [1.0, 2.0, 3.0]),
        # The hour from two comes twice; its first prices are shown.
        (date(2026, 10, 25), [0, 120, 180], [1.0, 2.0, 3.0]),
    ],
)
def test_a_day_lies_on_the_hours_of_its_clock(
    day: date, first: list[int], rest: list[float]
) -> None:
    own = hours(day, [1.0, 1.0, 2.0, 2.0, 3.0])

    row = clock_row("day", own, READER)

    assert row.edges_minutes[0] == 0
    assert row.edges_minutes[-1] == 1440
    changes = [n for n in range(row.prices.size) if n == 0 or row.prices[n] != row.prices[n - 1]]
    assert [row.edges_minutes[n] for n in changes][:3] == first
    assert [float(row.prices[n]) for n in changes][:3] == rest


def test_a_day_that_begins_late_is_unknown_until_then() -> None:
    own = hours(date(2026, 6, 1), [0.1] * 24)
    late = StepSeries(own.edges_us[6:], own.values[6:])

    row = clock_row("day", late, READER)

    assert np.isnan(row.prices[0])
    assert list(row.edges_minutes)[:2] == [0, 360]


@settings(max_examples=50)
@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=20))
def test_a_dearer_price_has_never_a_cheaper_colour(prices: list[float]) -> None:
    scale = PriceRange(min(prices), max(prices))

    styles = [scale.style(price) for price in sorted(prices)]

    assert styles == sorted(styles)
    assert scale.style(float("nan")) == "hx"
    assert scale.style(-0.01) == "hn"


@settings(max_examples=50)
@given(st.lists(st.integers(-500_000, 500_000).map(lambda n: n / 1e6), min_size=1, max_size=6))
def test_parts_of_a_price_follow_each_other_and_end_where_the_price_ends(
    amounts: list[float],
) -> None:
    parts = [AuditPart(f"part {n}", amount) for n, amount in enumerate(amounts)]

    drawing = audit_chart(parts, READER, currency_code="EUR", title="Price")

    boxes = [one for one in drawing.shapes if isinstance(one, Box)]
    ends = np.cumsum([0.0, *amounts])
    ticks, _ = nice_ticks(float(ends.min()), float(ends.max()), 5)
    shares = (ends - ticks[0]) / (ticks[-1] - ticks[0])
    for n, box in enumerate(boxes[:-1]):
        left, right = sorted(shares[n : n + 2])
        assert box.x == pytest.approx(left, abs=1e-9)
        assert box.width == pytest.approx(max(right - left, 0.002), abs=1e-9)
    assert drawing.table.rows[-1] == ["Price", READER.number(sum(amounts), 6)]


def test_a_small_line_of_nothing_is_flat() -> None:
    nothing = StepSeries(hours(DAY, [0.0]).edges_us, np.array([np.nan]))

    drawing = spark(nothing, title="Requests", description="none")

    assert page_svg(drawing, "one").count("<path") == 1
    assert drawing.gutter == 0.0


def test_days_are_named_in_the_language_of_the_reader() -> None:
    assert ChartReader(ZoneInfo("Europe/Berlin"), "de").weekday(0) == "Mo."
