"""Readings that are sent together: which can stand beside those sent before them."""

from itertools import pairwise
from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wattyard.meters.domain.distinct_readings import apart
from wattyard.meters.domain.readings import Readings, Stream

Sent = tuple[str | None, int, int]
"""A register, a start, and an end."""

_SITE = UUID(int=1)


def columns(sent: list[Sent]) -> Readings:
    names = list(dict.fromkeys(register for register, _, _ in sent))
    count = len(sent)
    return Readings(
        tuple(Stream(_SITE, None, "INBOUND", "IMPORT", name) for name in names),
        np.arange(1, count + 1),
        np.array([names.index(register) for register, _, _ in sent], np.int64),
        np.array([start for _, start, _ in sent], np.int64),
        np.array([end for _, _, end in sent], np.int64),
        np.ones(count),
        np.ones(count),
        [None] * count,
        [None] * count,
    )


periods = st.tuples(
    st.sampled_from([None, None, "day", "night", "peak"]), st.integers(0, 25), st.integers(1, 6)
).map(lambda drawn: (drawn[0], drawn[1], drawn[1] + drawn[2]))


@given(st.lists(periods, min_size=1, max_size=25, unique=True))
def test_a_reading_stands_beside_those_before_it_that_it_does_not_count_twice(
    sent: list[Sent],
) -> None:
    taken: list[Sent] = []
    expected = []
    for one in sent:
        register, start, end = one
        fits = not any(
            start < other[2] and other[1] < end
            for other in taken
            if other[0] == register or None in (other[0], register)
        )
        taken += [one] if fits else []
        expected.append(fits)
    readings = columns(sent)

    assert apart(readings, readings.number).tolist() == expected


def test_thousands_of_registers_beside_as_many_readings_without_one_are_judged_once_each() -> None:
    """Each reading is held against its own kind and the other, not against every register."""
    edges = list(pairwise(range(0, 50_000, 5)))
    sent: list[Sent] = [
        (None if n % 2 else f"T{n}", start, end) for n, (start, end) in enumerate(edges)
    ]
    readings = columns(sent)

    assert apart(readings, readings.number).all()
