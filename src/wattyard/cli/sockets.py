"""Sockets that commands listen on: taken before anything else is started."""

import socket
from typing import Final

from wattyard.cli.options import CommandFailed

_WAITING: Final = 2048


def listening_on(host: str, port: int, *, remedy: str) -> socket.socket:
    """Listen on a port of an address; 0 takes a free one.

    Raises:
        CommandFailed: saying why, and the `remedy`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as fault:
        listening.close()
        raise CommandFailed(
            f"cannot listen on {host} port {port}: {fault.strerror}; {remedy}"
        ) from fault
    listening.listen(_WAITING)
    listening.set_inheritable(True)
    return listening
