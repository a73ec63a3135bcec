"""How passwords are hashed: slowly, off the event loop, and a few at a time (contract 9)."""

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Final

from wattyard.kernel.refusals import TooMany

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY_KIB: Final = 19 * 1024
_AT_ONCE: Final = 2
_WAITING: Final = 20
_BUSY_SECONDS: Final = 2.0
_NOBODYS: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$d2F0dHlhcmQgZHVtbXkuLg$"
    "mHjJxhSgQH2N3dXKUoo6S2sVCRIKQd2oj5cWZZGhWRg"
)
"""The form of a hash that no password has: what is compared where there is no such person."""


class Passwords:
    """Hashes and compares passwords: argon2id with 19 MiB, 2 passes and 1 lane (OWASP).

    At most two at once in a process, 38 MiB; at most 20 wait for their turn.
    """

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._wanted = 0

    async def hashed(self, password: str) -> str:
        """Hash a password with a new salt, in the form `$argon2id$v=19$m=19456,t=2,p=1$…`.

        Raises:
            TooMany: when too many are waited for.
        """
        return await self._in_turn(password, None)

    async def is_right(self, password: str, password_hash: str | None) -> bool:
        """Whether a password is the one that was hashed; without a hash it takes the same time.

        Raises:
            TooMany: when too many are waited for.
        """
        return bool(await self._in_turn(password, password_hash or _NOBODYS)) and (
            password_hash is not None
        )

    async def _in_turn(self, password: str, compared: str | None) -> str:
        if self._wanted >= _AT_ONCE + _WAITING:
            raise TooMany(
                "too many people are logging in at once; wait a moment",
                retry_after_seconds=_BUSY_SECONDS,
            )
        self._wanted += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(self._work, password, compared)
        finally:
            self._wanted -= 1

    def _work(self, password: str, compared: str | None) -> str:
        """Hash, or give the hash that was compared where it is right; empty where it is not."""
        from argon2.exceptions import VerificationError  # noqa: PLC0415 (first use)

        if compared is None:
            return self._hasher.hash(password)
        try:
            self._hasher.verify(compared, password)
        except VerificationError:
            return ""
        return compared

    @cached_property
    def _hasher(self) -> "PasswordHasher":
        from argon2 import PasswordHasher  # noqa: PLC0415 (first use)

        return PasswordHasher(time_cost=2, memory_cost=MEMORY_KIB, parallelism=1)
