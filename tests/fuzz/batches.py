"""Targets of the tablets' door behind a good signature: batches and single changes.

A liar's tablet signs and seals whatever it is given, so every case reaches the reading of JSON and
what is behind it. Reading alone is tried 10,000 times; the whole way through the server, in both
databases, for a share of them, and for every single change, fifty in an exchange.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any, Final

import msgspec
from msgspec import Raw

from crypto.commitment import commit
from crypto.envelope import parse_up, seal_up
from crypto.headers import UpHeader
from server.actions.tablets.intake import Intake, _read_change, civil_day, read_batch
from sync import wire
from sync.hall_wire import HallCursor
from sync.limits import CHANGE_BYTES, CHANGE_DEPTH, ENVELOPE_BYTES
from sync.reconcile import Reason
from sync.wire_types import Fix, Malformed
from tests.cast_forms import _GOOD, ON, good
from tests.forge import Forger, everything, forger
from tests.fuzz.case import Broken, Case, Place, Target, one_by_one
from tests.fuzz.mutate_json import changed_json
from tests.fuzz.sealed import HANDS
from tests.fuzz.worlds import Walked, walked
from tests.world import START_MS, SU, TEAM_A, WU, ZHENG, ZHOU, an_id

DAY: Final = ON.isoformat()
CELLS: Final = {
    "phone": "13900000000", "address": "村东头 3 号", "allergies": {"1": {"add": True}},
}  # fmt: skip
PEOPLE: Final = (ZHOU, WU, ZHENG)
STATES: Final = frozenset(
    {"applied", "merged", "duplicate", "applied_guest", "proposal", "conflict", "superseded",
     "held", "quarantined"}
)  # fmt: skip


# ---- samples ------------------------------------------------------------------------------------


def changes(chance: Random) -> dict[str, Any]:
    """A sound change as its JSON would be decoded; ids are drawn, so that none comes twice."""
    made: dict[str, Any] = {
        "id": _id(chance), "resident": chance.choice(PEOPLE), "kind": "basic_info", "v": 1,
        "on": DAY, "at": START_MS,
    }  # fmt: skip
    way = chance.random()
    if way < 0.3:
        some = chance.sample(sorted(CELLS), chance.randint(1, 3))
        saw = [_id(chance)] if chance.random() < 0.1 else []
        made["set"] = {name: {"value": CELLS[name], "saw": saw} for name in some}
    elif way < 0.9:
        made["kind"] = chance.choice(tuple(_GOOD))
        made["body"] = good(made["kind"])
    else:
        made["kind"], made["voids"], made["reason"] = "htn_followup", _id(chance), "记错了人"
    more = {
        "ground": {"kind": "card", "note": "血压高"}, "by": SU, "mono": 5, "amends": _id(chance),
        "attach": [{"id": b"F" * 32, "key": b"K" * 32, "size": 900, "type": "image/jpeg"}],
    }  # fmt: skip
    return made | {name: value for name, value in more.items() if chance.random() < 0.08}


def _id(chance: Random) -> bytes:
    raw = bytearray(chance.randbytes(16))
    raw[0:6], raw[6], raw[8] = START_MS.to_bytes(6), 0x70 | raw[6] & 15, 0x80 | raw[8] & 63
    return bytes(raw)


def batch_of(chance: Random, *, staff: bytes = SU) -> dict[str, Any]:
    """A sound batch with one of everything that a tablet may say."""
    count, buckets = chance.choice((0, 1, 1, 2)), (bytes(16),) * chance.choice((0, 0, 2, 64))
    told = wire.Batch(
        v=1, app="fuzz", schema=4, staff=staff, created=START_MS, secret=chance.randbytes(32),
        sessions=(wire.Session(id=bytes(8), wall=START_MS, mono=0, offset=0, sigma=9),),
        known=(wire.Known(panel=TEAM_A, epoch=1, csn=0, at=START_MS - 9),),
        changes=tuple(Raw(wire.encode(changes(chance))) for _ in range(count)),
        marks=((0, 0),) * count, cursors=everything(), outcomes_seen=0, pending=2, oldest=START_MS,
        positions=(Fix(0, 3_700_000, 12_200_000, 30, START_MS),) if count else (),
        purged=(wire.Purged(resident=ZHOU, at=START_MS, waiting=(3, 4)),),
        reads=(wire.Read(resident=WU, at=START_MS, purpose="visit"),),
        digests=(wire.DigestClaim(panel=TEAM_A, csn=0, root=bytes(32), buckets=buckets),),
        trust=1, checkpoint=0, names=b"", halls=(HallCursor(day=an_id("day"), epoch=1, csn=3),),
    )  # fmt: skip
    snap = {"at": 3, "lane": 1, "after": b"", "cut": "2025-11-20"}
    made: dict[str, Any] = json.loads(wire.encode(told))
    if chance.random() < 0.2:
        made["cursors"][0]["snap"] = snap
    if chance.random() < 0.4:  # an exchange outside the chain, which most of them are
        for name in ("secret", "changes", "marks", "positions"):
            made.pop(name, None)
    return made


def raws_of(plain: bytes) -> list[bytes]:
    """Its changes as the server will find them, for the root that the liar signs."""
    try:
        return [bytes(each) for each in wire.batch(plain).changes]
    except Malformed:
        return []


def root_of(plain: bytes) -> bytes:
    raws = raws_of(plain)
    secret = wire.batch(plain).secret if raws else b""
    return commit(secret, raws).root if raws and len(secret) == 32 else bytes(32)


# ---- reading alone ------------------------------------------------------------------------------


def batch(_: Place) -> Iterator[Target]:
    """Sealed, signed, opened, read: everything up to the database."""
    hands = HANDS[0]

    def make(chance: Random) -> Case:
        return Case(changed_json(batch_of(chance), chance))

    def judge(case: Case) -> str:
        inside = b'"secret"' in case.data
        place: dict[str, Any] = {"seq": 1, "root": root_of(case.data)} if inside else {"counter": 1}
        raw = seal_up(
            hands.header(**place), case.data, recipient=hands.server_kem.public,
            signer=hands.device_sign,
        )  # fmt: skip
        if len(raw) > ENVELOPE_BYTES:
            return "too_large"
        sealed = parse_up(raw, ENVELOPE_BYTES)
        intake = read_batch(sealed, raw, staff=SU, private=hands.server_kem, now=START_MS)
        return _read(intake, case.data)

    yield Target(make, one_by_one(judge))


def _read(intake: Intake, plain: bytes) -> str:
    if intake.whole:
        return intake.whole
    if len(intake.arrived) != len(raws_of(plain)):
        raise Broken("a change is missing")
    for each in intake.arrived:
        if each.fault is Reason.NONE:
            sound(each.raw)
    return "read" if not intake.arrived else intake.arrived[0].fault.value or "no fault"


def sound(raw: bytes) -> None:
    """Raises Broken for a change that another reader of JSON would not read in the same way."""
    if len(raw) > CHANGE_BYTES:
        raise Broken("a change without a fault is too large")

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(found)) != len(found):
            raise Broken("a change without a fault names a member twice")
        return dict(found)

    def never(constant: str) -> None:
        raise Broken(f"a change without a fault holds {constant}")

    value = json.loads(raw.decode(), object_pairs_hook=pairs, parse_constant=never)
    if _depth(value) > CHANGE_DEPTH:
        raise Broken("a change without a fault is nested too deeply")


def _depth(value: Any) -> int:
    inner = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    )
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


def change(_: Place) -> Iterator[Target]:
    """A single change as the server reads it, of every kind of form.

    What has no fault is read by another reader in the same way.
    """
    told = wire.Batch(v=1, app="", schema=4, staff=SU, created=START_MS)

    def make(chance: Random) -> Case:
        return Case(changed_json(changes(chance), chance))

    def judge(case: Case) -> str:
        found = _read_change(0, case.data, bytes(16), bytes(32), told, civil_day(START_MS))
        if found.fault is Reason.NONE:
            sound(case.data)
        return found.fault.value or "no fault"

    yield Target(make, one_by_one(judge))


# ---- through the server -------------------------------------------------------------------------


class Liars:
    """Tablets that lie, one after the other: a suspended one would not get far any more."""

    def __init__(self, at: Walked) -> None:
        self.at, self.made = at, 0
        self.liar: Forger | None = None

    async def next(self) -> Forger:
        liar = self.liar
        if liar is None or liar.seq >= 40 or await self._status(liar) != "enrolled":
            self.made += 1
            liar = await forger(self.at.world, f"liar {self.made}", restricted=self.made % 2 == 0)
        self.liar = liar
        return liar

    async def _status(self, liar: Forger) -> str:
        return await self.at.world.one("SELECT status FROM device WHERE device=?", liar.keys.device)


@contextmanager
def batch_whole(place: Place) -> Iterator[Target]:
    """Whole batches through exchange, database and sealed answer."""
    with walked(place) as at:
        liars = Liars(at)

        async def sent(case: Case) -> str:
            liar = await liars.next()
            inside = b'"secret"' in case.data
            facts: dict[str, Any] = {}
            if not inside:
                liar.counter += 1
                facts["counter"] = liar.counter
            header: UpHeader = liar.header(root_of(case.data), **facts)
            raw = liar.seal(case.data, header)
            if len(raw) > ENVELOPE_BYTES:
                return "too_large"
            reply = await liar.post(raw)
            if not inside:
                return reply.answer.refused or "empty"
            if reply.answer.receipt is None:
                raise Broken("a signed batch has no receipt")
            if not reply.whole:
                await _kept(at, liar, len(raws_of(case.data)), reply.n)
            return reply.whole or "read"

        def make(chance: Random) -> Case:
            return Case(changed_json(batch_of(chance), chance))

        yield Target(make, one_by_one(lambda case: at.run(sent(case))), finish=at.look_around)


@contextmanager
def changes_whole(place: Place) -> Iterator[Target]:
    """Single changes, fifty in a batch: each blocks at most itself, and all are kept."""
    with walked(place) as at:
        liars = Liars(at)

        async def sent(cases: Sequence[Case]) -> list[str]:
            liar = await liars.next()
            raws = [_as_one_value(each.data) for each in cases]
            fit = [n for n, raw in enumerate(raws) if raw]
            reply = await liar.send(*(raws[n] for n in fit), cursors=everything())
            if reply.whole:
                raise Broken(f"a batch whose changes are JSON was not read: {reply.whole}")
            await _kept(at, liar, len(fit), reply.n)
            found = ["no JSON"] * len(raws)
            for index, n in enumerate(fit):
                state, reason = reply.state(index)
                if state not in STATES:
                    raise Broken(f"nobody knows the state {state}")
                if state not in ("held", "quarantined"):
                    sound(raws[n])
                found[n] = f"{state} {reason}".strip()
            return found

        def make(chance: Random) -> Case:
            return Case(changed_json(changes(chance), chance))

        yield Target(make, lambda cases: at.run(sent(cases)), block=50, finish=at.look_around)


def _as_one_value(raw: bytes) -> bytes:
    """Without white space around it; b"" where the batch around it would not stay JSON, which is
    the business of `batch`.
    """
    try:
        return bytes(msgspec.json.decode(b"[" + raw + b"]", type=tuple[Raw])[0])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return b""


async def _kept(at: Walked, liar: Forger, sent: int, receipted: int) -> None:
    """As many as were sent are in the receipt and in the database."""
    there = await at.world.one(
        "SELECT COUNT(*) FROM change WHERE device=? AND epoch=? AND seq=?",
        liar.keys.device, liar.epoch, liar.seq,
    )  # fmt: skip
    if not sent == receipted == there:
        raise Broken(f"{sent} changes were sent, {receipted} receipted, {there} kept")
