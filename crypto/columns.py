"""Values at rest: sealed under a key per resident, found through a keyed blind index.

A key-encryption key (KEK) lives in a file outside the database and its backup; it wraps one data
key per resident; the data key seals values. The place of a value (district, table, row, resident,
revision) is authenticated with it, so a blob copied to another row, resident or revision does not
open. Destroying the wrapped data key shreds every value under it (S000-art15-a).
"""

import fcntl
import os
import re
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from struct import Struct
from typing import Final

from crypto.primitives import CannotOpen, RowCipher, hmac_sha256, random_bytes

_WRAP_LABEL: Final = b"gongwei/data-key\x00"
_COLUMN_LABEL: Final = b"gongwei/column\x00"
_CARD_LABEL: Final = b"gongwei/card-key\x00"
_ID_LABEL: Final = b"gongwei/blind-index/id-number\x00"
_LIKENESS_LABEL: Final = b"gongwei/blind-index/likeness\x00"
_IMPORTED_LABEL: Final = b"gongwei/blind-index/imported-record\x00"
_PHONE_LABEL: Final = b"gongwei/blind-index/phone\x00"
_PLACE: Final = Struct(">IHB16s16sQ")
_WRAPPED_SIZE: Final = 1 + 2 + 2 + 12 + 32 + 16
_KEK_FILE_MAX: Final = 64 * 1024
_KEK_LINE: Final = re.compile(r"([1-9][0-9]{0,4}) ([0-9a-f]{64})")
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class ColumnRefused(ValueError):
    """A stored value or key does not open here: changed, moved, or under another key."""


class KekFileRefused(Exception):
    """The key file cannot be used; the sentence says why and never shows content."""


