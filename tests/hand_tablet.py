"""A tablet made by hand: seals exactly the batch a test wants to see, right or wrong."""

import os
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from msgspec import Raw

from crypto.commitment import commit
from crypto.envelope import UpHeader, open_body, parse_down, seal_up
from server.actions.tablets.exchange import exchange
from server.store.ids import new_id
from sync import wire
from sync.limits import ANSWER_BYTES
from tests.cast_forms import good
from tests.world import Keys, World


@dataclass(slots=True)
class HandTablet:
    """Keeps its chain and its cursors, nothing else."""

    world: World
    keys: Keys
    epoch: int = 1
    seq: int = 0
    prev: bytes = bytes(32)
    cursors: dict[bytes, wire.Cursor] = field(default_factory=dict[bytes, wire.Cursor])
    sent: list[bytes] = field(default_factory=list[bytes])

    def __post_init__(self) -> None:
        for panel in self.keys.panels:
            self.cursors[panel] = wire.Cursor(panel=panel, epoch=0, csn=0)

    def visit(self, resident: bytes, on: str = "2026-11-20", **more: Any) -> wire.Change:
        """A hypertension follow-up."""
        body = wire.encode(good("htn_followup", next_date="2027-02-20", **more))
        now = self.world.clock()
        return wire.Change(
            id=new_id(now), resident=resident, kind="htn_followup", v=1, on=on, at=now,
            body=Raw(body),
        )  # fmt: skip

    def edit(self, resident: bytes, saw: tuple[bytes, ...] = (), **cells: Any) -> wire.Change:
        now = self.world.clock()
        return wire.Change(
            id=new_id(now), resident=resident, kind="basic_info", v=1, on="2026-11-20", at=now,
            set={cell: wire.Edit(value=value, saw=saw) for cell, value in cells.items()},
        )  # fmt: skip

    def envelope(self, *changes: wire.Change, **more: Any) -> bytes:
        """The next batch of the chain."""
        raws = tuple(wire.encode(each) for each in changes)
        secret = os.urandom(32)
        server = self.world.site.keys.newest_kem[self.keys.kem.suite].public
        batch = wire.Batch(
            v=1, app="by hand", schema=more.pop("schema", 1), staff=self.keys.staff,
            created=self.world.clock(),
            secret=secret, sessions=(wire.Session(id=bytes(8), wall=0, mono=0, offset=0),),
            changes=tuple(Raw(each) for each in raws), cursors=tuple(self.cursors.values()), **more,
        )  # fmt: skip
        header = UpHeader(
            suite=self.keys.kem.suite, kid=server.kid(), device=self.keys.device,
            signer=self.keys.sign.public.kid(), epoch=self.epoch, seq=self.seq + 1,
            prev=self.prev, root=commit(secret, raws).root if raws else bytes(32),
        )  # fmt: skip
        return seal_up(header, wire.encode(batch), recipient=server, signer=self.keys.sign)

    async def send(self, *changes: wire.Change, **more: Any) -> wire.Answer:
        raw = self.envelope(*changes, **more)
        done = await exchange(self.world.site, raw)
        self.seq, self.prev = self.seq + 1, sha256(raw).digest()
        self.sent.append(raw)
        sealed = parse_down(done.answer, ANSWER_BYTES)
        answer = wire.answer(open_body(sealed, self.keys.kem, ANSWER_BYTES))
        for raw_page in answer.pages:
            page = wire.page(raw_page)
            self.cursors[page.panel] = wire.Cursor(
                panel=page.panel, epoch=page.epoch, csn=page.end, snap=page.snap
            )
        return answer
