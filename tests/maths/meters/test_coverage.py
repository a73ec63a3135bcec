"""How much of a time there are readings for."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wattyard.meters.domain.coverage import covered_us

_SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=12)


def covered(edges: list[int], spans: list[tuple[int, int]]) -> list[int]:
    starts = np.array([start for start, _ in spans], np.int64)
    ends = np.array([start + length for start, length in spans], np.int64)
    found: list[int] = covered_us(np.array(edges, np.int64), starts, ends).tolist()
    return found


@given(_SPANS, st.lists(st.integers(0, 80), min_size=2, max_size=6, unique=True).map(sorted))
def test_each_moment_with_a_reading_counts_once(
    spans: list[tuple[int, int]], edges: list[int]
) -> None:
    read = {at for start, length in spans for at in range(start, start + length)}

    expected = [sum(at in read for at in range(low, high)) for low, high in pairwise(edges)]

    assert covered(edges, spans) == expected


def test_without_readings_nothing_is_covered() -> None:
    assert covered([0, 10, 30], []) == [0, 0]
