"""Charts on a phone: texts that are drawn are clear of each other."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.support.contract_text import ROOT
from wattyard.kernel.clock_changes import HOUR_US, microseconds
from wattyard.web.charts.axes import _LETTER_PX
from wattyard.web.charts.drawing import Drawing
from wattyard.web.charts.page import chart
from wattyard.web.charts.plans import PlanLane, plan_chart
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.series import StepSeries

PHONE = {"width": 390, "height": 844}
ZONE = ZoneInfo("Europe/Amsterdam")
SPANS = [(10, 15), (10, 38), (10, 62), (22, 50), (0, 48), (6, 84), (10, 108), (10, 130), (20, 400)]
"""The hour at which a plan begins, and for how many hours it is."""
OVERLAPS = """
() => [...document.querySelectorAll("svg.chart")].flatMap((svg) => {
  const texts = [...svg.querySelectorAll("text")].filter((one) => one.getClientRects().length);
  const placed = texts.map((one) => [one.textContent, one.getBoundingClientRect()]);
  return placed.flatMap(([one, a], n) => placed.slice(n + 1)
    .filter(([, b]) => Math.abs(a.top - b.top) < 3 && a.left < b.right + 2 && b.left < a.right + 2)
    .map(([other]) => `${svg.querySelector("title").textContent}: ${one} | ${other}`));
})
"""


WIDEST_LETTER = """
() => Math.max(...[...document.querySelectorAll("svg.chart text")]
  .filter((one) => one.getClientRects().length && /^[0-9]{2}:[0-9]{2}$/.test(one.textContent))
  .map((one) => one.getBoundingClientRect().width / one.textContent.length))
"""


def a_plan(hour: int, hours: int, locale: str) -> Drawing:
    start = microseconds(datetime(2026, 11, 27, hour, tzinfo=ZONE))
    edges = start + np.arange(hours + 1, dtype=np.int64) * HOUR_US
    price = PlanLane("Price", "EUR per kWh", StepSeries(edges, np.full(hours, 0.2)), "price")
    return plan_chart([price], ChartReader(ZONE, locale), title=f"{hours} hours from {hour}:00")


@pytest.mark.parametrize("locale", ["en_GB", "de", "ja"])
def test_dates_and_times_under_a_plan_are_apart_on_a_phone(chromium: Browser, locale: str) -> None:
    page = chromium.new_page(viewport=PHONE)
    css = (ROOT / "src/wattyard/web/static/wattyard.css").read_text()
    charts = [str(chart(a_plan(*span, locale), f"plan-{n}")) for n, span in enumerate(SPANS)]
    page.set_content(f"<style>{css}</style><main><section class=card>{''.join(charts)}")
    if page.evaluate(WIDEST_LETTER) > _LETTER_PX:
        pytest.skip("the font of this machine is wider than the room that axes leave for a letter")

    overlapping = page.evaluate(OVERLAPS)
    names = page.locator("svg text.name:visible").count()
    page.close()

    assert overlapping == []
    assert names > 2 * len(SPANS)
