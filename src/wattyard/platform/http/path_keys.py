"""Keys in the path, for programs that can only send a fixed URL: `/k/rk_…/prices` (contract 9)."""

import re
from typing import Final
from urllib.parse import quote

from wattyard.kernel.refusals import Refusal
from wattyard.platform.http.call import Call
from wattyard.platform.http.errors import MethodNotAllowed, PathUnknown

PREFIX: Final = "/k/"
MASKED: Final = "/k/***"
"""What is shown in the place of prefix and key."""
_KEY: Final = re.compile("[rs]k_(test|live)_[^/]*")
_HEADERS: Final = ((b"cache-control", b"private, no-store"), (b"referrer-policy", b"no-referrer"))


def take_off(call: Call) -> Refusal | None:
    """Take prefix and key off the path, as if the key had come as bearer.

    From here on nothing knows how it came, and no text can show it. Gives the refusal of a request
    that is not to be routed: with another key than a restricted one, or to change something.
    """
    key, _, rest = call.path.removeprefix(PREFIX).partition("/")
    call.key_in_path = True
    call.extra_headers += _HEADERS
    call.headers[b"authorization"] = b"Bearer " + key.encode("utf-8", "replace")
    call.scope["path"] = f"/{rest}"
    call.scope["raw_path"] = quote(f"/{rest}").encode()
    if not key.startswith("rk_"):
        call.scope["path"] = MASKED
        return PathUnknown(
            f"there is nothing at {MASKED}; a path begins with a restricted key (rk_…) or with none"
        )
    if call.method not in ("GET", "HEAD"):
        return MethodNotAllowed(
            f"a key in the path only reads, by GET and HEAD; send it as Authorization: Bearer for "
            f"{call.method}",
            allowed="GET, HEAD",
        )
    return None


def without_keys(path: str) -> str:
    """Show a path that leads nowhere, such as `//k/rk_…/prices`, without the keys in it."""
    return _KEY.sub("***", path)
