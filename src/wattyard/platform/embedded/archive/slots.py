"""The replication slot by which the database keeps what the archive has not got yet."""

from collections.abc import Mapping
from typing import Final

from wattyard.platform.embedded.asking import ask
from wattyard.platform.embedded.programs import Programs

SLOT: Final = "wattyard_backups"
_OURS: Final = f"FROM pg_replication_slots WHERE slot_name = '{SLOT}'"


def make(programs: Programs, address: Mapping[str, str]) -> None:
    """Make the slot anew: the database keeps what it writes from now on."""
    drop(programs, address)
    ask(programs, address, f"SELECT pg_create_physical_replication_slot('{SLOT}', true)")


def drop(programs: Programs, address: Mapping[str, str]) -> None:
    """Drop the slot where there is one: the database keeps nothing for it any longer."""
    end_receiver(programs, address)
    ask(programs, address, f"SELECT pg_drop_replication_slot(slot_name) {_OURS}")


def end_receiver(programs: Programs, address: Mapping[str, str]) -> None:
    """End a receiver that a killed server left."""
    ask(programs, address, f"SELECT pg_terminate_backend(active_pid, 5000) {_OURS} AND active")


def keeps_all(programs: Programs, address: Mapping[str, str]) -> bool:
    """Whether nothing is lost of what the archive has not got yet."""
    return ask(programs, address, f"SELECT wal_status {_OURS}") not in ("", "lost")
