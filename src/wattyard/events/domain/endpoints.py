"""Webhook endpoints: where a client wants events delivered, and which (contract 5)."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from wattyard.events.domain.headers import checked_headers
from wattyard.kernel.ids import shown
from wattyard.kernel.refusals import Malformed, Missing, StateForbids
from wattyard.kernel.values import dataclass

Status = Literal["ENABLED", "DISABLED"]

EVERYTHING: Final = "*"
DISABLED_AFTER: Final = timedelta(days=5)
"""An endpoint that has failed for this long without a success is disabled."""
OLD_SECRET_SIGNS_FOR: Final = timedelta(days=1)
"""How long a replaced secret goes on signing beside the new one, where nobody says."""
OLD_SECRET_SIGNS_AT_MOST: Final = timedelta(days=7)
TEST_TYPE: Final = "webhook.test"
DISABLED_TYPE: Final = "webhook_endpoint.disabled"

_PATTERN = re.compile(r"\*|[a-z][a-z_]*(\.[a-z][a-z_]*)*(\.\*)?", re.ASCII)
_URL = re.compile(r"[\x21-\x7e]+", re.ASCII)
_URL_LIMIT: Final = 2048


class EndpointNotFound(Missing):
    """There is no such webhook endpoint in this account and mode."""

    code = "webhook_endpoint_not_found"


class EndpointDisabled(StateForbids):
    """The webhook endpoint is disabled: enable it first with `status` ENABLED."""

    code = "webhook_endpoint_disabled"


class UrlInvalid(Malformed):
    """`url` is not an https address on the public internet (or in a network that is allowed)."""

    code = "url_invalid"


class EventTypesInvalid(Malformed):
    """One of `event_types` is neither the name of a type nor of the form `tariff.*`."""

    code = "event_types_invalid"


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of a webhook address that the rules are about."""

    scheme: str
    host: str
    port: int

    @property
    def is_plain(self) -> bool:
        return self.scheme == "http"


def target_of(url: str) -> Target:
    """Read a webhook address.

    Raises:
        UrlInvalid: when it is not an absolute http or https address of at most 2,048 printable
            ASCII characters, or names a user, a password or a fragment.
    """
    if len(url) > _URL_LIMIT or not _URL.fullmatch(url) or "\\" in url:
        raise _url_invalid(url, f"1 to {_URL_LIMIT} printable ASCII characters without spaces")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _url_invalid(url, "an address such as https://example.com/hooks") from None
    if parts.scheme not in ("https", "http") or not host or port == 0:
        raise _url_invalid(url, "an address such as https://example.com/hooks")
    if "@" in parts.netloc or "#" in url:
        raise _url_invalid(url, "an address without user, password and fragment")
    if not _is_name_or_address(host):
        raise _url_invalid(url, "an address with a host name or an IP address in its usual form")
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80))


def _is_name_or_address(host: str) -> bool:
    """Refuse what a resolver may read as a number: `127.1`, `0x7f000001`, `2130706433`."""
    try:
        ip_address(host)
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        return bool(re.fullmatch(r"[a-z0-9._-]+", host, re.ASCII)) and not re.fullmatch(
            r"\d+|0x[0-9a-f]*", last, re.ASCII
        )
    return "%" not in host


def _url_invalid(url: str, wanted: str) -> UrlInvalid:
    return UrlInvalid(f"url must be {wanted}; got {shown(url)}", param="url")


@dataclasses.dataclass(frozen=True, slots=True)
class EndpointDraft:
    """An endpoint as a client describes it. `event_types` are names, or `tariff.*`, or `*`.

    Raises:
        UrlInvalid, EventTypesInvalid, HeadersInvalid.
    """

    url: str
    event_types: Sequence[str] = (EVERYTHING,)
    description: str | None = None
    enabled: bool = True
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        target_of(self.url)
        for position, pattern in enumerate(self.event_types):
            if not _PATTERN.fullmatch(pattern):
                raise EventTypesInvalid(
                    f"event_types[{position}] must be a type such as site.update, a family such "
                    f"as tariff.*, or *; got {shown(pattern)}",
                    param=f"event_types[{position}]",
                )
        object.__setattr__(self, "event_types", tuple(dict.fromkeys(self.event_types)))
        object.__setattr__(self, "headers", checked_headers(self.headers))

    def made(self, id_: UUID, now: datetime) -> "WebhookEndpoint":
        """Make the endpoint that it describes."""
        return WebhookEndpoint(
            id_,
            self.url,
            self.event_types,
            self.description,
            self.enabled,
            now,
            header_names=tuple(self.headers),
        )


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """A webhook endpoint, without its secret and the values of its headers.

    `failing_since` is the time of the first failure after the last success, None where the
    last attempt succeeded or there was none. `previous_secret_until` is when a secret that was
    replaced stops signing, or stopped; None where none was.
    """

    id: UUID
    url: str
    event_types: Sequence[str]
    description: str | None
    enabled: bool
    time_created: datetime
    failing_since: datetime | None = None
    header_names: Sequence[str] = ()
    previous_secret_until: datetime | None = None

    @property
    def status(self) -> Status:
        return "ENABLED" if self.enabled else "DISABLED"


@dataclass(frozen=True, slots=True)
class KeptSecrets:
    """The secrets of an endpoint as stored: encrypted.

    `plain` is a secret that an earlier release stored unencrypted. The `previous` one also signs
    until `previous_until`.
    """

    plain: bytes | None = None
    secret: bytes | None = None
    previous: bytes | None = None
    previous_until: datetime | None = None
    headers: bytes | None = None


def wants(event_types: Sequence[str], type_: str) -> bool:
    """Whether a type of event matches one of the patterns.

    The same rule is written in SQL in the store of deliveries.
    """
    return any(
        pattern == type_ or (pattern.endswith("*") and type_.startswith(pattern[:-1]))
        for pattern in event_types
    )
