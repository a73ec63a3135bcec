"""Streamed answers: sent piece by piece, until one side ends them."""

from collections.abc import Awaitable, Callable

from wattyard.kernel.values import dataclass
from wattyard.platform.http.call import Call, StreamedAnswer

__all__ = ["Admission", "StreamedAnswer"]


@dataclass(frozen=True, slots=True)
class Admission:
    """The port that asks again whether a caller may still be served; filled by the app.

    It raises the refusal where the token has ended or its key was revoked.
    """

    check: Callable[[Call], Awaitable[object]]
