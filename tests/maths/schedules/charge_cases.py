"""Storage units and days that several tests of charging plans use."""

from dataclasses import replace

import numpy as np

from tests.maths.schedules.charge_rules import (
    quarter_steps,
)
from wattyard.schedules.domain.by_state_of_charge.question import (
    ChargeQuestion,
    Storage,
)

CAR = Storage(60_000.0, 20_000.0, 8_000.0, target_wh=26_000.0)
BATTERY = Storage(10_000.0, 4_000.0, 4_000.0, 4_000.0, end_wh=4_000.0)


def ask(storage: Storage, per_kwh: list[float], **changes: object) -> ChargeQuestion:
    export = np.array(changes.pop("export", np.zeros(len(per_kwh))), dtype=np.float64)
    series = {
        name: np.array(changes.pop(name), dtype=np.float64)
        for name in ("pv_w", "base_load_w", "carbon_per_kwh", "confidence")
        if name in changes
    }
    steps = quarter_steps(per_kwh, export_per_kwh=export, **series)
    return replace(ChargeQuestion((storage,), steps), **changes)  # type: ignore[arg-type]


def a_day(seed: int, *, negative: bool = False) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    hour = np.arange(96) / 4
    buy = 0.25 + 0.1 * np.sin((hour - 10) / 24 * 4 * np.pi) + rng.normal(0, 0.02, 96)
    buy -= 0.35 * ((hour > 12) & (hour < 15) & negative)
    return {
        "per_kwh": buy.round(4),
        "export_per_kwh": (buy - 0.08).round(4),
        "pv_w": np.maximum(0, 5000 * np.sin((hour - 6) / 12 * np.pi)).round(),
        "base_load_w": rng.uniform(200, 1500, 96).round(),
    }
