"""Fair shares: how much of a worker each endpoint may use, by how it behaves.

A worker has a number of slots for attempts. An attempt that takes longer than a moment frees its
slot and carries on without one, so a receiver that hangs costs a slot only for a moment. Endpoints
that are new or failed last share some of the slots, one delivery at a time each, so that they never
keep a healthy one waiting.
"""

from typing import Final
from uuid import UUID

from wattyard.kernel.values import dataclass

PLACES: Final = 256
UNPROVEN_PLACES: Final = 128
OPEN_AT_MOST: Final = 4096
AT_ONCE: Final = 128
"""How many deliveries one claim takes."""

PROVEN_SHARE: Final = 32
UNPROVEN_SHARE: Final = 1


@dataclass(slots=True)
class _Lane:
    """The deliveries to one endpoint that this worker holds."""

    held: int = 0
    slow: int = 0
    proven: bool = False

    @property
    def allowance(self) -> int:
        if self.slow:
            return 0
        return max(0, (PROVEN_SHARE if self.proven else UNPROVEN_SHARE) - self.held)


class Lanes:
    """What a worker holds, by endpoint."""

    def __init__(self) -> None:
        self._lanes: dict[UUID, _Lane] = {}
        self.held = 0
        self._slow = 0
        self._unproven = 0

    @property
    def free(self) -> int:
        """How many deliveries may be claimed now."""
        return max(0, min(AT_ONCE, PLACES - (self.held - self._slow), OPEN_AT_MOST - self.held))

    @property
    def unproven_share(self) -> int:
        """How many deliveries of an endpoint neither known here nor proven may be claimed."""
        return UNPROVEN_SHARE if self._unproven < UNPROVEN_PLACES else 0

    def allowances(self) -> list[tuple[UUID, int]]:
        """List how many deliveries of each known endpoint may be claimed."""
        share = self.unproven_share
        return [
            (id_, lane.allowance if lane.proven or share else 0)
            for id_, lane in self._lanes.items()
        ]

    def took(self, endpoint_id: UUID, *, proven: bool) -> None:
        """Note a delivery that was claimed."""
        lane = self._lanes.get(endpoint_id)
        if lane is None:
            lane = self._lanes[endpoint_id] = _Lane(proven=proven)
        lane.held += 1
        self.held += 1
        self._unproven += not lane.proven

    def slowed(self, endpoint_id: UUID, count: int) -> None:
        """Note that deliveries free their slots."""
        lane = self._lanes[endpoint_id]
        lane.slow += count
        self._slow += count
        self._unproven -= count * (not lane.proven)

    def ended(self, endpoint_id: UUID, *, slow: bool) -> None:
        """Note that a delivery is no longer held."""
        lane = self._lanes[endpoint_id]
        lane.held -= 1
        self.held -= 1
        if slow:
            lane.slow -= 1
            self._slow -= 1
        else:
            self._unproven -= not lane.proven
        if not lane.held:
            del self._lanes[endpoint_id]  # its behaviour is stored by now

    def judged(self, endpoint_id: UUID, *, succeeded: bool) -> None:
        """Note how an attempt ended."""
        lane = self._lanes[endpoint_id]
        if lane.proven != succeeded:
            places = lane.held - lane.slow
            self._unproven += -places if succeeded else places
        lane.proven = succeeded
