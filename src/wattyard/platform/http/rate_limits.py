"""Rate limits of an account and mode (contract 0, Limits)."""

from math import ceil
from time import monotonic
from typing import Protocol

from wattyard.kernel.buckets import Buckets
from wattyard.kernel.callers import Caller
from wattyard.kernel.refusals import TooMany
from wattyard.platform.http.call import Call


class CallLimits(Protocol):
    """Admits calls or refuses them, and says so in the answer's headers."""

    def admit(self, call: Call, caller: Caller) -> None: ...

    def admit_log_in(self, caller: Caller) -> None: ...


class NoLimits:
    """Admits everything."""

    def admit(self, call: Call, caller: Caller) -> None:
        """Admit the call."""

    def admit_log_in(self, caller: Caller) -> None:
        """Admit the log-in."""


class RateLimits:
    """A token bucket for each account and mode, with a burst of two seconds' worth.

    Log-ins with a secret key have one of their own, so that an account past its rate of calls can
    still log in.

    The headers have the syntax of draft-ietf-httpapi-ratelimit-headers-11.
    """

    def __init__(self, per_second: float) -> None:
        burst = max(1.0, 2 * per_second)
        self._buckets = Buckets(rate=per_second, burst=burst, now=monotonic)
        self._log_ins = Buckets(rate=per_second, burst=burst, now=monotonic)
        window = ceil(burst / per_second)
        self._policy = (b"ratelimit-policy", b'"default";q=%d;w=%d' % (burst, window))

    def admit(self, call: Call, caller: Caller) -> None:
        """Take a token for the call.

        Raises:
            TooMany: when the account's bucket is empty.
        """
        taken = self._buckets.take((caller.account, caller.live_mode))
        left = b'"default";r=%d;t=%d' % (taken.remaining, taken.full_after_seconds)
        call.extra_headers += (self._policy, (b"ratelimit", left))
        if not taken.admitted:
            raise TooMany(
                "too many requests from this account; slow down, or ask for fewer, larger pages",
                retry_after_seconds=taken.retry_after_seconds,
            )

    def admit_log_in(self, caller: Caller) -> None:
        """Take a token for a log-in with right credentials.

        Raises:
            TooMany: when the account's bucket of log-ins is empty.
        """
        taken = self._log_ins.take((caller.account, caller.live_mode))
        if not taken.admitted:
            raise TooMany(
                "too many log-ins for this account; reuse your bearer token, which is valid for "
                "an hour",
                retry_after_seconds=taken.retry_after_seconds,
            )
