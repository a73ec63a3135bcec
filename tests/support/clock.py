"""A clock that stands still until it is told otherwise."""

from datetime import datetime, timedelta

PATIENT_SECONDS = 60.0
"""What a plan may take: what is asserted of it does not depend on how fast the machine is."""


class FakeClock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)
