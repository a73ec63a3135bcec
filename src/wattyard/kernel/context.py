"""The context of one call: who calls, when, and which ids it may give out."""

from dataclasses import replace
from datetime import datetime
from typing import Self
from uuid import UUID

from wattyard.kernel.callers import NOBODY, OPERATOR, Caller
from wattyard.kernel.ids import IdMaker
from wattyard.kernel.instants import Clock
from wattyard.kernel.values import dataclass


@dataclass(frozen=True, slots=True)
class Context:
    """What a use-case knows of the call that it serves.

    There is one `now` per call, so that all parts of an answer agree on it.

    Attributes:
        now: the instant of the call, in UTC, cut to the millisecond.
        new_id: makes sorted ids; shared by all calls of the process.
        request_id: as in the `Request-Id` header; empty outside HTTP.
    """

    caller: Caller
    now: datetime
    new_id: IdMaker
    request_id: str = ""

    @property
    def account(self) -> int:
        return self.caller.account

    @property
    def account_id(self) -> UUID:
        return self.caller.account_id

    @property
    def live_mode(self) -> bool:
        return self.caller.live_mode

    @property
    def site_ids(self) -> frozenset[UUID] | None:
        """The only sites that the caller's key is for; None where it is for all."""
        return self.caller.site_ids

    def may_see(self, site_id: UUID) -> bool:
        """Whether a site is among those that the caller's key is for."""
        return self.caller.site_ids is None or site_id in self.caller.site_ids

    def on_behalf_of(self, caller: Caller) -> Self:
        """The same call, made for another caller."""
        return replace(self, caller=caller)


@dataclass(frozen=True, slots=True)
class Contexts:
    """Makes contexts: the one place that asks a clock and makes ids.

    Attributes:
        clock: the process's clock.
        new_id: the process's maker of ids.
    """

    clock: Clock
    new_id: IdMaker

    def of(self, caller: Caller, request_id: str = "", now: datetime | None = None) -> Context:
        """The context of a caller's call that begins now, or began at `now`."""
        return Context(caller, now or self.clock(), self.new_id, request_id)

    def operator(self) -> Context:
        """The context of work that the operator, or the server itself, begins now."""
        return self.of(OPERATOR)

    def anonymous(self, request_id: str = "", now: datetime | None = None) -> Context:
        """The context of a call by someone who has not said who they are."""
        return self.of(NOBODY, request_id, now)
