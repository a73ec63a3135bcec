"""Functions of straight pieces, and the best of moves along them, against a fine grid."""

import numpy as np
import pytest

from wattyard.schedules.domain.site.pieces import Move, Pieces, best_of, simplified


def some_pieces(rng: np.random.Generator) -> Pieces:
    """A function on [0, 4] with jumps, and often a gap."""
    x = np.append(0.0, np.sort(rng.uniform(0.2, 3.8, 4)).round(1))
    x = np.unique(np.append(x, 4.0))
    left, right = rng.uniform(-2, 2, (2, x.size - 1)).round(2)
    if rng.random() < 0.5:
        left[1] = right[1] = np.inf
    return Pieces(x, left, right)


def some_moves(rng: np.random.Generator) -> list[Move]:
    low = rng.uniform(-1, 0.5, 3).round(2)
    widths = rng.choice([0.0, 0.3, 1.1], 3)
    return [
        Move(float(a), float(a + width), float(rng.normal()), float(rng.normal()))
        for a, width in zip(low, widths, strict=True)
    ]


@pytest.mark.parametrize("seed", range(20))
def test_the_best_move_is_the_best_of_a_fine_grid(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pieces, moves = some_pieces(rng), some_moves(rng)
    starts = rng.uniform(0.3, 3.5, 40)

    best = best_of([(move, pieces) for move in moves], 0.0, 4.0)

    for start, found in zip(starts, best.at(starts), strict=True):
        least = np.inf
        for move in moves:
            ends = start + np.append(np.linspace(move.low, move.high, 2_001), move.high)
            inside = (pieces.x > start + move.low) & (pieces.x < start + move.high)
            ends = np.append(ends, pieces.x[inside])
            worth = pieces.at(ends) + move.cost + move.slope * (ends - start - move.low)
            least = min(least, float(worth.min()))
        assert found <= least + 1e-9
        assert found == pytest.approx(least, abs=0.02)


@pytest.mark.parametrize("seed", range(10))
def test_joining_pieces_is_off_by_no_more_than_it_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.linspace(0.0, 5.0, 200)
    y = np.cumsum(rng.choice([0.1, 0.1001, -0.2], 200))
    pieces = Pieces(x, y[:-1], y[1:])

    fewer, off = simplified(pieces, 1e-3)

    assert fewer.left.size < 199
    assert np.abs(fewer.at(x) - y).max() <= off + 1e-12


def test_a_gap_below_a_point_leaves_what_is_above() -> None:
    pieces = Pieces(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0]), np.array([1.0, 0.0]))

    above = pieces.from_(0.5)

    assert above.at(np.array([0.4, 0.5, 1.5])).tolist() == [np.inf, 0.5, 0.5]
    assert np.isinf(pieces.from_(2.5).at(np.array([1.0]))).all()
