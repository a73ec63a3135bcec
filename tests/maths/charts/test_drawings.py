"""Charts as pictures: what is drawn is inside the plot, adds up, and is written safely."""

import re
from datetime import date
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.contract_text import ROOT
from wattyard.kernel import civil
from wattyard.kernel.clock_changes import HOUR_US, microseconds
from wattyard.web.charts import palette
from wattyard.web.charts.drawing import Box, Curve, Drawing, Stroke
from wattyard.web.charts.flows import FlowBars, flow_chart, summed
from wattyard.web.charts.page import chart
from wattyard.web.charts.prices import PriceCurve, price_chart
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.series import StepSeries
from wattyard.web.charts.stacks import StackedBars, StackPart, stacked_chart
from wattyard.web.charts.writing import file_svg, page_svg

ZONE = ZoneInfo("Europe/Berlin")
READER = ChartReader(ZONE)
HOSTILE = '<script>alert("x")</script>\'&'


def hours(day: date, values: list[float], confidence: float = 1.0) -> StepSeries:
    start = microseconds(civil.start_of_day(day, ZONE))
    edges = start + np.arange(len(values) + 1, dtype=np.int64) * HOUR_US
    return StepSeries(edges, np.array(values), np.full(len(values), confidence))


def a_price(**more: object) -> Drawing:
    price = hours(date(2026, 10, 25), [0.3, 0.2, -0.1, float("nan"), *[0.4] * 21], 0.5)
    curve = PriceCurve(price, "EUR", **more)  # type: ignore[arg-type]
    return price_chart(curve, READER, title=f"Price {HOSTILE}")


def a_stack() -> StackedBars:
    return StackedBars(
        ["January", HOSTILE],
        [
            StackPart("Energy", np.array([50.0, 40.0])),
            StackPart("Network", np.array([20.0, float("nan")])),
            StackPart("Export credit", np.array([-5.0, -60.0])),
        ],
        "EUR",
    )


def without_readings() -> StackedBars:
    """A bar of nothing at all, one of zero, and one of a month that was read for three quarters."""
    parts = [StackPart("Energy", np.array([float("nan"), 0.0, 30.0]))]
    return StackedBars(
        ["January", "February", "March"], parts, "EUR", unread=np.array([1, 0, 0.25])
    )


def drawings() -> list[Drawing]:
    price = hours(date(2026, 10, 25), [0.3] * 25)
    return [
        a_price(),
        a_price(now_us=int(price.edges_us[4]), second=price, second_name=HOSTILE),
        flow_chart(FlowBars(price, price), READER, title=HOSTILE),
        stacked_chart(a_stack(), READER, title=HOSTILE),
        stacked_chart(without_readings(), READER, title="Unread"),
    ]


@pytest.mark.parametrize("drawing", drawings(), ids=lambda one: one.title[:5])
def test_everything_is_inside_its_plot(drawing: Drawing) -> None:
    for shape in drawing.shapes:
        if isinstance(shape, Box):
            assert 0.0 <= shape.x <= shape.x + shape.width <= 1.0 + 1e-9
            assert 0.0 <= shape.y <= shape.y + shape.height <= drawing.height + 1e-9
        if isinstance(shape, Curve):
            for run in shape.runs:
                assert 0.0 <= run.xs.min() <= run.xs.max() <= 1.0
                assert 0.0 <= run.values.min() <= run.values.max() <= drawing.height


@pytest.mark.parametrize("drawing", drawings(), ids=lambda one: one.title[:5])
def test_a_picture_is_well_formed_named_and_carries_no_style_and_no_script(
    drawing: Drawing,
) -> None:
    for text in (page_svg(drawing, "one"), file_svg(drawing)):
        picture = ET.fromstring(text)  # noqa: S314 (written by ourselves)
        assert picture.get("role") == "img"
        names = [one.text for one in picture if one.tag.rpartition("}")[2] == "title"]
        assert names == [drawing.title]
        tags = {one.tag.rpartition("}")[2] for one in picture.iter()}
        assert not tags & {"script", "style", "foreignObject"}
        assert not any("style" in one.attrib for one in picture.iter())
    assert "<script" not in str(chart(drawing, "one"))
    assert " class=" not in file_svg(drawing)


def test_a_bar_without_readings_is_hatched_and_one_of_zero_is_a_line() -> None:
    drawing = stacked_chart(without_readings(), READER, title="Costs")

    hatched = [(one.x, one.height, one.title) for one in drawing.shapes
               if isinstance(one, Box) and one.style == "hatch1"]  # fmt: skip
    zeros = [one.x1 for one in drawing.shapes if isinstance(one, Stroke) and one.style == "total"]
    assert [(x, height / 200.0) for x, height, _ in hatched] == [(0.0, 1.0), (2 / 3, 0.25)]
    assert hatched[1][2] == "March: no readings for 25 % of the time"
    assert [1 / 3 < x < 2 / 3 for x in zeros] == [True]
    assert drawing.legend[-1].style == "unread"
    assert "1 without any reading, 1 with readings of a part" in drawing.description
    assert [row[1:] for row in drawing.table.rows] == [
        ["–", "–", "100 %"],
        ["0.00", "0.00", "0 %"],
        ["30.00", "30.00", "25 %"],
    ]


