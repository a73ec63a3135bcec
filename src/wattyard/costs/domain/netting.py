"""Net energy in costs: what counts of a site's readings, and both gross amounts (contract 2b)."""

from collections.abc import Sequence
from typing import Final

from wattyard.costs.domain.readings import ReadingPieces
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import SECOND_US, Microseconds, microseconds, step_of
from wattyard.kernel.values import dataclass
from wattyard.sites.domain.netting import Netting
from wattyard.tariffs.domain.netting import GrossEnergy, GrossFlows, NetShares
from wattyard.tariffs.domain.tariff import Direction, Element

_LAST_INSTANT_US: Final = SECOND_US
"""How long the last instant of a month is: no price changes within a second."""
_NEVER_US: Final = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Netted:
    """How the readings of one direction of a site's own meter are netted.

    `flows` are the gross readings of both directions. `settles`: whether what is left of the sum
    is paid here: in the answer for EXPORT, once.
    """

    netting: Netting
    shares: NetShares
    direction: Direction
    flows: GrossFlows
    settles: bool = False

    @property
    def edges_us(self) -> Microseconds:
        """The instants at which what counts of the energy changes."""
        return self.shares.edges_us

    def net(self, pieces: ReadingPieces) -> ReadingPieces:
        """Let pieces, cut at the edges, have the energy of theirs that counts."""
        shares = self.shares.imported if self.direction == "IMPORT" else self.shares.exported
        where = pieces.between(int(self.edges_us[0]), int(self.edges_us[-1]))
        energy = pieces.energy_kwh.copy()
        energy[where] *= shares[step_of(self.edges_us[:-1], pieces.starts_us[where])]
        return ReadingPieces(pieces.starts_us, pieces.ends_us, energy, pieces.reading)

    def settled_us(self) -> list[tuple[int, int]]:
        """List the last instants of the months at whose end the sum is paid."""
        return [
            (one.at_us - _LAST_INSTANT_US, one.at_us)
            for one in self.shares.settlements
            if self.settles
        ]

    def with_settled(self, pieces: ReadingPieces, readings: int) -> ReadingPieces:
        """Add what is paid of the sum to the pieces of `readings` readings, as later readings."""
        times = np.array(self.settled_us(), dtype=np.int64).reshape(-1, 2)
        if not times.size:
            return pieces
        at = np.searchsorted(pieces.starts_us, times[:, 0], side="right")
        energy = [one.energy_kwh for one in self.shares.settlements]
        return ReadingPieces(
            np.insert(pieces.starts_us, at, times[:, 0]),
            np.insert(pieces.ends_us, at, times[:, 1]),
            np.insert(pieces.energy_kwh, at, energy),
            np.insert(pieces.reading, at, readings + np.arange(len(energy))),
        )

    def confidence(self, of_readings: Numbers) -> Numbers:
        """Add the confidence of what is paid of the sum to that of the readings."""
        if not self.settles:
            return of_readings
        return np.append(of_readings, [one.confidence for one in self.shares.settlements])

    def gross_kwh(self, starts_us: Microseconds, ends_us: Microseconds) -> Numbers:
        """Add up what was imported and exported (2, n) in n times before netting."""
        both = (self.flows.imported, self.flows.exported)
        return np.array([_between(flow, starts_us, ends_us) for flow in both])


def payable(shares: NetShares, elements: Sequence[Element]) -> NetShares:
    """Leave out what is forfeited of the sum: due before the site's first EXPORT tariff."""
    starts = [
        element.tariff.term.start
        for element in elements
        if element.tariff.direction == "EXPORT" and not element.tariff.devices
    ]
    first = min(map(microseconds, starts), default=_NEVER_US)
    paid = tuple(one for one in shares.settlements if one.at_us > first)
    return NetShares(shares.edges_us, shares.imported, shares.exported, paid)


def _between(
    flow: Sequence[GrossEnergy], starts_us: Microseconds, ends_us: Microseconds
) -> Numbers:
    """Add up the energy of n times, those that end before they start have none."""
    total = np.zeros(starts_us.size)
    for one in flow:
        if not one.starts_us.size:
            continue
        edges = np.stack([one.starts_us, one.ends_us], axis=1).ravel()
        after = np.cumsum(one.energy_kwh)
        counted = np.stack([np.append(0.0, after[:-1]), after], axis=1).ravel()
        until = np.interp(np.maximum(starts_us, ends_us), edges, counted)
        total += until - np.interp(starts_us, edges, counted)
    return total
