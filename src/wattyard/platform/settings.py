"""Settings of a server: from the command line, else `WATTYARD_…` in the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from wattyard.kernel.caps import Caps

_EVENT_DAYS: Final = 30
_LEAST: Final = {
    "rate_limit": 0,
    "event_days": _EVENT_DAYS,
    "max_connections": 1,
    "max_connections_per_address": 0,
    "head_seconds": 1,
    "stall_seconds": 1,
    "drain_seconds": 0,
}


_WORDS: Final = {
    "log_format": ("auto", "text", "json"),
    "log_level": ("debug", "info", "warning", "error"),
    "request_log": ("errors-and-writes", "all", "none"),
}
_ORIGIN: Final = rb"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?"


_PUBLIC_URL: Final = r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?(/[A-Za-z0-9._~-]+)*/?"

_IN_FILES: Final = frozenset({"database", "metrics_token"})
"""Secrets that a file may hold instead of the environment."""


class SettingInvalid(Exception):
    """A setting has a value that cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a server needs to know.

    `database` is the address of a PostgreSQL; empty means the embedded one below `data`.
    `connections` is per worker process, `rate_limit` requests a second of an account and mode on
    this node (0 is off). `metrics_token` lets more than this machine read `/metrics`.
    `request_log` says which requests their account can look at: `errors-and-writes`, `all` or
    `none`.
    `log_format` is `text`, `json`, or `auto`: text on a terminal, else JSON. `worker` is 1 where
    the server does the background work too, and `worker_turn` the file by which its processes
    agree which one. `webhook_allow` lists the networks that webhooks may reach besides public
    addresses, `event_days` tells how long events are kept.
    `encryption_key` holds the keys that encrypt secrets in the database, or `encryption_key_file`
    names a file that does.
    `webhook_endpoints`, `site_devices` and `site_tariffs` are the most of each (see `Caps`).
    `max_connections` is what clients of this node may have open, `max_connections_per_address`
    (0 is off) those of one address. The networks of `trusted_proxies` have no such limit: they
    name the addresses for which they speak, and those count. A client has `head_seconds` for a
    request's head, and `stall_seconds` without sending a byte of a body or taking one of an
    answer. For `drain_seconds` after SIGTERM the server says that it is not ready, and goes on.
    `admin_port` is where `wattyard worker` answers for its health and metrics, on `host`; 0 is
    off.
    `cors_origins` lists the origins whose pages may read answers in a browser.
    `dashboard` is 1 where the server shows it. `public_url` is where people find this server:
    scheme, host and perhaps a path. `insecure_dashboard` is 1 where people may log in over plain
    HTTP from other machines.
    `weather_url` is a weather service that speaks as Open-Meteo does; empty asks none.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    data: Path = Path("wattyard-data")
    database: str = ""
    workers: int = 1
    connections: int = 8
    rate_limit: int = 500
    metrics_token: str = ""
    weather_url: str = ""
    log_level: str = "info"
    log_format: str = "auto"
    request_log: str = "errors-and-writes"
    worker: int = 1
    worker_turn: str = ""
    webhook_allow: str = ""
    event_days: int = 30
    encryption_key: str = field(default="", repr=False)
    encryption_key_file: str = ""
    webhook_endpoints: int = 100
    site_devices: int = 1000
    site_tariffs: int = 1000
    max_connections: int = 10_000
    max_connections_per_address: int = 0
    trusted_proxies: str = ""
    cors_origins: str = ""
    head_seconds: int = 10
    stall_seconds: int = 30
    drain_seconds: int = 0
    admin_port: int = 0
    dashboard: int = 1
    public_url: str = ""
    insecure_dashboard: int = 0

    def __post_init__(self) -> None:
        _check_ports(self.port, self.admin_port)
        if not 1 <= self.workers <= 256:
            raise SettingInvalid(f"workers must be 1 to 256; got {self.workers}")
        if not 1 <= self.connections <= 1000:
            raise SettingInvalid(f"connections must be 1 to 1000; got {self.connections}")
        _check_caps(self.caps)
        for name, least in _LEAST.items():
            if getattr(self, name) < least:
                raise SettingInvalid(
                    f"WATTYARD_{name.upper()} must be {least} or more; got {getattr(self, name)}"
                )
        _check_networks("WATTYARD_WEBHOOK_ALLOW", self.webhook_allow)
        _check_networks("WATTYARD_TRUSTED_PROXIES", self.trusted_proxies)
        _check_origins(self.origins)
        _check_url(self.weather_url)
        _check_public_url(self.public_url)
        for name, words in _WORDS.items():
            if getattr(self, name) not in words:
                raise SettingInvalid(
                    f"WATTYARD_{name.upper()} must be {', '.join(words[:-1])} or {words[-1]}; "
                    f"got {getattr(self, name)}"
                )

    @property
    def origins(self) -> frozenset[bytes]:
        """The origins whose pages may read answers, as browsers send them."""
        listed = map(str.strip, self.cors_origins.split(","))
        return frozenset(origin.encode() for origin in listed if origin)

    @property
    def prefix(self) -> str:
        """The path under which a proxy shows the server, such as `/energy`; empty for the root."""
        return urlsplit(self.public_url).path.rstrip("/")

    @property
    def address(self) -> str:
        """Where people find the server: the public address, else that on which it listens."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 (shown)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def caps(self) -> Caps:
        """How much an account may have."""
        return Caps(self.webhook_endpoints, self.site_devices, self.site_tariffs)

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ, **given: Any) -> Self:  # noqa: ANN401
        """Read the settings; what is `given` and not None wins over the environment.

        Raises:
            SettingInvalid: naming the variable or option.
        """
        found: dict[str, Any] = {}
        for one in fields(cls):
            text = _found(environment, one.name)
            if text is not None:
                found[one.name] = _parsed(one.name, one.type, text)
        found |= {name: value for name, value in given.items() if value is not None}
        return cls(**found)

    def environment(self) -> dict[str, str]:
        """Write the settings as the environment of a worker process."""
        return {f"WATTYARD_{f.name.upper()}": str(getattr(self, f.name)) for f in fields(self)}

    def with_database(self, url: str) -> Self:
        """Take the address of the database that was found or started."""
        return replace(self, database=url)

    def with_port(self, port: int) -> Self:
        """Take the port that was chosen, so that links lead to it."""
        return replace(self, port=port)

    def with_key_file(self, path: Path) -> Self:
        """Take the file that holds the embedded database's encryption key."""
        return replace(self, encryption_key_file=str(path))


