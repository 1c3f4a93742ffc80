"""A tablet for the stopwatch: seals everything before the clock starts and writes nothing to disk.

The reference tablet (sync/tablet.py) syncs its disk at every step, which would be most of what is
measured here. The bytes on the wire are the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random

from msgspec import Raw

from crypto.commitment import commit
from crypto.envelope import UpHeader, open_body, parse_down, seal_up, verify
from crypto.keys import KemKeyPair, KemPublicKey, SigningKeyPair, SigningPublicKey, Suite
from sync import wire
from sync.limits import ANSWER_BYTES

APP = "gongwei-bench/1"


@dataclass(slots=True)
class BenchTablet:
    """One device of one member of staff, with one panel."""

    number: int
    device: bytes
    staff: bytes
    panel: bytes
    facility: bytes
    residents: list[bytes]
    server: wire.ServerKeys
    kem: KemKeyPair = field(default_factory=lambda: KemKeyPair.generate(Suite.X25519_ED25519))
    sign: SigningKeyPair = field(
        default_factory=lambda: SigningKeyPair.generate(Suite.X25519_ED25519)
    )
    seq: int = 0
    prev: bytes = bytes(32)
    counter: int = 0
    cursor: wire.Cursor | None = None
    feed_epoch: int = 1
    seen: dict[bytes, dict[str, list[bytes]]] = field(
        default_factory=dict[bytes, dict[str, list[bytes]]]
    )
    outcomes_seen: int = 0
    schema: int = 1  # which rows it knows; a due list comes from 2 on
    rng: Random = field(default_factory=Random)

    def seal(self, changes: Sequence[bytes], now_ms: int, *, asking: bool = False) -> bytes:
        """The next batch of the chain. `asking`: with its cursor, so that a page comes back."""
        secret = self.rng.randbytes(16)
        csn = self.cursor.csn if self.cursor else 0
        batch = wire.Batch(
            v=1, app=APP, schema=self.schema, staff=self.staff, created=now_ms, secret=secret,
            sessions=(wire.Session(id=self.device[:8], wall=now_ms, mono=0, offset=0),),
            known=(wire.Known(panel=self.panel, epoch=1, csn=csn, at=now_ms - 10**11),),
            changes=tuple(Raw(each) for each in changes), outcomes_seen=self.outcomes_seen,
            trust=self.server.version, cursors=(self.cursor,) if asking and self.cursor else (),
        )  # fmt: skip
        self.seq += 1
        header = self._header(seq=self.seq, root=commit(secret, list(changes)).root)
        sealed = seal_up(
            header, wire.encode(batch), recipient=self.server_key(), signer=self.sign, packed=True
        )  # fmt: skip
        self.prev = sha256(sealed).digest()
        return sealed

    def ask(self, now_ms: int, *, page: bool = True) -> bytes:
        """An exchange without changes: for the next page, or only to be in touch."""
        self.counter += 1
        cursor = self.cursor or wire.Cursor(panel=self.panel, epoch=0, csn=0)
        batch = wire.Batch(
            v=1, app=APP, schema=self.schema, staff=self.staff, created=now_ms,
            sessions=(wire.Session(id=self.device[:8], wall=now_ms, mono=0, offset=0),),
            outcomes_seen=self.outcomes_seen, trust=self.server.version,
            cursors=(cursor,) if page else (),
        )  # fmt: skip
        return seal_up(
            self._header(counter=self.counter), wire.encode(batch),
            recipient=self.server_key(), signer=self.sign, packed=True,
        )  # fmt: skip

    def open(self, raw: bytes) -> wire.Answer:
        """Verified, opened, decoded; the cursor stands after its page."""
        sealed = parse_down(raw, ANSWER_BYTES)
        verify(sealed, SigningPublicKey(Suite.X25519_ED25519, self.server.signing[0][1]))
        answer = wire.answer(open_body(sealed, self.kem, ANSWER_BYTES))
        for row in answer.outcomes:
            self.outcomes_seen = row.n
        return answer

    def take_pages(self, answer: wire.Answer) -> list[wire.Page]:
        """The pages of an answer; the cursor stands after them."""
        pages = [wire.page(raw) for raw in answer.pages]
        for page in pages:
            self.cursor = wire.Cursor(
                panel=page.panel, epoch=page.epoch, csn=page.end, snap=page.snap
            )
        return pages

    def _header(
        self, *, seq: int | None = None, counter: int | None = None, root: bytes = bytes(32)
    ) -> UpHeader:
        return UpHeader(
            suite=1, kid=self.server_key().kid(), device=self.device,
            signer=self.sign.public.kid(), epoch=1, seq=seq, counter=counter,
            prev=self.prev if seq is not None else bytes(32), root=root, replaces=(),
        )  # fmt: skip

    def server_key(self) -> KemPublicKey:
        """The newest one to seal for."""
        newest = max(self.server.kem, key=lambda each: each[1])
        return KemPublicKey(Suite(newest[0]), newest[2])
