"""Registers that add up: nothing is lost, and what comes out never overlaps."""

from fractions import Fraction
from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wattyard.meters.domain.adding import added_up, by_meter
from wattyard.meters.domain.readings import Metered, Stream
from wattyard.meters.domain.records import StreamReadings

Sent = tuple[int, int, int, str | None]


def metered(readings: list[Sent], series: int = 1) -> Metered:
    count = len(readings)
    return Metered(
        np.full(count, series),
        np.array([start for start, _, _, _ in readings], np.int64),
        np.array([start + length for start, length, _, _ in readings], np.int64),
        np.array([kwh for _, _, kwh, _ in readings], np.float64),
        np.array([0.5 + kwh % 2 / 2 for _, _, kwh, _ in readings], np.float64),
        [session for _, _, _, session in readings],
        [None] * count,
    )


@st.composite
def registers(draw: st.DrawFn) -> list[list[Sent]]:
    made = []
    for _ in range(draw(st.integers(1, 4))):
        at, own = draw(st.integers(0, 50)), []
        for _ in range(draw(st.integers(1, 8))):
            length = draw(st.sampled_from([6, 12, 60]))
            session = draw(st.sampled_from([None, None, "a", "b"]))
            own.append((at * 60, length * 60, draw(st.integers(0, 9)), session))
            at += length + draw(st.sampled_from([0, 0, 30]))
        made.append(own)
    return made


@given(registers())
def test_energy_and_its_time_stay_what_they_were(made: list[list[Sent]]) -> None:
    own = added_up([metered(readings, n) for n, readings in enumerate(made)])
    sent = [one for readings in made for one in readings]

    assert (own.starts_us[1:] >= own.ends_us[:-1]).all()
    assert (own.ends_us > own.starts_us).all()
    for low, high in ((0, 10**9), (1800, 5400), (3600, 3660 * 4)):
        exact = sum(_within(one, low, high) for one in sent)
        lengths = own.ends_us - own.starts_us
        met = np.maximum(np.minimum(own.ends_us, high) - np.maximum(own.starts_us, low), 0)
        if not any(session for _, _, _, session in sent):
            assert np.isclose((own.energy_kwh * met / lengths).sum(), float(exact))
    assert np.isclose(own.energy_kwh.sum(), sum(kwh for _, _, kwh, _ in sent))
    for session in ("a", "b", None):
        marked = np.array([one == session for one in own.sessions])
        exact_kwh = sum(kwh for _, _, kwh, asked in sent if asked == session)
        assert np.isclose(own.energy_kwh[marked].sum(), exact_kwh)
    sure = sum(kwh * (0.5 + kwh % 2 / 2) for _, _, kwh, _ in sent)
    assert np.isclose((own.energy_kwh * own.confidence).sum(), sure)


@given(registers(), st.randoms(use_true_random=False))
def test_the_order_of_the_registers_does_not_matter(made: list[list[Sent]], random: object) -> None:
    one = added_up([metered(readings) for readings in made])
    other = added_up([metered(readings) for readings in reversed(made)])

    if not any(session for readings in made for _, _, _, session in readings):
        assert np.array_equal(one.starts_us, other.starts_us)
        assert np.allclose(one.energy_kwh, other.energy_kwh)
        assert np.allclose(one.confidence, other.confidence)


def test_a_meter_without_registers_is_as_it_was() -> None:
    site = UUID(int=1)
    plain = StreamReadings(Stream(site, None, "INBOUND", "IMPORT"), metered([(0, 60, 1, None)]))
    day = StreamReadings(
        Stream(site, None, "OUTBOUND", "EXPORT", "day"), metered([(0, 60, 2, None)], 2)
    )
    night = StreamReadings(
        Stream(site, None, "OUTBOUND", "EXPORT", "night"), metered([(0, 60, 3, None)], 3)
    )

    inbound, outbound = by_meter([plain, day, night])

    assert inbound.metered is plain.metered
    assert (outbound.stream.register, outbound.series) == (None, 2)
    assert outbound.metered.energy_kwh.tolist() == [5]


def _within(one: Sent, low: int, high: int) -> Fraction:
    start, length, kwh, _ = one
    return Fraction(kwh) * max(min(start + length, high) - max(start, low), 0) / length
