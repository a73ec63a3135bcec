"""Headers that an endpoint's owner adds to each delivery."""

import base64
import re
from collections.abc import Mapping
from typing import Final

from wattyard.kernel.ids import shown
from wattyard.kernel.refusals import Malformed

AUTHORIZATION: Final = "Authorization"
_MOST: Final = 20
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)
_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,2046}[\x21-\x7e])?", re.ASCII)
_OURS: Final = re.compile(
    r"(webhook|flatpeak|proxy|sec|content)-.*"
    r"|host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|accept-encoding",
    re.ASCII | re.IGNORECASE,
)


class HeadersInvalid(Malformed):
    """One of `headers` cannot be sent, or belongs to HTTP or to the signature."""

    code = "headers_invalid"


def checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Check headers that are sent with each delivery. A value is never repeated in a message.

    Raises:
        HeadersInvalid: naming the header.
    """
    if len(headers) > _MOST:
        raise HeadersInvalid(
            f"headers may have at most {_MOST} names; got {len(headers)}", param="headers"
        )
    known: set[str] = set()
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or _OURS.fullmatch(name):
            raise HeadersInvalid(
                f"headers must not have names that are reserved or malformed; got {shown(name)}",
                param="headers",
            )
        if name.lower() in known:
            raise HeadersInvalid(f"headers has {name} twice", param="headers")
        if not _VALUE.fullmatch(value):
            raise HeadersInvalid(
                f"headers.{name} must be 1 to 2,048 printable ASCII characters", param="headers"
            )
        known.add(name.lower())
    return dict(headers)


def basic(username: str, password: str) -> str:
    """Write the value of `Authorization` for HTTP Basic (RFC 7617, in UTF-8)."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
