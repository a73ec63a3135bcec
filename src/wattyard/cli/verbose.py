"""Whether commands say more on standard error: `wattyard --verbose`."""

from contextvars import ContextVar

VERBOSE: ContextVar[bool] = ContextVar("VERBOSE", default=False)
"""Whether commands say which database they use."""
