"""What is drawn behind a site's meter while devices are set to run one after the other."""

from dataclasses import dataclass, field
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.schedules.domain.site.devices import PvShare
from wattyard.schedules.domain.site.part import Run
from wattyard.schedules.domain.site.question import SiteQuestion
from wattyard.schedules.domain.site.steps import open_steps

_NOISE_W: Final = 1e-3


@dataclass(frozen=True, eq=False)
class BehindTheMeter:
    """What is drawn behind the meter so far, in each of n steps (W).

    `net_w` (n) at the meter, sun counted at its full; `circuits_w` (c, n) at each fuse;
    `sun_left_w` (n) is sun that is not taken by storage units that must not charge from the grid.
    """

    question: SiteQuestion
    net_w: Numbers = field(init=False)
    circuits_w: Numbers = field(init=False)
    sun_left_w: Numbers = field(init=False)
    _above: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        question = self.question
        for at, circuit in enumerate(question.circuits):
            self._above.update(dict.fromkeys(circuit.devices, self._chain(at)))
        circuits_w = np.zeros((len(question.circuits), question.steps))
        sun_w = np.zeros(question.steps) if question.pv else question.sun_w.astype(np.float64)
        for one in question.pv:
            own_w = self._sun_w(one)
            sun_w = sun_w + own_w
            for circuit_at in self._above.get(one.device, []):
                circuits_w[circuit_at] -= own_w
        object.__setattr__(self, "net_w", question.load_w - sun_w)
        object.__setattr__(self, "circuits_w", circuits_w)
        object.__setattr__(self, "sun_left_w", sun_w.copy())

    def _chain(self, inner: int) -> list[int]:
        """List a circuit and those that it is inside."""
        chain = [inner]
        while (outer := self.question.circuits[chain[-1]].parent) is not None:
            chain.append(outer)
        return chain

    def _sun_w(self, one: PvShare) -> Numbers:
        own_w = self.question.sun_w * one.share
        return np.asarray(own_w * open_steps(self.question.edges_us, one.blocked), dtype=np.float64)

    def room_w(self, device: str, step: int) -> float:
        """Find how much more a device may take in a step."""
        room_w = float(self.question.import_limit_w[step] - self.net_w[step])
        for at in self._above.get(device, ()):
            room_w = min(
                room_w, self.question.circuits[at].max_w - float(self.circuits_w[at, step])
            )
        return max(room_w, 0.0)

    def room_back_w(self, device: str, step: int) -> float:
        """Find how much a device may give in a step without feeding the grid."""
        room_w = float(self.net_w[step])
        for at in self._above.get(device, ()):
            room_w = min(
                room_w, self.question.circuits[at].max_w + float(self.circuits_w[at, step])
            )
        return max(room_w, 0.0)

    def take(self, device: str, step: int, power_w: float) -> None:
        """Count what a device takes more in a step, or less where it is negative."""
        self.net_w[step] += power_w
        for at in self._above.get(device, ()):
            self.circuits_w[at, step] += power_w

    def sun(self) -> list[Run]:
        """Give all sun but what circuits and the export limit force to be spilled."""
        question = self.question
        given_w = {one.device: self._sun_w(one) for one in question.pv}
        if not question.pv and question.sun_w.any():
            given_w = {"": question.sun_w.astype(np.float64)}
        full_w = {device: power_w.copy() for device, power_w in given_w.items()}
        depth = [len(self._chain(at)) for at in range(len(question.circuits))]
        for at in sorted(range(len(question.circuits)), key=lambda one: -depth[one]):
            inside = [name for name, above in self._above.items() if at in above]
            over_w = -self.circuits_w[at] - question.circuits[at].max_w
            self._spill([name for name in inside if name in given_w], given_w, over_w)
        self._spill(list(given_w), given_w, -self.net_w - question.export_limit_w)
        return [
            Run(device, -power_w, curtailed_w=full_w[device] - power_w)
            for device, power_w in given_w.items()
        ]

    def _spill(self, devices: list[str], given_w: dict[str, Numbers], over_w: Numbers) -> None:
        """Hold back so much sun (n), shared out by what each device gives."""
        total_w = sum((given_w[device] for device in devices), np.zeros(over_w.size))
        share = np.zeros(over_w.size)
        np.divide(np.clip(over_w, 0.0, total_w), total_w, out=share, where=total_w > _NOISE_W)
        for device in devices:
            held_back_w = given_w[device] * share
            given_w[device] = given_w[device] - held_back_w
            for step in np.flatnonzero(held_back_w).tolist():
                self.take(device, step, float(held_back_w[step]))
