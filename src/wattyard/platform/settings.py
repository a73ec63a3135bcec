"""Settings of a server: by option, else `WATTYARD_…` in the environment, else `wattyard.toml`."""

import os
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, NamedTuple, Self
from urllib.parse import urlsplit

from wattyard.kernel.caps import Caps
from wattyard.platform import configuration, setting_values
from wattyard.platform.configuration import ConfigurationFile, Origin, SettingInvalid, variable

__all__ = ["SettingInvalid", "Settings", "Traced", "setting_names", "unknown_variables"]

_EVENT_DAYS: Final = 30
_BATCH_DAYS: Final = 7
_STATE_DAYS: Final = 7
_FLAGS: Final = ("worker", "dashboard", "insecure_dashboard")
"""Numbers that are 0 or 1; a configuration file may say false or true."""
_RANGES: Final[Mapping[str, tuple[int, int | None]]] = {
    "port": (0, 65535),
    "admin_port": (0, 65535),
    "workers": (1, 256),
    "connections": (1, 1000),
    "rate_limit": (0, None),
    "event_days": (_EVENT_DAYS, None),
    "batch_days": (_BATCH_DAYS, None),
    "state_days": (0, None),
    "max_connections": (1, None),
    "max_connections_per_address": (0, None),
    "head_seconds": (1, None),
    "stall_seconds": (1, None),
    "drain_seconds": (0, None),
    "backup_keep": (1, None),
    **dict.fromkeys(_FLAGS, (0, 1)),
}
"""The least and the most of each number; None where there is no most."""

_WORDS: Final = {
    "log_format": ("auto", "text", "json"),
    "log_level": ("debug", "info", "warning", "error"),
    "request_log": ("errors-and-writes", "all", "none"),
}


_IN_FILES: Final = frozenset({"database", "database_direct", "database_read", "metrics_token"})
"""Secrets that a file may hold instead of the environment."""
SECRET: Final = _IN_FILES | {"encryption_key"}
"""What is not shown, or not whole."""
_KEYS: Final = frozenset({"encryption_key", "encryption_key_file"})
"""Two names of one thing: a variable of either wins over both in a file."""


_LISTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("webhook_allow", "trusted_proxies", "cors_origins"), ","),
    "database_read": " ",
}
"""Texts that list, and what separates them; a configuration file may have an array."""
_PATHS: Final = ("data", "encryption_key_file", "backup_to", *(f"{one}_file" for one in _IN_FILES))
"""Paths, which in a configuration file begin at its folder."""
_BETWEEN_PROCESSES: Final = ("worker_turn",)
"""What no person sets: a server gives it to its processes."""


class Traced(NamedTuple):
    """Settings, with the file that was read and where each value is from; the rest is default."""

    settings: "Settings"
    origins: Mapping[str, Origin]
    file: Path | None

    @property
    def doubts(self) -> list[str]:
        """What works and is hardly meant, each in a sentence with what to do."""
        found = [*self.settings.doubts]
        if self.file is not None and configuration.is_writable_by_others(self.file):
            found.append(
                f"{self.file.absolute()} can be written by other users, who could point it at "
                "another database: chmod go-w it"
            )
        return found