def test_the_page_has_the_styles_of_the_palette() -> None:
    text = (ROOT / "src/wattyard/web/static/wattyard.css").read_text()

    assert palette.stylesheet() in text


def test_every_style_that_is_drawn_exists() -> None:
    for drawing in drawings():
        found = {shape.style for shape in drawing.shapes} | {one.style for one in drawing.legend}
        assert {one for one in found if not one.startswith("hatch")} <= palette.STYLES.keys()


def test_colours_of_both_forms_can_be_told_from_their_paper() -> None:
    def lightness(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    for colours, paper in ((palette.LIGHT, "#ffffff"), (palette.DARK, "#11161c")):
        for name, colour in colours.items():
            if not re.fullmatch("h[0-9n]", name):
                ratio = lightness(colour) / lightness(paper)
                assert max(ratio, 1 / ratio) >= 3.0, name


def test_a_forecast_is_striped_a_gap_is_a_gap_and_the_lowest_price_is_named() -> None:
    drawing = a_price()

    assert [one.style for one in drawing.shapes if one.style.startswith("hatch")] == ["hatch2"]
    curve = next(one for one in drawing.shapes if one.style == "price")
    assert isinstance(curve, Curve)
    assert len(curve.runs) == 2
    assert "Lowest −0.10 on Sun 25 Oct, 02:00" in drawing.description
    assert drawing.table.head == ["From", "Until", "Price, EUR per kWh", "Confidence"]
    assert ["Sun 25 Oct, 02:00", "Sun 25 Oct, 02:00", "−0.1000", "0.50"] in drawing.table.rows
    assert drawing.pointer is not None
    assert drawing.pointer["series"][0]["t"] == [0, 3600]  # type: ignore[index]


def test_a_long_table_has_the_extremes_of_its_days() -> None:
    values = np.tile(np.arange(24.0), 30)
    start = microseconds(civil.start_of_day(date(2026, 6, 1), ZONE))
    edges = start + np.arange(values.size + 1, dtype=np.int64) * HOUR_US

    drawing = price_chart(PriceCurve(StepSeries(edges, values), "EUR"), READER, title="June")

    assert len(drawing.table.rows) == 30
    assert drawing.table.rows[0] == ["Mon 1 Jun, 00:00", "0.0000", "23.0000", "11.5000"]


@settings(max_examples=25)
@given(
    st.lists(st.integers(-10_000, 10_000).map(lambda cents: cents / 100), min_size=2, max_size=12)
)
def test_parts_of_a_bar_are_as_long_as_their_amounts_and_their_total_is_written(
    amounts: list[float],
) -> None:
    parts = [StackPart(f"part {n}", np.array([amount])) for n, amount in enumerate(amounts)]
    stack = StackedBars(["only"], parts, "EUR")

    drawing = stacked_chart(stack, READER, title="Parts")

    boxes = [one for one in drawing.shapes if isinstance(one, Box)]
    lengths = [amount for amount in amounts if amount]
    if boxes:
        scale = boxes[0].height / abs(lengths[0])
        assert [one.height for one in boxes] == pytest.approx(
            [abs(amount) * scale for amount in lengths], abs=1e-6, rel=1e-6
        )
    assert drawing.table.rows[0][-1] == READER.number(sum(amounts), 2)


def test_credits_hang_below_zero_and_totals_are_marked() -> None:
    drawing = stacked_chart(a_stack(), READER, title="Costs")

    zero = next(one for one in drawing.shapes if one.style == "zero").y1  # type: ignore[union-attr]
    below = [one for one in drawing.shapes if isinstance(one, Box) and one.y >= zero - 1e-6]
    assert [one.style for one in below] == ["s3", "s3"]
    assert sum(one.style == "total" for one in drawing.shapes) == 2
    assert drawing.table.rows[1] == [HOSTILE, "40.00", "–", "−60.00", "−20.00"]


def test_energy_of_days_is_that_of_their_hours_on_both_clock_change_days() -> None:
    for day, length in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        own = hours(day, [1.0] * (length + 24))

        days = summed(own, "DAY", READER)

        assert days.values.tolist() == [length, 24.0]


def test_a_day_without_readings_is_a_gap_and_said() -> None:
    own = hours(date(2026, 6, 1), [1.0] * 24 + [float("nan")] * 24 + [2.0] * 24)

    drawing = flow_chart(FlowBars(summed(own, "DAY", READER)), READER, title="June")

    assert [row[2] for row in drawing.table.rows] == ["24.000", "–", "48.000"]
    assert "There are periods without readings." in drawing.description
