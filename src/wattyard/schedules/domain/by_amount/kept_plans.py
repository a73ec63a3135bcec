"""Plans that are kept, and renewed when prices are published (contract 9, `keep=true`)."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

from wattyard.kernel.callers import Caller
from wattyard.kernel.refusals import Missing
from wattyard.kernel.values import dataclass

PlanKind = Literal["amount", "soc", "site"]


class PlanNotFound(Missing):
    """No plan of the device is kept: ask for one with `keep=true`."""

    code = "plan_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestToKeep:
    """A request that is to be kept: its body as JSON, what it plans, and its last deadline."""

    kind: PlanKind
    site_id: UUID
    device_ids: Collection[UUID]
    body: bytes
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPlan:
    """A request that is kept, its body as JSON, and the newest answer to it.

    `time_asked`: when the request came; `until`: its last deadline, after which it is not made
    anew; `sources`: the market sources that its prices follow.
    """

    id: UUID
    kind: PlanKind
    site_id: UUID
    request: bytes
    time_asked: datetime
    until: datetime
    sources: Collection[UUID]
    answer: bytes
    time_made: datetime


@dataclass(frozen=True, slots=True)
class PlannedAnew:
    """What is left of a kept request, its body as JSON, and the answer to it."""

    request: bytes
    answer: bytes


@dataclass(frozen=True, slots=True)
class DuePlan:
    """A kept plan that is due to be renewed, and for whom."""

    owner: Caller
    plan: KeptPlan
