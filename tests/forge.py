"""A liar's tablet: puts any bytes it likes inside envelopes that are sealed and signed as they
should be.

The honest tablets of the tests are `tests.world.field`. This one keeps only its keys and its place
in the chain.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Raw

from crypto.commitment import commit
from crypto.envelope import UpHeader, open_body, parse_down, parse_up, seal_up
from crypto.keys import KemKeyPair
from server.actions.tablets.exchange import exchange
from server.store.ids import new_id
from sync import wire
from sync.limits import ANSWER_BYTES
from tests.cast_forms import good
from tests.world import SU, TEAM_A, Keys, World, enrol_by_hand

DAY = "2026-11-20"
Item = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """An opened answer: what became of each change of the batch."""

    answer: wire.Answer
    n: int
    whole: str
    states: dict[int, tuple[Any, ...]]
    raw: bytes

    def state(self, index: int = 0) -> Item:
        """(state, reason) of one change."""
        row = self.states.get(index, (index, "applied", ""))
        return row[1], row[2] if len(row) > 2 else ""

    @property
    def commands(self) -> list[str]:
        return [each.do for each in self.answer.commands]


@dataclass(slots=True)
class Forger:
    world: World
    keys: Keys
    epoch: int = 1
    seq: int = 0
    prev: bytes = bytes(32)
    counter: int = 0
    last: bytes = b""

    # ---- changes ----------------------------------------------------------------------------

    def visit(
        self, resident: bytes, day: str = DAY, *, change: bytes | None = None, **form: Any
    ) -> bytes:
        """A hypertension follow-up as JSON. `form`: other values of the form."""
        body = wire.encode(good("htn_followup", **{"next_date": "2027-02-18", **form}))
        return self.event(resident, body, day=day, change=change)

    def event(
        self,
        resident: bytes,
        body: bytes,
        *,
        kind: str = "htn_followup",
        v: int = 1,
        day: str = DAY,
        change: bytes | None = None,
        **more: Any,
    ) -> bytes:
        """Any bytes as the form of a change."""
        made = self._change(resident, kind, v, day, change, **more)
        return wire.encode(msgspec.structs.replace(made, body=Raw(body)))

    def edit(self, resident: bytes, cells: dict[str, Any], **more: Any) -> bytes:
        made = self._change(resident, "basic_info", 1, DAY, None, **more)
        edits = {
            cell: value if isinstance(value, wire.Edit) else wire.Edit(value=value)
            for cell, value in cells.items()
        }
        return wire.encode(msgspec.structs.replace(made, set=edits))

    def _change(
        self, resident: bytes, kind: str, v: int, day: str, change: bytes | None, **more: Any
    ) -> wire.Change:
        now = self.world.clock()
        facts = {"at": now, **more}
        return wire.Change(
            id=change or new_id(now), resident=resident, kind=kind, v=v, on=day, **facts
        )

    # ---- envelopes --------------------------------------------------------------------------

    def batch(self, *raws: bytes, secret: bytes | None = None, **facts: Any) -> wire.Batch:
        now = self.world.clock()
        told: dict[str, Any] = {
            "v": 1, "app": "forge", "schema": 1, "staff": self.keys.staff, "created": now,
            "sessions": (wire.Session(id=bytes(8), wall=now, mono=0),),
            **facts,
        }  # fmt: skip
        return wire.Batch(secret=secret or os.urandom(32), changes=tuple(map(Raw, raws)), **told)

    def header(self, root: bytes, **facts: Any) -> UpHeader:
        """In the chain unless `counter` is given."""
        place: dict[str, Any] = {"seq": self.seq + 1, "prev": self.prev, "root": root}
        if "counter" in facts:
            place = {}
        server = self.world.site.keys.newest_kem[self.keys.kem.suite].public
        told: dict[str, Any] = {
            "suite": int(self.keys.kem.suite), "kid": server.kid(), "device": self.keys.device,
            "signer": self.keys.sign.public.kid(), "epoch": self.epoch, **place, **facts,
        }  # fmt: skip
        return UpHeader(**told)

    def seal(self, plain: bytes, header: UpHeader, *, to: KemKeyPair | None = None) -> bytes:
        recipient = to or self.world.site.keys.newest_kem[self.keys.kem.suite]
        return seal_up(header, plain, recipient=recipient.public, signer=self.keys.sign)

    def envelope(
        self, *raws: bytes, spoil: Callable[[bytes], bytes] | None = None, **facts: Any
    ) -> bytes:
        """The next batch of the chain; `spoil` may rewrite its JSON before it is sealed."""
        batch = self.batch(*raws, **facts)
        root = commit(batch.secret, list(raws)).root if raws else bytes(32)
        plain = wire.encode(batch)
        return self.seal(spoil(plain) if spoil else plain, self.header(root))

    def empty(self, **facts: Any) -> bytes:
        """An exchange outside the chain."""
        self.counter += 1
        batch = msgspec.structs.replace(self.batch(**facts), secret=b"")
        return self.seal(wire.encode(batch), self.header(bytes(32), counter=self.counter))

    # ---- sending ----------------------------------------------------------------------------

    async def post(self, raw: bytes) -> Reply:
        """Sends any bytes; the chain goes on when they were a batch that was taken."""
        done = await exchange(self.world.site, raw)
        reply = self.opened(done.answer)
        header = parse_up(raw, len(raw)).header
        if header.seq is not None and reply.answer.receipt is not None and header.seq > self.seq:
            self.epoch, self.seq, self.prev = header.epoch, header.seq, sha256(raw).digest()
        self.last = raw
        return reply

    async def send(self, *raws: bytes, **facts: Any) -> Reply:
        return await self.post(self.envelope(*raws, **facts))

    def opened(self, answer_bytes: bytes) -> Reply:
        sealed = parse_down(answer_bytes, ANSWER_BYTES)
        answer = wire.answer(open_body(sealed, self.keys.kem, ANSWER_BYTES))
        if answer.receipt is None:
            return Reply(answer, 0, "", {}, answer_bytes)
        receipt = wire.receipt(answer.receipt.receipt)
        states = {row[0]: row for row in receipt.states}
        return Reply(answer, receipt.n, receipt.whole, states, answer_bytes)


async def forger(
    world: World, name: str = "liar", *, staff: bytes = SU, panels: tuple[bytes, ...] = (TEAM_A,),
    **more: Any,
) -> Forger:  # fmt: skip
    """An enrolled tablet in the hands of somebody who lies."""
    return Forger(world, await enrol_by_hand(world, name, staff=staff, panels=panels, **more))


def everything(panels: tuple[bytes, ...] = (TEAM_A,)) -> tuple[wire.Cursor, ...]:
    """Cursors that ask for the panels from the beginning."""
    return tuple(wire.Cursor(panel=panel, epoch=0, csn=0) for panel in panels)


COUNTED = (
    "change", "feed", "batch", "envelope", "task", "wait", "outcome", "copy", "access_log",
    "audit_leaf", "resident", "member", "device",
)  # fmt: skip


async def counts(world: World) -> dict[str, int]:
    """Rows of every table an exchange may write to."""
    return {name: await world.one(f"SELECT COUNT(*) FROM {name}") for name in COUNTED}
