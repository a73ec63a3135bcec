"""Preconditions of a change: `If-Match` against the object's present representation."""

from collections.abc import Callable
from typing import ParamSpec

from wattyard.kernel.refusals import PreconditionFailed
from wattyard.platform.http.call import Call, etag, matches

P = ParamSpec("P")


def guarding(call: Call, shown: Callable[P, bytes]) -> Callable[P, None] | None:
    """Make the guard of a change from `If-Match`, None where the header is not sent.

    `shown` writes the object as `GET` answers it. The guard is called with the locked object
    and raises `PreconditionFailed` when the caller saw another version.
    """
    expected = call.header(b"if-match")
    if expected is None:
        return None

    def guard(*args: P.args, **kwargs: P.kwargs) -> None:
        present = etag(shown(*args, **kwargs))
        if not matches(expected, present):
            raise PreconditionFailed(
                f"the object has changed: If-Match is {expected}, its ETag is now {present}; "
                "read it again and repeat the change"
            )

    return guard
