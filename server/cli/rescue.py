"""Rescue files: sealed batches saved by a tablet to a folder or a stick, byte for byte as they
would be sent.

    one envelope as it is, or   "GWR1" | (u32be length | envelope) ...

Nothing in it can be read without the server's keys, and nothing here opens it: each envelope goes
through the same exchange as one that came by network.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from sync.limits import ENVELOPE_BYTES

MAGIC: Final = b"GWR1"
_LENGTH: Final = 4


def envelopes_of(file: Path) -> Iterator[bytes]:
    """Every envelope of the file in order; memory holds one at a time. Raises ClickException."""
    with file.open("rb") as source:
        if source.read(len(MAGIC)) != MAGIC:
            source.seek(0)
            yield source.read(ENVELOPE_BYTES + 1)
            return
        while head := source.read(_LENGTH):
            size = int.from_bytes(head)
            body = source.read(size) if len(head) == _LENGTH and size <= ENVELOPE_BYTES else b""
            if not body or len(body) != size:
                raise click.ClickException(f"{file.name} is cut off or damaged here.")
            yield body
