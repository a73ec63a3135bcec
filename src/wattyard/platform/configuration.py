"""Where a setting's value comes from: an option, a variable, `wattyard.toml`, or the default."""

import os
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Self

from wattyard.kernel.values import dataclass

NAME: Final = "wattyard.toml"
VARIABLE: Final = "WATTYARD_CONFIG"
_PREFIX: Final = "WATTYARD_"
FIXED: Final = (Path(NAME), Path("/etc/wattyard") / NAME)
"""Where a file is looked for besides the data folder, first and last."""
_DEFAULT_DATA: Final = "wattyard-data"
_TOLD: Final = re.compile(r"(.+) \(at line (\d+), .*\)|(.+) \(at end of document\)")

OF_CLIENTS: Final = frozenset(
    {"ACCOUNT", "ACCOUNT_ID", "KEY", "LOCATION", "MODE", "SECRET_KEY", "SERVER", "URL"}
)
"""What `wattyard listen`, the Python client and the guides read besides."""
_OF_TESTS: Final = ("TEST_", "FUZZ_", "TORTURE_", "ATTACK_")
"""How the variables begin by which a checkout's tests are steered."""
_OF_A_SERVICE: Final = re.compile(r"(SERVICE_(HOST|PORT.*)|PORT(_\d+_.*)?)")
"""What Kubernetes sets in every pod for a service of the name `wattyard`."""


