"""The meters of the sample fleet: plausible, the same each time, and no day twice."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from wattyard.cli.sample_fleet import sample_sites
from wattyard.cli.sample_readings import (
    DAYS_BACK,
    METERED_SITES,
    missing_days,
    sample_readings,
    together,
)
from wattyard.meters.domain.distinct_readings import apart
from wattyard.meters.domain.readings import judged
from wattyard.sites.domain.sites import PostalAddress, Site

NOW = datetime(2026, 3, 31, 10, tzinfo=UTC)
BODIES = [body for n, body in enumerate(sample_sites(), 1) if n in METERED_SITES]
HOME = Site(UUID(int=1), NOW, "Europe/Amsterdam", "EUR", postal_address=PostalAddress())


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body["reference_id"])
def test_readings_can_be_kept_and_are_the_same_each_time(body: dict) -> None:
    days = missing_days(NOW, HOME, None)
    made, again = (sample_readings(body, HOME, days) for _ in range(2))
    assert (made.energy_kwh == again.energy_kwh).all()
    good, failed = judged(made, int(NOW.timestamp() * 1e6))
    assert not failed
    assert apart(good, good.number).all()
    drawn = made.energy_kwh[made.stream == 0]
    assert 2 < drawn.sum() / DAYS_BACK < 150
    assert drawn.max() <= body["max_power_import_kw"] / 2


def test_homes_with_panels_sell_by_day_only() -> None:
    body = next(one for one in BODIES if any(d["type"] == "PV_SYSTEM" for d in one["devices"]))
    made = sample_readings(body, replace(HOME), [date(2026, 6, 21)])
    sold = made.only((made.stream == 1) & (made.energy_kwh > 0))
    assert made.streams[1].direction == "EXPORT"
    longitude_hours = body["geo_location"]["lng"] / 15
    solar_hour = (sold.starts_us / 3.6e9 + longitude_hours) % 24
    assert len(sold) > 4
    assert ((solar_hour > 3) & (solar_hour < 21)).all()


def test_the_day_of_a_clock_change_has_46_half_hours() -> None:
    body = next(one for one in BODIES if all(d["type"] != "PV_SYSTEM" for d in one["devices"]))
    made = sample_readings(body, HOME, [date(2026, 3, 29)])
    assert len(made) == 46
    assert (np.diff(made.starts_us) == 1_800_000_000).all()


def test_only_days_after_the_newest_reading_are_made() -> None:
    assert len(missing_days(NOW, HOME, None)) == DAYS_BACK
    yesterday_ends = datetime(2026, 3, 30, 22, tzinfo=UTC)
    assert missing_days(NOW, HOME, yesterday_ends) == []
    assert missing_days(NOW + timedelta(days=2), HOME, yesterday_ends) == [
        date(2026, 3, 31),
        date(2026, 4, 1),
    ]


def test_the_readings_of_several_homes_go_together_as_one_batch() -> None:
    days = [date(2026, 3, 28), date(2026, 3, 29)]
    homes = [replace(HOME, id=UUID(int=number)) for number in (1, 2, 3)]
    parts = [sample_readings(body, home, days) for body, home in zip(BODIES, homes, strict=False)]
    batch = together(parts)
    assert len(batch) == sum(map(len, parts))
    for part, home in zip(parts, homes, strict=True):
        own = [n for n, stream in enumerate(batch.streams) if stream.site_id == home.id]
        assert batch.energy_kwh[np.isin(batch.stream, own)].sum() == part.energy_kwh.sum()
