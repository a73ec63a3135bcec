"""`wattyard plan --svg`: the lanes of the terminal as a picture."""

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from wattyard.cli.plan_chart import Lane
from wattyard.cli.svg_files import write_plan

EDGES_US = np.arange(5, dtype=np.int64) * 3_600_000_000
HELD = np.array([40.0, 40.0, 60.0, 80.0, 80.0])
LANES = [
    Lane("price", np.array([0.3, 0.2, 0.1, 0.4]), "price"),
    Lane("BAT-<1>", np.array([0.0, 2_000.0, 2_000.0, -500.0]), "power"),
    Lane("  charge", (HELD[:-1] + HELD[1:]) / 2, "percent", HELD),
]


def test_a_plan_is_drawn_with_a_lane_for_each_row(tmp_path: Path) -> None:
    file = tmp_path / "plan.svg"

    write_plan(file, EDGES_US, LANES, ZoneInfo("Europe/Berlin"), titles=("Plan of dev_1", "EUR"))

    picture = file.read_text()
    assert "Plan of dev_1" in picture
    assert "Price, EUR per kWh" in picture
    assert "BAT-&lt;1&gt;, kW" in picture
    assert "State of charge from 40 to 80 %." in picture
    assert "Europe/Berlin" in picture


def test_a_picture_goes_to_standard_output_where_the_file_is_a_dash(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_plan(Path("-"), EDGES_US, LANES, ZoneInfo("UTC"), titles=("Plan", "EUR"))

    assert capsys.readouterr().out.startswith("<svg ")
