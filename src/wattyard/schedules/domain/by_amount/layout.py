"""From energy in each step to slots of constant power, as early in the step as limits allow."""

from typing import Final, NamedTuple

from wattyard.kernel.arrays import Integers, Numbers, np
from wattyard.schedules.domain.by_amount.shared_steps import SharedSteps
from wattyard.schedules.domain.power import PowerSlot

_FINEST_US: Final = 1000
"""Slots start and end on milliseconds, or on the edge of a step."""
_ROUNDING_WH: Final = 1e-4
_FULL: Final = 1.0 - 1e-7
_NOTHING_W: Final = 1e-6
_NO_TIME: Final = 1e-12
"""Shares of a step below are rounding: no piece begins and ends within one."""


class Piece(NamedTuple):
    """A device's constant power within a step, from one share (0..1) of the step to another."""

    device: int
    begins: float
    ends: float
    power_w: float


def slots_of(steps: SharedSteps, energy_wh: Numbers) -> list[list[PowerSlot]] | None:
    """Lay out energies (d, s) as slots, a list for each device in order of time.

    A device runs at full power from the start of the step where all fit side by side; else at
    what room the others leave, or at its mean power through the step. Answers None when some
    device's least power cannot be held that way.
    """
    result: list[list[PowerSlot]] = [[] for _ in range(energy_wh.shape[0])]
    for step in np.flatnonzero(energy_wh.max(axis=0, initial=0.0) > _ROUNDING_WH):
        pieces = _pieces(steps, int(step), energy_wh[:, step])
        if pieces is None:
            return None
        start_us, end_us = int(steps.edges_us[step]), int(steps.edges_us[step + 1])
        for piece in pieces:
            begins_us = _instant(start_us, end_us, piece.begins)
            ends_us = _instant(start_us, end_us, piece.ends)
            if ends_us > begins_us:
                result[piece.device].append(PowerSlot(begins_us, ends_us, piece.power_w))
    return result


def _instant(start_us: int, end_us: int, share: float) -> int:
    if share >= _FULL:
        return end_us
    within_us = round((end_us - start_us) * share / _FINEST_US) * _FINEST_US
    return min(end_us, start_us + within_us)


def _pieces(steps: SharedSteps, step: int, energy_wh: Numbers) -> list[Piece] | None:
    hours = float(steps.hours[step])
    devices = np.flatnonzero(energy_wh > _ROUNDING_WH)
    mean_w = energy_wh[devices] / hours
    power_w = np.maximum(steps.full_w[devices, step], mean_w)
    room_w = steps.room_w[step] * (1 + 1e-9)
    if power_w.sum() <= room_w:
        return _from_the_start(devices, mean_w, power_w)
    busiest_first = np.lexsort((devices, -mean_w / power_w))
    pieces = _poured(steps, step, devices[busiest_first], mean_w[busiest_first])
    if pieces is not None:
        return pieces
    held_w = np.maximum(mean_w, steps.least_w[devices])
    return _from_the_start(devices, mean_w, held_w) if held_w.sum() <= room_w else None


def _from_the_start(devices: Integers, mean_w: Numbers, power_w: Numbers) -> list[Piece]:
    return [
        Piece(int(device), 0.0, float(mean / power), float(power))
        for device, mean, power in zip(devices, mean_w, power_w, strict=True)
    ]


def _poured(
    steps: SharedSteps, step: int, devices: Integers, mean_w: Numbers
) -> list[Piece] | None:
    """Give each device in turn the earliest room left, or None when one does not fit."""
    free = [(0.0, 1.0, float(steps.room_w[step]))]
    pieces: list[Piece] = []
    for device, wanted in zip(devices, mean_w, strict=True):
        full_w = float(steps.full_w[device, step])
        own, free, left = _take(free, int(device), float(wanted), full_w)
        if left > wanted * 1e-7 or any(p.power_w < steps.least_w[device] - 1e-6 for p in own):
            return None
        pieces += own
    return pieces


def _take(
    free: list[tuple[float, float, float]], device: int, wanted: float, power_w: float
) -> tuple[list[Piece], list[tuple[float, float, float]], float]:
    """Take room, listed as (begins, ends, W): answers the pieces, the room and what is left."""
    pieces: list[Piece] = []
    remaining: list[tuple[float, float, float]] = []
    for begins, ends, room_w in free:
        level_w = min(power_w, room_w)
        if wanted <= _NOTHING_W or level_w <= _NOTHING_W or ends - begins <= _NO_TIME:
            remaining.append((begins, ends, room_w))
            continue
        share = wanted / (level_w * (ends - begins))
        until = ends if share >= _FULL else begins + wanted / level_w
        wanted = max(0.0, wanted - level_w * (ends - begins)) if share >= _FULL else 0.0
        pieces.append(Piece(device, begins, until, level_w))
        remaining.append((begins, until, room_w - level_w))
        if until < ends:
            remaining.append((until, ends, room_w))
    return pieces, remaining, wanted