class SettingInvalid(Exception):
    """A setting has a value that cannot be used; the message names it.

    `setting` is its name and `complaint` what is wrong, where it is one of `Settings`.
    """

    def __init__(self, message: str, *, setting: str = "", complaint: str = "") -> None:
        super().__init__(message)
        self.setting = setting
        self.complaint = complaint

    @classmethod
    def of(cls, setting: str, complaint: str) -> Self:
        """Say that a setting `must be …`, under the name of its variable."""
        return cls(f"{variable(setting)} {complaint}", setting=setting, complaint=complaint)

    def at(self, origin: "Origin | None") -> "SettingInvalid":
        """Say the same with the name under which the value was given."""
        if origin is None or not self.setting:
            return self
        return SettingInvalid(f"{origin.named} {self.complaint}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was found.

    `shown` is said of it where settings are listed, `named` is how a complaint begins.
    """

    shown: str
    named: str

    @classmethod
    def option(cls, name: str) -> Self:
        """An option of the command line."""
        option = f"--{name.replace('_', '-')}"
        return cls(option, option)

    @classmethod
    def variable(cls, name: str) -> Self:
        """A variable of the environment."""
        return cls(variable(name), variable(name))


def variable(setting: str) -> str:
    """Name the variable of a setting."""
    return f"{_PREFIX}{setting.upper()}"


class ConfigurationFile:
    """The settings in a file, by their names, and the line of each."""

    def __init__(self, path: Path, text: str = "", values: Mapping[str, Any] | None = None) -> None:
        self.path = path
        self.values: Mapping[str, Any] = values or {}
        self._lines = text.splitlines()

    @classmethod
    def read(cls, path: Path, known: Collection[str]) -> Self:
        """Read a file that holds none but `known` settings.

        Raises:
            SettingInvalid: naming the file, the line, and what was probably meant.
        """
        import tomllib  # noqa: PLC0415 (only where there is a file)

        try:
            text = path.read_bytes().decode()
            found = cls(path, text, tomllib.loads(text))
        except OSError as fault:
            raise SettingInvalid(
                f"the configuration file {path} cannot be read: {fault.strerror}; name another "
                f"with --config, or none with {VARIABLE}="
            ) from None
        except UnicodeDecodeError:
            raise SettingInvalid(
                f"the configuration file {path} cannot be read: it is not UTF-8"
            ) from None
        except tomllib.TOMLDecodeError as fault:
            raise SettingInvalid(_unreadable(path, str(fault))) from None
        for key, value in found.values.items():
            if key not in known:
                what = "table" if isinstance(value, dict) else "setting"
                raise SettingInvalid(f"{found.position(key)}: {_unknown(key, what, known)}")
        return found

    def position(self, key: str) -> str:
        """Say where a key stands: the file, and the line as far as it can be told."""
        stands = re.compile(rf"\s*(\[\s*)?[\"']?{re.escape(key)}[\"']?\s*[].=]")
        for number, line in enumerate(self._lines, start=1):
            if stands.match(line):
                return f"{self.path}, line {number}"
        return str(self.path)

    def origin(self, key: str) -> Origin:
        """The origin of a key's value."""
        at = self.position(key)
        return Origin(at, f"{at}: {key}")

    def beside(self, path: str) -> Path:
        """A path in the file; a relative one begins at the file's folder."""
        return self.path.parent / path


def find(environment: Mapping[str, str], data: Path | None) -> Path | None:
    """Find the configuration file; None where there is none.

    It is the one that `--config` or `WATTYARD_CONFIG` names (an empty name is none at all), else
    the first that exists of `wattyard.toml` in the working directory, in the data folder, and in
    `/etc/wattyard`.

    A folder that may not be entered has none, but `/etc/wattyard`: what is meant for this machine
    is never passed over in silence.

    Raises:
        SettingInvalid: when one that nobody named can be written by everybody, or in the working
            directory or below it is another user's.
    """
    named = environment.get(VARIABLE)
    if named is not None:
        return Path(named) if named else None
    here, system = FIXED
    if _is_file(here):
        _check_own(here)
        return here
    folder = data or environment.get(variable("data"))
    in_data = Path(folder or _DEFAULT_DATA) / NAME
    if _is_file(in_data):
        _check_own(in_data, owned=not folder)
        return in_data
    if _is_closed(system.parent):
        return system
    if not system.exists():
        return None
    _check_own(system, owned=False)
    return system


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # its folder may not be entered
        return False


def _is_closed(folder: Path) -> bool:
    return folder.is_dir() and not os.access(folder, os.X_OK)


def unknown_variables(environment: Iterable[str], known: Collection[str]) -> list[str]:
    """Say of each variable `WATTYARD_…` that nothing reads it, and what was probably meant."""
    names = {variable(name) for name in (*known, *OF_CLIENTS)} | {VARIABLE}
    found = []
    for one in sorted(environment):
        rest = one.removeprefix(_PREFIX)
        if rest == one or one in names or rest.startswith(_OF_TESTS):
            continue
        if not _OF_A_SERVICE.fullmatch(rest):
            found.append(_unknown(one, "setting", names))
    return found


def is_service_link(text: str) -> bool:
    """Whether Kubernetes, and not a person, wrote the text of `WATTYARD_PORT`."""
    return text.startswith("tcp://")


def _unknown(name: str, what: str, known: Collection[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 (only for what is misspelt)

    spelt = {re.sub(r"[^a-z]", "", one.lower()): one for one in sorted(known)}
    near = get_close_matches(re.sub(r"[^a-z]", "", name.lower()), spelt, n=1, cutoff=0.75)
    hint = f"; did you mean {spelt[near[0]]}?" if near else ""
    return f"there is no {what} {name}{hint}"


def _unreadable(path: Path, told: str) -> str:
    """Say what tomllib found, with file and line first."""
    found = _TOLD.fullmatch(told)
    if found is None:
        return f"{path} is not TOML: {told}"
    if found[2]:
        return f"{path}, line {found[2]}: this is not TOML: {found[1]}"
    return f"{path}, at its end: this is not TOML: {found[3]}"


def is_writable_by_others(path: Path) -> bool:
    """Whether more than its owner may write to a file."""
    return bool(path.stat().st_mode & 0o022)


def _check_own(path: Path, *, owned: bool = True) -> None:
    """Refuse a file that anybody may have written, or that somebody else put where a command is
    run."""
    found = path.stat()
    if found.st_mode & 0o002 or (owned and found.st_uid not in (0, os.geteuid())):
        raise SettingInvalid(
            f"{path.absolute()} can be written by other users and was not read: name it with "
            "--config if you mean it, or make it yours (chown, chmod 644)"
        )