@dataclass(frozen=True, slots=True)
class Settings:
    """What a server needs to know.

    `database` is the address of a PostgreSQL; empty means the embedded one below `data`.
    `database_direct` is the address of the server itself, where `database` leads to a connection
    pooler. `database_read` lists the addresses of replicas that may be read, with spaces between.
    `connections` is per worker process, `rate_limit` requests a second of an account and mode on
    this node (0 is off). `metrics_token` lets more than this machine read `/metrics`.
    `request_log` says which requests their account can look at: `errors-and-writes`, `all` or
    `none`.
    `log_format` is `text`, `json`, or `auto`: text on a terminal, else JSON. `worker` is 1 where
    the server does the background work too, and `worker_turn` the file by which its processes
    agree which one. `webhook_allow` lists the networks that webhooks may reach besides public
    addresses, `event_days` tells how long events are kept, `batch_days` how long the reports of
    batches of readings are, `state_days` how long device states are (0 is for good).
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
    `backup_to` is the folder of the backups that the server takes of the embedded database, empty
    for none: a base backup every `backup_every`, of which `backup_keep` are kept.
    `weather_url` is a weather service that speaks as Open-Meteo does; empty asks none.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    data: Path = Path("wattyard-data")
    database: str = ""
    database_direct: str = ""
    database_read: str = ""
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
    batch_days: int = 90
    state_days: int = 0
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
    backup_to: str = ""
    backup_every: str = "1d"
    backup_keep: int = 7

    def __post_init__(self) -> None:
        _check_numbers(self)
        _check_addresses(self)
        _check_caps(self.caps)
        setting_values.check_networks("webhook_allow", self.webhook_allow)
        setting_values.check_networks("trusted_proxies", self.trusted_proxies)
        setting_values.check_origins(self.origins)
        setting_values.check_url(self.weather_url)
        setting_values.check_public_url(self.public_url)
        setting_values.check_length("backup_every", self.backup_every)
        for name, words in _WORDS.items():
            if getattr(self, name) not in words:
                raise SettingInvalid.of(
                    name,
                    f"must be {', '.join(words[:-1])} or {words[-1]}; got {getattr(self, name)}",
                )

    @property
    def replicas(self) -> tuple[str, ...]:
        """The addresses of the replicas that may be read."""
        return tuple(self.database_read.split())

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is allowed and hardly meant, each in a sentence."""
        return tuple(setting_values.doubtful_proxies(self.trusted_proxies))

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
    def read(cls, environment: Mapping[str, str] = os.environ, **given: Any) -> "Settings":  # noqa: ANN401
        """Read the settings; what is `given` and not None wins over variables, these over a file.

        Raises:
            SettingInvalid: naming the option, the variable, or the file and its line.
        """
        return cls.traced(environment, **given).settings

    @classmethod
    def traced(cls, environment: Mapping[str, str] = os.environ, **given: Any) -> Traced:  # noqa: ANN401
        """Read the settings as `read` does, and tell where each value is from.

        Raises:
            SettingInvalid: as `read`.
        """
        file = _file(environment, given.get("data"))
        filed = dict(_of_file(file)) if file else {}
        variables = dict(_of_variables(environment))
        options = {
            name: (value, Origin.option(name))
            for name, value in given.items()
            if value is not None and not (name in variables and variables[name][0] == value)
        }
        if not variables.keys().isdisjoint(_KEYS):
            filed = {name: found for name, found in filed.items() if name not in _KEYS}
        found = {**filed, **variables, **options}
        origins = {name: origin for name, (_, origin) in found.items()}
        try:
            settings = cls(**{name: value for name, (value, _) in found.items()})
        except SettingInvalid as fault:
            raise fault.at(origins.get(fault.setting)) from None
        return Traced(settings, origins, file.path if file else None)

    def hand_over(self, environment: MutableMapping[str, str]) -> None:
        """Write the settings as the whole configuration of a worker process."""
        for name in _IN_FILES:
            environment.pop(f"{variable(name)}_FILE", None)
        for one in fields(self):
            environment[variable(one.name)] = str(getattr(self, one.name))
        environment[configuration.VARIABLE] = ""

    def with_database(self, url: str) -> Self:
        """Take the address of the database that was found or started."""
        return replace(self, database=url)

    def with_port(self, port: int) -> Self:
        """Take the port that was chosen, so that links lead to it."""
        return replace(self, port=port)

    def with_key_file(self, path: Path) -> Self:
        """Take the file that holds the embedded database's encryption key."""
        return replace(self, encryption_key_file=str(path))


def setting_names() -> tuple[str, ...]:
    """Every setting that a person sets, and the names of the files that may hold a secret."""
    named = (one.name for one in fields(Settings) if one.name not in _BETWEEN_PROCESSES)
    return (*named, *(f"{name}_file" for name in sorted(_IN_FILES)))


