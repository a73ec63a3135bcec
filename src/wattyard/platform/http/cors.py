"""Cross-origin requests: which pages in browsers may read answers (WHATWG Fetch; contract 9)."""

from typing import Final

from wattyard.platform.http.call import Answer, Call

VARY: Final = (b"vary", b"origin")

_EXPOSED: Final = (
    b"access-control-expose-headers",
    (
        b"Request-Id, ETag, Retry-After, RateLimit, RateLimit-Policy, Idempotent-Replayed, "
        b"Flatpeak-Version"
    ),
)
_PREFLIGHT: Final = [
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
    (
        b"access-control-allow-headers",
        (
            b"Authorization, Content-Type, Content-Encoding, Flatpeak-Version, Idempotency-Key, "
            b"If-Match, If-None-Match, Last-Event-ID"
        ),
    ),
    (b"access-control-max-age", b"600"),
]


def open_to(call: Call, origins: frozenset[bytes]) -> Answer | None:
    """Let the page that asks read the answer, where its origin is listed.

    Returns the whole answer of a preflight, else None. A secret key has no place in a page, and a
    cookie would speak for whoever is logged in: with either, no page may read the answer.
    """
    call.extra_headers.append(VARY)
    origin = call.headers.get(b"origin")
    if origin is None or origin not in origins or _shows_secret(call):
        return None
    call.extra_headers.append((b"access-control-allow-origin", origin))
    if call.method == "OPTIONS" and b"access-control-request-method" in call.headers:
        return Answer(b"", 204, headers=_PREFLIGHT)
    call.extra_headers.append(_EXPOSED)
    return None


def _shows_secret(call: Call) -> bool:
    scheme, _, credentials = call.headers.get(b"authorization", b"").strip().partition(b" ")
    return (
        b"cookie" in call.headers
        or scheme.lower() == b"basic"
        or credentials.strip().startswith(b"sk_")
    )
