"""带走档案 checked years later: whether a file is what this district's server once signed.

Anybody may have made the file, so what the package says of itself is not believed: whatever the
library raises of a broken one is one typed answer, and no name may stand in it twice (two programs
would unpack two archives out of one signature).
"""

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from crypto.keys import SigningPublicKey
from crypto.primitives import sha256
from server.actions.residents.export_content import (
    BYTES_MAX,
    FILES_MAX,
    LABEL,
    MANIFEST,
    SIGNATURE,
)

_LAST_MS: Final = 253_402_300_799_999  # the end of year 9999
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, OSError, RuntimeError,
    RecursionError, OverflowError, msgspec.MsgspecError,
)  # fmt: skip
"""What the library raises of a package that is none; it names none of its own."""


class NoArchive(ValueError):
    """No file of this system, or one past its bounds."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of such a file found: `faults` one sentence each, () for none."""

    made_at: int
    kid: str
    files: int
    faults: tuple[str, ...]


class _Manifest(msgspec.Struct, frozen=True):
    files: dict[str, str]
    made_at: Annotated[int, Meta(ge=0, le=_LAST_MS)]


class _Signature(msgspec.Struct, frozen=True):
    signature: str
    kid: str


def checked(raw: bytes, keys: Sequence[SigningPublicKey]) -> Checked:
    """Whether a ZIP file is as this district's server signed it. Raises NoArchive."""
    try:
        files = _unpacked(raw)
        manifest = msgspec.json.decode(files[MANIFEST], type=_Manifest)
        signed = msgspec.json.decode(files[SIGNATURE], type=_Signature)
        signature = bytes.fromhex(signed.signature)
    except NoArchive:
        raise
    except _BROKEN:
        raise NoArchive("not an archive of this system") from None
    faults = _differences(files, manifest.files)
    ours = next((each for each in keys if each.kid().hex() == signed.kid), None)
    if ours is None:
        faults.append("signed by a key that this district does not know")
    elif not ours.verify(LABEL + files[MANIFEST], signature):
        faults.append("the signature does not fit")
    return Checked(manifest.made_at, signed.kid, len(manifest.files), tuple(faults))


def _unpacked(raw: bytes) -> dict[str, bytes]:
    """The files by name; raises NoArchive, and whatever the library raises."""
    with zipfile.ZipFile(io.BytesIO(raw)) as packing:
        infos = packing.infolist()
        if len(infos) > FILES_MAX or sum(each.file_size for each in infos) > BYTES_MAX:
            raise NoArchive("too large to be checked")
        if len({each.filename for each in infos}) != len(infos):
            raise NoArchive("not an archive of this system")
        return {each.filename: packing.read(each) for each in infos}


def _differences(files: Mapping[str, bytes], listed: Mapping[str, str]) -> list[str]:
    faults = [f"{name} is not in the file" for name in listed if name not in files]
    more = sorted(files.keys() - listed.keys() - {MANIFEST, SIGNATURE})
    faults += [f"{name} was added" for name in more]
    faults += [
        f"{name} was changed"
        for name, mark in listed.items()
        if name in files and sha256(files[name]).hex() != mark
    ]
    return faults