def unknown_variables(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Say of each variable `WATTYARD_…` that nothing reads it, and what was probably meant."""
    return configuration.unknown_variables(environment, (*setting_names(), *_BETWEEN_PROCESSES))


def _file(environment: Mapping[str, str], data: Path | None) -> ConfigurationFile | None:
    path = configuration.find(environment, data)
    if path is None:
        return None
    file = ConfigurationFile.read(path, setting_names())
    is_named = configuration.VARIABLE in environment
    if "data" in file.values and not is_named and path not in configuration.FIXED:
        raise SettingInvalid(
            f"{file.position('data')}: data cannot be set in the configuration of a data folder"
        )
    return file


def _of_variables(environment: Mapping[str, str]) -> Iterator[tuple[str, tuple[Any, Origin]]]:
    for one in fields(Settings):
        own = variable(one.name)
        text, file = environment.get(own), environment.get(f"{own}_FILE")
        if one.name in _IN_FILES and file:
            if text:
                raise SettingInvalid(
                    f"{own} and {own}_FILE cannot be used together; set one of them"
                )
            yield (
                one.name,
                (_secret_in(Path(file), f"{own}_FILE"), Origin.variable(f"{one.name}_file")),
            )
        elif text is not None:
            yield one.name, (_parsed(one.name, one.type, text), Origin.variable(one.name))


def _of_file(file: ConfigurationFile) -> Iterator[tuple[str, tuple[Any, Origin]]]:
    for one in fields(Settings):
        name, in_file = one.name, f"{one.name}_file"
        if name in _IN_FILES and in_file in file.values:
            origin = file.origin(in_file)
            if name in file.values:
                raise SettingInvalid(
                    f"{origin.named} and {name} cannot be used together; set one of them"
                )
            yield name, (_secret_in(Path(_typed(file, in_file, str)), origin.named), origin)
        elif name in file.values:
            yield name, (_typed(file, name, one.type), file.origin(name))


def _typed(file: ConfigurationFile, name: str, kind: object) -> Any:  # noqa: ANN401 (the field's type)
    """The value of a key, if it has the type of its setting."""
    value, origin = file.values[name], file.origin(name)
    got = "" if name in SECRET else f"; got {value!r}"
    if kind is int:
        if type(value) is not int and not (name in _FLAGS and isinstance(value, bool)):
            raise SettingInvalid(f"{origin.named} must be a whole number, without quotes{got}")
        return int(value)
    if name in _LISTS and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return _LISTS[name].join(value)
    if not isinstance(value, str):
        array = ", or an array of such" if name in _LISTS else ""
        raise SettingInvalid(f"{origin.named} must be text in quotes{array}{got}")
    if name not in _PATHS or not value:
        return Path(value) if kind is Path else value
    return file.beside(value) if kind is Path else str(file.beside(value))


def _secret_in(file: Path, named: str) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is not text"
        raise SettingInvalid(f"{named}: {file} cannot be read: {reason}") from None


def _check_numbers(settings: Settings) -> None:
    for name, (least, most) in _RANGES.items():
        number = getattr(settings, name)
        if number < least or (most is not None and number > most):
            upper = "or more" if most is None else f"{'or' if most == 1 else 'to'} {most}"
            raise SettingInvalid.of(name, f"must be {least} {upper}; got {number}")
    if 0 < settings.state_days < _STATE_DAYS:
        raise SettingInvalid.of(
            "state_days",
            f"must be 0, which keeps all, or {_STATE_DAYS} or more; got {settings.state_days}",
        )


def _check_addresses(settings: Settings) -> None:
    """Check the addresses that stand beside `database`."""
    for name, addresses in (
        ("database_direct", settings.database_direct.split()),
        ("database_read", settings.replicas),
    ):
        if addresses and not settings.database:
            raise SettingInvalid.of(name, "needs WATTYARD_DATABASE (--database) as well")
        if not all(one.startswith(("postgresql://", "postgres://")) for one in addresses):
            raise SettingInvalid.of(name, "must be postgresql://…; database_read may list several")


def _check_caps(caps: Caps) -> None:
    for one in fields(caps):
        if getattr(caps, one.name) < 1:
            raise SettingInvalid.of(one.name, f"must be 1 or more; got {getattr(caps, one.name)}")


def _parsed(name: str, kind: object, text: str) -> Any:  # noqa: ANN401 (the field's type)
    try:
        return int(text) if kind is int else Path(text) if kind is Path else text
    except ValueError:
        raise SettingInvalid.of(name, f"must be a whole number; got {text!r}") from None
