"""Where encryption keys come from: a variable, a file, or the embedded database's data folder."""

import os
import tempfile
from pathlib import Path
from typing import Final

from wattyard.platform.encryption.keyring import VARIABLE, Keyring, new_key
from wattyard.platform.settings import SettingInvalid, Settings

NAME: Final = "encryption-key"
_HEAD: Final = """\
# Encrypts the secrets in the database. Keep a copy of this file apart from backups of the database:
# neither is of use without the other. The first key encrypts, all decrypt.
"""


def keyring_of(settings: Settings) -> Keyring:
    """Read the keys that the settings name; none is an empty ring.

    Raises:
        SettingInvalid: when the file cannot be read, or holds something else.
    """
    if settings.encryption_key:
        return Keyring.read(settings.encryption_key)
    if not settings.encryption_key_file:
        return Keyring()
    path = Path(settings.encryption_key_file)
    try:
        keyring = Keyring.read(path.read_text())
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is not text"
        raise SettingInvalid(f"{VARIABLE}_FILE: {path} cannot be read: {reason}") from None
    if not keyring.ids:
        raise SettingInvalid(f"{VARIABLE}_FILE: {path} holds no key")
    return keyring


def made_in(folder: Path) -> Path:
    """Give the key file of a data folder; it is made where there is none, readable by nobody else.

    Raises:
        SettingInvalid: when it cannot be written.
    """
    path = folder / NAME
    if path.exists():
        return path
    try:
        number, part = tempfile.mkstemp(prefix=f".{NAME}-", dir=folder)
        with os.fdopen(number, "w") as file:
            file.write(f"{_HEAD}{new_key()}\n")
            file.flush()
            os.fsync(number)
        try:
            Path(path).hardlink_to(part)  # unlike a rename, it never replaces another's key
        except FileExistsError:
            pass
        finally:
            Path(part).unlink()
        _sync(folder)
    except OSError as fault:
        raise SettingInvalid(f"{path} cannot be written: {fault.strerror}") from fault
    return path


def _sync(folder: Path) -> None:
    """Have the folder's entries on disk: what the key encrypts must never outlive its file."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
