"""GWA1: one file sealed under a key of its own, in chunks, so that it opens as it comes (SPEC 9).

Each chunk says its place and whether it is the last, so a file that was cut, or whose chunks were
moved, left out or taken from another file, does not open. The id of a file is the SHA-256 of its
sealed bytes: who names it names these bytes.
"""

from collections.abc import Iterator
from typing import Final

from crypto.primitives import TAG_SIZE, CannotOpen, RowCipher, random_bytes, sha256

MAGIC: Final = b"GWA1"
CHUNK: Final = 64 * 1024  # of the file; the last one may be shorter, never empty
KEY_SIZE: Final = 32
ID_SIZE: Final = 32
_SEALED_CHUNK: Final = CHUNK + TAG_SIZE
_CHUNKS_MAX: Final = 2**32
_LABEL: Final = b"gongwei/attachment\x00"


class AttachmentRefused(ValueError):
    """These bytes are no GWA1 file of that key: cut, changed, put together otherwise, or foreign.

    One error for all of it.
    """


class AttachmentKey:
    """32 secret bytes that seal one file and no other; they never show."""

    __slots__ = ("_cipher", "_key")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_SIZE:
            raise ValueError("the key of an attachment has 32 bytes")
        self._key = bytes(key)
        self._cipher = RowCipher(self._key)

    @classmethod
    def fresh(cls) -> "AttachmentKey":
        return cls(random_bytes(KEY_SIZE))

    def key_bytes(self) -> bytes:
        """The secret bytes, to be sealed beside what the file belongs to."""
        return self._key

    def chunks(self, plain: bytes) -> Iterator[bytes]:
        """The sealed chunks of a whole file, in order; joined behind MAGIC they are the file.

        Call it once a key: the nonce is the place, and a key seals one file.
        """
        if not plain:
            raise ValueError("an attachment is not empty")
        for index, start in enumerate(range(0, len(plain), CHUNK)):
            last = start + CHUNK >= len(plain)
            nonce = _nonce(index, last=last)
            yield self._cipher.seal(nonce, plain[start : start + CHUNK], _LABEL)

    def open_chunk(self, index: int, chunk: bytes, *, last: bool) -> bytes:
        """One chunk of the file, or AttachmentRefused."""
        try:
            return self._cipher.open(_nonce(index, last=last), chunk, _LABEL)
        except CannotOpen:
            raise AttachmentRefused("the file does not open") from None

    def __repr__(self) -> str:
        return "AttachmentKey(hidden)"

    def __reduce__(self) -> str:
        raise TypeError("keys are not pickled")


class Opening:
    """Opens a file as it comes: `take` each piece, then `finish`. Holds one chunk at most.

    What `take` gives back is authentic and in order; that it is all of the file only `finish` says.
    """

    def __init__(self, key: AttachmentKey) -> None:
        self._key = key
        self._waiting = b""
        self._index = 0
        self._begun = False

    def take(self, piece: bytes) -> bytes:
        """The content of every chunk that is whole and not the last. Raises AttachmentRefused."""
        self._waiting += piece
        if not self._begun:
            if len(self._waiting) < len(MAGIC):
                return b""
            if not self._waiting.startswith(MAGIC):
                raise AttachmentRefused("the file does not open")
            self._waiting, self._begun = self._waiting[len(MAGIC) :], True
        opened: list[bytes] = []
        at = 0
        while len(self._waiting) - at > _SEALED_CHUNK:
            chunk = self._waiting[at : at + _SEALED_CHUNK]
            opened.append(self._key.open_chunk(self._index, chunk, last=False))
            self._index += 1
            at += _SEALED_CHUNK
        self._waiting = self._waiting[at:]
        return b"".join(opened)

    def finish(self) -> bytes:
        """The content of the last chunk. Raises AttachmentRefused when the file is not whole."""
        if not self._begun or len(self._waiting) <= TAG_SIZE:
            raise AttachmentRefused("the file does not open")
        return self._key.open_chunk(self._index, self._waiting, last=True)


def seal_file(key: AttachmentKey, plain: bytes) -> bytes:
    """A whole file, sealed: 4 bytes and 16 a chunk longer than `plain`, which is not empty."""
    return MAGIC + b"".join(key.chunks(plain))


def open_file(key: AttachmentKey, sealed: bytes) -> bytes:
    """The content of a whole file, or AttachmentRefused."""
    opening = Opening(key)
    return opening.take(sealed) + opening.finish()


def file_id(sealed: bytes) -> bytes:
    """The id of a sealed file, 32 bytes."""
    return sha256(sealed)


def _nonce(index: int, *, last: bool) -> bytes:
    """7 zero bytes | u32be index | u8 last: never twice with a key, which seals one file."""
    if index >= _CHUNKS_MAX:
        raise AttachmentRefused("the file does not open")
    return bytes(7) + index.to_bytes(4, "big") + bytes([last])