class Kek:
    """One key-encryption key: id 1..65535 and 32 secret bytes, which never show."""

    __slots__ = ("_cipher", "id")

    def __init__(self, id: int, key: bytes) -> None:  # noqa: A002 (as in the key file)
        if not 1 <= id <= 0xFFFF:
            raise ValueError("a KEK id is 1 to 65535")
        self.id: Final = id
        self._cipher = RowCipher(bytes(key))

    def seal(self, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
        return self._cipher.seal(nonce, plaintext, aad)

    def open(self, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes:
        return self._cipher.open(nonce, ciphertext, aad)

    def __repr__(self) -> str:
        return f"Kek(id={self.id})"

    def __reduce__(self) -> str:
        raise TypeError("keys are not pickled")


class KekRing:
    """The KEKs of a server by id; the highest id wraps, the others only unwrap."""

    __slots__ = ("_by_id", "current")

    def __init__(self, keks: Iterable[Kek]) -> None:
        self._by_id = {kek.id: kek for kek in keks}
        if not self._by_id:
            raise ValueError("a ring has at least one KEK")
        self.current: Final = self._by_id[max(self._by_id)]

    def ids(self) -> tuple[int, ...]:
        return tuple(sorted(self._by_id))

    def get(self, kek_id: int) -> Kek:
        """That KEK, or ColumnRefused when this server does not hold it."""
        kek = self._by_id.get(kek_id)
        if kek is None:
            raise ColumnRefused(f"KEK {kek_id} is not in the key file")
        return kek

    def __repr__(self) -> str:
        return f"KekRing(ids={list(self.ids())})"


class DataKey:
    """The key of one resident's values: version 1..65535 and 32 secret bytes, which never show."""

    __slots__ = ("_aad_head", "_cipher", "_head", "_key", "version")

    def __init__(self, version: int, key: bytes) -> None:
        if not 1 <= version <= 0xFFFF:
            raise ValueError("a key version is 1 to 65535")
        self.version: Final = version
        self._key = bytes(key)
        self._cipher = RowCipher(self._key)
        self._head = b"\x01\x01" + version.to_bytes(2, "big")
        self._aad_head = _COLUMN_LABEL + self._head

    def seal(self, place: bytes, plaintext: bytes) -> bytes:
        """version 1 | suite 1 | u16be key version | nonce 12 | ciphertext and tag."""
        nonce = os.urandom(12)
        return self._head + nonce + self._cipher.seal(nonce, plaintext, self._aad_head + place)

    def open(self, place: bytes, blob: bytes) -> bytes:
        """The value sealed at this place, or ColumnRefused."""
        if blob[:4] != self._head:
            raise ColumnRefused("the value is of another format or key version")
        try:
            return self._cipher.open(blob[4:16], blob[16:], self._aad_head + place)
        except CannotOpen:
            raise ColumnRefused("the value does not open at this place") from None

    def key_bytes(self) -> bytes:
        """The 32 secret bytes, for wrapping only."""
        return self._key

    def __repr__(self) -> str:
        return f"DataKey(version={self.version})"

    def __reduce__(self) -> str:
        raise TypeError("keys are not pickled")


def new_data_key() -> DataKey:
    """A fresh data key, version 1."""
    return DataKey(1, random_bytes(32))


def card_key(district_key: DataKey) -> DataKey:
    """The key under which what lists show of residents is sealed, derived from the district's."""
    return DataKey(district_key.version, hmac_sha256(district_key.key_bytes(), _CARD_LABEL))


def place(district: int, table: int, row: bytes, resident: bytes, revision: int) -> bytes:
    """u32be district | u16be table | u8 n | row (n bytes) | resident 16 | u64be revision."""
    if len(resident) != 16:
        raise ValueError("a resident id has 16 bytes")
    if len(row) == 16:  # nearly all; a third of the time of what follows
        return _PLACE.pack(district, table, 16, row, resident, revision)
    return b"".join(
        (
            district.to_bytes(4, "big"),
            table.to_bytes(2, "big"),
            len(row).to_bytes(1, "big"),
            row,
            resident,
            revision.to_bytes(8, "big"),
        )
    )


# ---- wrapping data keys -------------------------------------------------------------------------


def wrap(kek: Kek, *, district: int, owner: bytes, key: DataKey) -> bytes:
    """version 1 | u16be KEK id | u16be key version | nonce 12 | ciphertext 32 | tag 16."""
    head = b"\x01" + kek.id.to_bytes(2, "big") + key.version.to_bytes(2, "big")
    nonce = random_bytes(12)
    return head + nonce + kek.seal(nonce, key.key_bytes(), _wrap_aad(head, district, owner))


def unwrap(ring: KekRing, *, district: int, owner: bytes, blob: bytes) -> DataKey:
    """The data key of that owner, or ColumnRefused."""
    if len(blob) != _WRAPPED_SIZE or blob[0] != 1:
        raise ColumnRefused("not a wrapped data key")
    head, nonce = blob[:5], blob[5:17]
    kek = ring.get(int.from_bytes(blob[1:3], "big"))
    try:
        key = kek.open(nonce, blob[17:], _wrap_aad(head, district, owner))
    except CannotOpen:
        raise ColumnRefused("the data key does not open for this owner") from None
    return DataKey(int.from_bytes(blob[3:5], "big"), key)


def rewrap(ring: KekRing, *, district: int, owner: bytes, blob: bytes) -> bytes:
    """The same data key under the current KEK; values under it stay as they are."""
    key = unwrap(ring, district=district, owner=owner, blob=blob)
    return wrap(ring.current, district=district, owner=owner, key=key)


def _wrap_aad(head: bytes, district: int, owner: bytes) -> bytes:
    if len(owner) != 16:
        raise ValueError("an owner id has 16 bytes")
    return _WRAP_LABEL + head + district.to_bytes(4, "big") + owner


# ---- the KEK file -------------------------------------------------------------------------------


def load_kek_file(path: Path) -> KekRing:
    """The ring of a file of "id hex" lines (32 bytes of hex; # starts a comment line).

    Raises KekFileRefused when it is missing, no regular file, readable by anyone but its owner, or
    malformed: a key that others can read is as good as published.
    """
    keks: dict[int, Kek] = {}
    seen: set[str] = set()
    for number, line in enumerate(_private_text(path).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        matched = _KEK_LINE.fullmatch(line.strip())
        if matched is None or int(matched[1]) > 0xFFFF:
            raise KekFileRefused(f"Line {number} of the key file is not 'id hex'.")
        kek = Kek(int(matched[1]), bytes.fromhex(matched[2]))
        if kek.id in keks or matched[2] in seen:
            raise KekFileRefused(f"Line {number} of the key file repeats an id or a key.")
        keks[kek.id] = kek
        seen.add(matched[2])
    if not keks:
        raise KekFileRefused("The key file holds no key.")
    return KekRing(keks.values())


def add_kek(path: Path) -> KekRing:
    """Append a fresh KEK with the next id, making the file (mode 0600) when it is missing."""
    there = path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # of two at once each finds the other's key there
        there = there or os.fstat(file.fileno()).st_size > 0
        next_id = load_kek_file(path).current.id + 1 if there else 1
        file.write(f"{next_id} {random_bytes(32).hex()}\n")
        file.flush()
        os.fsync(file.fileno())
    return load_kek_file(path)


def _private_text(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        raise KekFileRefused("The key file is missing or cannot be read.") from None
    try:
        # The open file is asked, not the path: nobody can swap it between check and reading.
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KekFileRefused("The key file is not a regular file.")
        if stat.S_IMODE(status.st_mode) & ~0o600:
            raise KekFileRefused("The key file must have mode 0600 or narrower.")
        data = os.read(descriptor, _KEK_FILE_MAX + 1)
    finally:
        os.close(descriptor)
    if len(data) > _KEK_FILE_MAX:
        raise KekFileRefused("The key file is too large.")
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise KekFileRefused("The key file is not plain text.") from None


# ---- the blind index ----------------------------------------------------------------------------


def normalise_id_number(text: str) -> str:
    """NFKC, no white space, x -> X, and the 15-digit form of before 1999 made 18 (GB 11643)."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    if len(plain) == 15 and plain.isascii() and plain.isdigit():
        digits = plain[:6] + "19" + plain[6:]
        total = sum(int(digit) * weight for digit, weight in zip(digits, _ID_WEIGHTS, strict=True))
        return digits + "10X98765432"[total % 11]
    return plain


def normalise_phone(text: str) -> str:
    """NFKC, digits only, without China's country code in front of an 11-digit mobile number."""
    plain = unicodedata.normalize("NFKC", text)
    digits = "".join(sign for sign in plain if sign.isascii() and sign.isdigit())
    matched = re.fullmatch(r"(?:00)?86(1[0-9]{10})", digits)
    return matched[1] if matched else digits


class BlindIndex:
    """Find a row by an exact number without storing the number: HMAC under a key of its own.

    Only what identifies gets one: a number, or name, birth and sex together; a name, sex or disease
    alone has so few values that counting equal entries would tell them.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("a blind index key has 32 bytes")
        self._key = bytes(key)

    def of_id_number(self, text: str) -> bytes:
        """32 bytes for an ID number in any accepted writing."""
        return hmac_sha256(self._key, _ID_LABEL + normalise_id_number(text).encode())

    def of_phone(self, text: str) -> bytes:
        """32 bytes for a phone number in any accepted writing."""
        return hmac_sha256(self._key, _PHONE_LABEL + normalise_phone(text).encode())

    def of_likeness(self, name: str, birth: str, sex: str) -> bytes:
        """32 bytes by which two archives of one person are found; name NFC without white space,
        birth YYYY-MM-DD, sex GB/T 2261.1.
        """
        plain = "".join(unicodedata.normalize("NFC", name).split())
        said = f"{plain}\x00{birth}\x00{sex}"
        return hmac_sha256(self._key, _LIKENESS_LABEL + said.encode())

    def of_imported(self, id_number: str, said: bytes) -> bytes:
        """32 bytes that a line of a list about the holder of this number always gets again."""
        number = normalise_id_number(id_number).encode()
        return hmac_sha256(self._key, _IMPORTED_LABEL + number + b"\x00" + said)

    def __repr__(self) -> str:
        return "BlindIndex(hidden)"

    def __reduce__(self) -> str:
        raise TypeError("keys are not pickled")
