"""Addresses as they go out: byte for byte as they were written."""

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from yarl import URL


def as_written(url: str) -> URL:
    """Read an address whose path and query are sent as they are: `%2F` stays `%2F`.

    What is not printable ASCII cannot be sent as it is, and is encoded. The `?` of an empty query
    and a fragment are left out.

    Raises:
        ValueError: when its host name or port cannot be.
    """
    normal = URL(url)
    if not (url.isascii() and url.isprintable()) or " " in url:
        return normal
    # Scheme and host in their normal form: connections are looked up and judged by them.
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return URL(f"{normal.scheme}://{normal.raw_authority}{target}", encoded=True)


def with_query(url: str, query: Mapping[str, str]) -> str:
    """Add a query to an address."""
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query, safe=':,/')}"


def without_query(url: str) -> str:
    """Write an address without its query, user and password, which may be secrets."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
