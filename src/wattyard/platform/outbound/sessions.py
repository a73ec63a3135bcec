"""The HTTP client's sessions: no proxy, cookie or credential of the environment."""

from typing import Any, Final

import aiohttp

from wattyard import __version__

HEAD_FIELD_BYTES: Final = 64 * 1024
"""The longest header field of an answer that is read."""


def open_session(*, agent: str = "", **options: Any) -> aiohttp.ClientSession:  # noqa: ANN401 (aiohttp's)
    """Open a session; `agent` is added to the name this server gives itself."""
    headers = {"User-Agent": f"wattyard/{__version__}" + (f" ({agent})" if agent else "")}
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        max_line_size=HEAD_FIELD_BYTES,
        max_field_size=HEAD_FIELD_BYTES,
        headers=headers | options.pop("headers", {}),
        **options,
    )
