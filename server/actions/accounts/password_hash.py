"""Passwords at rest: scrypt with its own salt and cost, made beside the event loop, one at a time.

    u8 version (1) | u8 cost_log2 | salt 16 | hash 32

One hash takes 128 MiB for a quarter of a second; one at a time bounds both, and whoever finds too
many waiting is asked to come back. What is stored is sealed under the district's key as well, so
a stolen database alone gives nobody anything to guess at.
"""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, Final

from crypto.primitives import same, scrypt
from server.errors import Refusal
from server.rules.passwords import folded

VERSION: Final = 1
COST_LOG2: Final = 17
SALT_BYTES: Final = 16
HASH_BYTES: Final = 32
WAITING: Final = 32  # about eight seconds of work


class TooManyTries(Refusal):
    """Too many sign-ins at once, or too many wrong ones from one address."""

    code: ClassVar[str] = "too_many_tries"
    status: ClassVar[int] = 429
    say: ClassVar[str] = "这里试的次数太多了。过一分钟再试。"
    hint: ClassVar[str] = "Sign-in is slowed down for this address, or for everybody in a rush."


class _Bench:
    """One hash at a time, on a thread of its own; a bounded number waits."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="gongwei-password")
        self._waiting = 0

    async def hash(self, password: str, salt: bytes, cost_log2: int) -> bytes:
        if self._waiting >= WAITING:
            raise TooManyTries
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._pool, _hash, folded(password).encode(), salt, cost_log2
            )
        finally:
            self._waiting -= 1


_bench: Final = _Bench()


async def hash_of(password: str) -> bytes:
    """What is kept of a password. Raises TooManyTries."""
    return await _bench.hash(password, secrets.token_bytes(SALT_BYTES), COST_LOG2)


async def matches(password: str, kept: bytes) -> bool:
    """Whether this password is the kept one. With nothing kept (b"") it takes as long and is not,
    so time does not tell which logins exist. Raises TooManyTries.
    """
    salt = kept[2 : 2 + SALT_BYTES] if kept else bytes(SALT_BYTES)
    found = await _bench.hash(password, salt, kept[1] if kept else COST_LOG2)
    return same(found, kept or bytes(len(found))) and bool(kept)


def _hash(password: bytes, salt: bytes, cost_log2: int) -> bytes:
    made = scrypt(password, salt=salt, cost_log2=cost_log2, length=HASH_BYTES)
    return bytes([VERSION, cost_log2]) + salt + made
