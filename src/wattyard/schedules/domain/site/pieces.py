"""Functions made of straight pieces, with jumps and gaps, and the best of moves along them."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from wattyard.kernel.arrays import Indices, Marks, Numbers, np
from wattyard.kernel.values import dataclass

_NARROW: Final = 1e-10
"""Pieces narrower than this are left out."""
_SAME: Final = 1e-13
_SPLITS: Final = 8
_FEW: Final = 64
_PASSES: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """A function on [x[0], x[k]]: straight from `left[i]` at x[i] to `right[i]` at x[i + 1].

    Infinite pieces are gaps. At a jump the lower value holds.
    """

    x: Numbers
    left: Numbers
    right: Numbers

    @property
    def points(self) -> Numbers:
        """The values (k + 1) at the ends of pieces."""
        before = np.append(np.inf, self.right)
        return np.asarray(np.minimum(before, np.append(self.left, np.inf)))

    @property
    def lines(self) -> tuple[Numbers, Numbers]:
        """The slope of each piece and its height at x = 0, with a gap before and behind (k + 2)."""
        slope, height = np.zeros(self.left.size + 2), np.full(self.left.size + 2, np.inf)
        held = np.isfinite(self.left)
        if held.all():
            slope[1:-1] = (self.right - self.left) / (self.x[1:] - self.x[:-1])
            height[1:-1] = self.left - slope[1:-1] * self.x[:-1]
        else:
            at = np.flatnonzero(held)
            slope[at + 1] = (self.right[at] - self.left[at]) / (self.x[at + 1] - self.x[at])
            height[at + 1] = self.left[at] - slope[at + 1] * self.x[at]
        return slope, height

    def at(self, where: Numbers) -> Numbers:
        """Find the values at points; infinite outside."""
        if np.isfinite(self.left).all() and (self.right[:-1] == self.left[1:]).all():
            ends = np.append(self.left, self.right[-1])
            outside = (where < self.x[0] - _NARROW) | (where > self.x[-1] + _NARROW)
            return np.where(outside, np.inf, np.interp(where, self.x, ends))
        piece = np.searchsorted(self.x, where, side="right") - 1
        inside = (where >= self.x[0] - _NARROW) & (where <= self.x[-1] + _NARROW)
        return np.where(
            inside, self._on(np.minimum(np.maximum(piece, 0), self.left.size - 1), where), np.inf
        )

    def _on(self, piece: Indices, where: Numbers) -> Numbers:
        width = self.x[piece + 1] - self.x[piece]
        share = np.minimum(np.maximum((where - self.x[piece]) / width, 0.0), 1.0)
        held = np.isfinite(self.left[piece])
        left, right = np.where(held, self.left[piece], 0.0), np.where(held, self.right[piece], 0.0)
        value = left + (right - left) * share
        before = np.where(piece > 0, self.right[np.maximum(piece - 1, 0)], np.inf)
        value = np.where(held, value, np.inf)
        return np.where(share <= 0.0, np.minimum(value, before), value)

    def from_(self, lowest: float) -> "Pieces":
        """Leave a gap below a point."""
        if lowest <= self.x[0] + _NARROW:
            return self
        if lowest >= self.x[-1] - _NARROW:
            last = np.array([np.inf])
            return Pieces(self.x[[0, -1]], last, last)
        cut = int(np.searchsorted(self.x, lowest + _NARROW)) - 1
        x = np.concatenate([[self.x[0], lowest], self.x[cut + 1 :]])
        at = self._on(np.array([cut]), np.array([lowest]))
        gap = np.array([np.inf])
        return Pieces(
            x,
            np.concatenate([gap, at, self.left[cut + 1 :]]),
            np.concatenate([gap, self.right[cut:]]),
        )


class Move(NamedTuple):
    """Go from y to any x in [y + `low`, y + `high`] at `cost` + `slope` x (x - y - low)."""

    low: float
    high: float
    cost: float
    slope: float


def best_of(moves: Sequence[tuple[Move, Pieces]], low: float, high: float) -> Pieces:
    """Find the least of a move's cost and the value of where it leads, from each y of [low, high].

    Exact, but for pieces narrower than 1e-10, where it is too low.
    """
    edges = np.concatenate(
        [[low, high], *(pieces.x - shift for move, pieces in moves for shift in move[:2])]
    )
    edges = np.sort(edges[(edges >= low) & (edges <= high)])
    keep = np.append(True, np.diff(edges) > _NARROW)
    edges = edges[keep]
    if edges.size == 1:
        edges = np.array([low, low + 2 * _NARROW])
    at_left, at_right = (
        np.concatenate(parts)
        for parts in zip(*(_lines(move, pieces, edges) for move, pieces in moves), strict=True)
    )
    return _envelope(edges, at_left, at_right)


def _lines(move: Move, pieces: Pieces, edges: Numbers) -> tuple[Numbers, Numbers]:
    """List the straight lines whose least is a move's best, at both ends of each cell (l, k).

    The window of a move slides over the pieces: its least is at its ends, or at a point between
    pieces that stays inside.
    """
    slopes, heights = pieces.lines
    slopes = slopes + move.slope
    offset = move.cost - move.slope * (edges + move.low)
    middle = (edges[:-1] + edges[1:]) / 2.0
    ends = (move.low,) if move.high - move.low <= _NARROW else (move.low, move.high)
    count = len(ends)
    lefts = np.empty((2 * count - 1, middle.size))
    rights = np.empty_like(lefts)
    positions = []
    for row, shift in enumerate(ends):
        piece = pieces.x.searchsorted(middle + shift, side="right")
        slope, height = slopes[piece], heights[piece] + shift * slopes[piece]
        lefts[row] = height + slope * edges[:-1]
        rights[row] = height + slope * edges[1:]
        positions.append(piece)
    if count == 2:
        tilted = pieces.points + move.slope * pieces.x
        lefts[2] = rights[2] = _least_between(tilted, positions[0], positions[1] - 1)
    lefts += offset[:-1]
    rights += offset[1:]
    return lefts, rights


def _least_between(points: Numbers, first: Indices, last: Indices) -> Numbers:
    """Find the least of points[first..last] of each range, infinite where it is empty."""
    if points.size <= _FEW:
        count = points.size
        inside = (np.arange(count) >= first[:, None]) & (np.arange(count) <= last[:, None])
        return np.asarray(np.where(inside, points, np.inf).min(axis=1), dtype=np.float64)
    table = [points]
    while 2 ** len(table) <= points.size:
        half = 2 ** (len(table) - 1)
        table.append(np.minimum(table[-1][:-half], table[-1][half:]))
    length = last - first + 1
    level = np.zeros(length.size, dtype=np.int64)
    some = length > 0
    level[some] = np.log2(length[some] + 0.5).astype(np.int64)
    found = np.full(length.size, np.inf)
    for depth, row in enumerate(table):
        here = np.flatnonzero(some & (level == depth))
        if here.size:
            found[here] = np.minimum(row[first[here]], row[last[here] - 2**depth + 1])
    return found


def _envelope(edges: Numbers, at_left: Numbers, at_right: Numbers) -> Pieces:
    """Find the least of lines (l, k) over k cells; cells where lines cross are split."""
    starts, ends = edges[:-1], edges[1:]
    done: list[tuple[Numbers, Numbers, Numbers]] = []
    for split in range(_SPLITS + 1):
        cells = np.arange(starts.size)
        least_left, least_right = at_left.min(axis=0), at_right.min(axis=0)
        scale = _SAME * (1.0 + np.abs(np.where(np.isfinite(least_left), least_left, 0.0)))
        first = np.where(at_left <= least_left + scale, at_right, np.inf).argmin(axis=0)
        last = np.where(at_right <= least_right + scale, at_left, np.inf).argmin(axis=0)
        gap = ~np.isfinite(least_left) | ~np.isfinite(least_right)
        single = gap | (at_right[first, cells] <= least_right + scale)
        if split == _SPLITS:
            single[:] = True
        done.append((starts[single], least_left[single], least_right[single]))
        if single.all():
            break
        cut = ~single
        first, last, cells = first[cut], last[cut], cells[cut]
        behind = at_left[last, cells] - at_left[first, cells]
        ahead = at_right[first, cells] - at_right[last, cells]
        share = np.clip(behind / (behind + ahead), 1e-9, 1.0 - 1e-9)
        one, two = at_left[:, cut], at_right[:, cut]
        middle = (
            np.where(np.isfinite(one), one, 0.0) * (1.0 - share)
            + np.where(np.isfinite(two), two, 0.0) * share
        )
        middle = np.where(np.isfinite(one) & np.isfinite(two), middle, np.inf)
        where = starts[cut] + (ends[cut] - starts[cut]) * share
        starts, ends = np.append(starts[cut], where), np.append(where, ends[cut])
        at_left, at_right = np.hstack([one, middle]), np.hstack([middle, two])
    x, left, right = (np.concatenate(parts) for parts in zip(*done, strict=True))
    order = np.argsort(x, kind="stable")
    return Pieces(np.append(x[order], edges[-1]), left[order], right[order])


def simplified(pieces: Pieces, tolerance: float) -> tuple[Pieces, float]:
    """Join pieces that are nearly straight together; answers how far that is off at most."""
    off = 0.0
    for _ in range(_PASSES):
        x, left, right = pieces.x, pieces.left, pieces.right
        gap = ~np.isfinite(left)
        both_gaps = gap[:-1] & gap[1:]
        with np.errstate(invalid="ignore"):
            smooth = np.abs(right[:-1] - left[1:]) <= _SAME * (1.0 + np.abs(right[:-1]))
            chord = left[:-1] + (right[1:] - left[:-1]) * (x[1:-1] - x[:-2]) / (x[2:] - x[:-2])
            apart = np.where(smooth, np.abs(chord - right[:-1]), np.inf)
            drop = (apart <= tolerance) | both_gaps
        if not drop.any():
            break
        drop &= ~_after_dropped(drop)
        off += float(apart[drop & ~both_gaps].max(initial=0.0))
        keep = ~drop
        pieces = Pieces(
            x[np.concatenate([[True], keep, [True]])],
            left[np.append(True, keep)],
            right[np.append(keep, True)],
        )
    return pieces, off


def _after_dropped(drop: Marks) -> Marks:
    """Mark every second of neighbours that would be dropped together."""
    run = np.arange(drop.size) - np.maximum.accumulate(np.where(drop, -1, np.arange(drop.size)))
    return np.asarray((run % 2 == 0) & drop)
