"""How many files and sockets this process may have open."""

import resource
from typing import Final

_WANTED: Final = 65_536


def open_many() -> None:
    """Raise this process's own limit of open files as far as it may.

    The usual 1,024 are fewer than the receivers that one worker may wait for.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