def _found(environment: Mapping[str, str], name: str) -> str | None:
    """The text of a variable; that of a secret may be in a file which `…_FILE` names."""
    variable = f"WATTYARD_{name.upper()}"
    text, file = environment.get(variable), environment.get(f"{variable}_FILE")
    if name not in _IN_FILES or not file:
        return text
    if text:
        raise SettingInvalid(f"{variable} and {variable}_FILE exclude each other; set one of them")
    try:
        return Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is not text"
        raise SettingInvalid(f"{variable}_FILE: {file} cannot be read: {reason}") from None


def _check_ports(*ports: int) -> None:
    for port in ports:
        if not 0 <= port <= 65535:
            raise SettingInvalid(f"a port must be 0 to 65535; got {port}")


def _check_caps(caps: Caps) -> None:
    for one in fields(caps):
        if getattr(caps, one.name) < 1:
            raise SettingInvalid(
                f"WATTYARD_{one.name.upper()} must be 1 or more; got {getattr(caps, one.name)}"
            )


def _check_origins(origins: frozenset[bytes]) -> None:
    for origin in origins:
        if not re.fullmatch(_ORIGIN, origin):
            raise SettingInvalid(
                "WATTYARD_CORS_ORIGINS must list exact origins such as https://app.example.com, "
                f"separated by commas, without a path; got {origin.decode()}"
            )


def _check_url(text: str) -> None:
    if text and not text.startswith(("http://", "https://")):
        raise SettingInvalid(f"the weather URL must start with http:// or https://; got {text}")


def _check_public_url(text: str) -> None:
    if text and not re.fullmatch(_PUBLIC_URL, text):
        raise SettingInvalid(
            "WATTYARD_PUBLIC_URL must be the address at which people find this server, such as "
            f"https://energy.example.com or https://example.com/energy; got {text}"
        )


def _check_networks(variable: str, text: str) -> None:
    for part in filter(None, map(str.strip, text.split(","))):
        try:
            ip_network(part)
        except ValueError as fault:
            raise SettingInvalid(
                f"{variable} must list networks such as 10.0.0.0/8; {fault}"
            ) from None


def _parsed(name: str, kind: object, text: str) -> Any:  # noqa: ANN401 (the field's type)
    try:
        return int(text) if kind is int else Path(text) if kind is Path else text
    except ValueError:
        raise SettingInvalid(
            f"WATTYARD_{name.upper()} must be a whole number; got {text!r}"
        ) from None
