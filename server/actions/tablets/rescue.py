"""Rescue files: sealed batches that a tablet saved to a folder or a stick, as they would be sent.

    one envelope as it is, or   "GWR1" | (u32be length | envelope) ...

Nothing in it can be read without the server's keys, and nothing here opens it: each envelope goes
through the same exchange as one that came by network, whole or not at all, and a repeat is a
repeat.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from io import BytesIO
from typing import BinaryIO, Final

from crypto.envelope import EnvelopeRefused, parse_up
from crypto.headers import UpHeader
from crypto.primitives import sha256
from server.actions.accounts.sessions import Signed
from server.actions.archives.ledger import audit
from server.actions.keeping.site import Site
from server.actions.tablets.exchange import GAP, UNKNOWN_KEY, UNREADABLE, exchange
from server.actions.tablets.tablets import within
from server.errors import NotAnEnvelope, TooLarge
from server.rules.accounts import StaffRole
from server.store.tx import Tx, one
from sync.limits import ENVELOPE_BYTES

MAGIC: Final = b"GWR1"
FILES_MAX: Final = 20
BYTES_MAX: Final = 32 * 1024 * 1024  # of all files of one intake
ENVELOPE_LEAST: Final = 128  # header, key, one step of padding and a signature are more
FOREIGN_MAX: Final = 20  # after so many that are nobody's the rest of a file is not looked at
_LENGTH: Final = 4


class CutOff(Exception):
    """The file ends in the middle of an envelope; those before it are whole."""


def envelopes(source: BinaryIO) -> Iterator[bytes]:
    """Every envelope in order; memory holds one at a time. Raises CutOff."""
    if source.read(len(MAGIC)) != MAGIC:
        source.seek(0)
        yield source.read(ENVELOPE_BYTES + 1)
        return
    while head := source.read(_LENGTH):
        size = int.from_bytes(head)
        fits = len(head) == _LENGTH and ENVELOPE_LEAST <= size <= ENVELOPE_BYTES
        body = source.read(size) if fits else b""
        if not body or len(body) != size:
            raise CutOff
        yield body


class Became(StrEnum):
    """What became of one envelope, or of the end of a file."""

    TAKEN = "taken"
    REPEAT = "repeat"
    GAP = "gap"  # earlier ones of its tablet are missing: nothing was taken
    FOREIGN = "foreign"  # no envelope of a tablet that is enrolled here
    OTHER_KEY = "other_key"  # sealed for a key this server has no more: the tablet makes it anew
    UNREAD = "unread"  # taken into custody, and nobody could read it
    NOTHING = "nothing"  # an empty exchange that could not be read: there was nothing to keep
    CUT_OFF = "cut_off"  # the rest of the file is missing or damaged


@dataclass(frozen=True, slots=True)
class Line:
    """One envelope of a file, or its broken end. `changes` in it; `waiting`: of those, how many
    wait for a person; `tablet`: its label, "" of an unknown one, None of another facility's.
    """

    file: str
    number: int
    became: Became
    changes: int = 0
    waiting: int = 0
    tablet: str | None = ""


@dataclass(frozen=True, slots=True)
class _Envelope:
    file: str
    number: int
    raw: bytes


async def take_in(site: Site, signed: Signed, files: Sequence[tuple[str, bytes]]) -> list[Line]:
    """Every envelope of these files (name, content), in the order of their tablet's chain: files in
    the wrong order do no harm, nor do more of them cost more than each once. Raises NotYours.
    """
    within(signed)
    every, found = list[_Envelope](), dict[tuple[str, int], Line]()
    for name, content in files:
        number = 0
        try:
            for number, raw in enumerate(envelopes(BytesIO(content)), start=1):
                every.append(_Envelope(name, number, raw))
        except CutOff:
            found[name, number + 1] = Line(name, number + 1, Became.CUT_OFF)
    for each, line in await _all(site, sorted(every, key=_place)):
        found[each.file, each.number] = line
    raws = {(each.file, each.number): each.raw for each in every}
    order = {name: at for at, (name, _) in enumerate(files)}
    keys = sorted(found, key=lambda key: (order[key[0]], key[1]))
    return await site.store.write(
        partial(_told, site=site, signed=signed, lines=[found[key] for key in keys],
                raws=[raws.get(key, b"") for key in keys])
    )  # fmt: skip


def _place(each: _Envelope) -> tuple[bytes, int, int]:
    """Of one tablet in the order in which they were closed; what nobody can place comes first."""
    try:
        header = parse_up(each.raw, ENVELOPE_BYTES).header
    except EnvelopeRefused:
        return b"", 0, 0
    return header.device, header.epoch, header.seq or 0


async def _all(site: Site, every: Sequence[_Envelope]) -> list[tuple[_Envelope, Line]]:
    """Each once. A file full of what no tablet of here has signed ends early, as one cut off."""
    foreign, made = Counter[str](), list[tuple[_Envelope, Line]]()
    for each in every:
        if foreign[each.file] > FOREIGN_MAX:
            continue
        line = await _taken(site, each)
        foreign[each.file] += line.became is Became.FOREIGN
        if foreign[each.file] > FOREIGN_MAX:
            line = replace(line, became=Became.CUT_OFF)
        made.append((each, line))
    return made


async def _taken(site: Site, each: _Envelope) -> Line:
    line = Line(each.file, each.number, Became.FOREIGN)
    try:
        done = await exchange(site, each.raw)
    except (NotAnEnvelope, TooLarge):
        return line
    became = {
        "ok": Became.TAKEN, "repeat": Became.REPEAT, GAP: Became.GAP,
        UNKNOWN_KEY: Became.OTHER_KEY, UNREADABLE: Became.NOTHING,
    }.get(done.verdict, Became.UNREAD)  # fmt: skip
    return replace(line, became=became, changes=done.changes)


async def _told(
    tx: Tx, site: Site, signed: Signed, lines: Sequence[Line], raws: Sequence[bytes]
) -> list[Line]:
    """Which tablet each is of, how much waits; and that this person brought them."""
    told = [
        await _about(tx, site, signed, line, raw) for line, raw in zip(lines, raws, strict=True)
    ]
    what = b"rescue" + signed.staff + sha256(b"".join(map(sha256, raws)))
    await audit(tx, site.district, "act", what, site.clock())
    return told


async def _about(tx: Tx, site: Site, signed: Signed, line: Line, raw: bytes) -> Line:
    if line.became in (Became.FOREIGN, Became.CUT_OFF):
        return line
    header = _header(raw)
    row = await one(
        tx, "SELECT label, facility FROM device WHERE district=? AND device=?",
        site.district, header.device,
    )  # fmt: skip
    if row is None:
        return line
    mine = signed.role is StaffRole.COUNTY or row[1] == signed.facility
    waiting = await one(
        tx,
        "SELECT COUNT(*) FROM change WHERE district=? AND device=? AND epoch=? AND seq=? AND "
        "state IN ('quarantined','held','proposal','conflict')",
        site.district, header.device, header.epoch, header.seq or 0,
    )  # fmt: skip
    assert waiting is not None
    return replace(line, waiting=waiting[0], tablet=row[0] if mine else None)


def _header(raw: bytes) -> UpHeader:
    try:
        return parse_up(raw, ENVELOPE_BYTES).header
    except EnvelopeRefused as refused:  # the exchange has just parsed it
        raise AssertionError from refused
