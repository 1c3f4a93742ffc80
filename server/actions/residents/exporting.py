"""带走档案: asked for, packed by timed work within a minute, kept sealed for some days, fetched.

Only what the gate shows the one who asked goes in, and packing is a reading like any other: it
stands in the access log. Whose hand fetches it is asked again: a right that ended since, or a class
that was shut, ends here too. What is packed at a desk holds no more than the member of staff may
see, and a desk fetches only what it asked for. A packing that a crash cut short is begun again; one
that fails three times says so.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from crypto.keys import SigningPublicKey, Suite
from crypto.primitives import sha256
from server.access import Asking, classes_of, living
from server.actions.archives.reading import staff_actor
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.residents import reading as readings
from server.actions.residents.acting import Acting, Helper, assisted
from server.actions.residents.export_content import classes_in, packed
from server.actions.residents.export_known import known_of
from server.actions.residents.reading import ArchiveShut
from server.actions.residents.whose import theirs
from server.actions.tablets.intake import civil_day
from server.errors import NotFound, NotYours, RuleSaysNo
from server.rules.access import Actor, Role
from server.rules.consent import Purpose
from server.rules.family import Act
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import T_EXPORT
from sync.limits import DAY_MS

KEEP_DAYS: Final = 3
A_DAY: Final = 3  # packings that somebody may ask for within a day
PART: Final = 1024 * 1024
TRIES: Final = 3
SUITE: Final = Suite.X25519_ED25519
AT_DESK: Final = "take-along"  # the resident is there; kept nowhere


@dataclass(frozen=True, slots=True)
class Packing:
    """One packing as its page shows it. `until`: when it is destroyed, ms UTC."""

    id: bytes
    state: str
    asked_at: int
    ready_at: int | None
    size: int
    until: int | None


async def ask(site: Site, acting: Acting, *, full: bool = True) -> bytes:
    """Asks for a packing; the one that waits already, if there is one. `full`: past the 72 hours of
    a new telephone. Raises RuleSaysNo, NotTheirAct.
    """
    return await site.store.write(partial(_ask, site=site, acting=acting, full=full))


async def _ask(tx: Tx, site: Site, acting: Acting, full: bool) -> bytes:
    now, district = site.clock(), site.district
    await theirs(tx, site, acting, Act.TAKE, full=full)
    only, whose = _hand(acting) if acting.helper is not None else ("e.staff IS NULL", ())
    waiting = await one(
        tx,
        "SELECT e.export FROM export e WHERE e.district=? AND e.resident=? AND e.person=? AND "
        f"e.state='waiting' AND {only}",
        district, acting.resident, acting.person, *whose,
    )  # fmt: skip
    if waiting is not None:
        return waiting[0]
    lately = await one(
        tx, "SELECT COUNT(*) FROM export WHERE district=? AND resident=? AND asked_at>?",
        district, acting.resident, now - DAY_MS,
    )  # fmt: skip
    assert lately is not None
    if lately[0] >= A_DAY:
        raise RuleSaysNo("too_many")
    name, helper = new_id(now), acting.helper
    row: Row = (
        district, acting.resident, name, acting.person, helper.staff if helper else None,
        helper.facility if helper else None, "waiting", now, None, 0, b"", 0,
    )  # fmt: skip
    await tx.insert("export", [row])
    await assisted(tx, site, acting, "export", name)
    await audit(tx, district, "act", b"export" + acting.resident + name, now)
    return name


def _hand(acting: Acting) -> tuple[str, tuple[bytes, ...]]:
    """Which packings this hand may have: who holds the pen at a desk those asked for there, the
    person every one.
    """
    if acting.helper is None:
        return "1=1", ()
    return "e.facility=? AND e.staff=?", (acting.helper.facility, acting.helper.staff)


async def packings(site: Site, acting: Acting) -> tuple[Packing, ...]:
    """What this person has asked for of this archive by this hand, the newest first."""
    only, whose = _hand(acting)
    rows = await site.store.read(
        lambda tx: tx.rows(
            "SELECT e.export, e.state, e.asked_at, e.ready_at, e.size FROM export e WHERE "
            f"e.district=? AND e.resident=? AND e.person=? AND {only} ORDER BY e.asked_at DESC "
            "LIMIT 20",
            site.district, acting.resident, acting.person, *whose,
        )
    )  # fmt: skip
    return tuple(
        Packing(
            name, state, asked_at, ready_at, size,
            None if ready_at is None else ready_at + KEEP_DAYS * DAY_MS,
        )
        for name, state, asked_at, ready_at, size in rows
    )  # fmt: skip


async def fetch(site: Site, acting: Acting, name: bytes, *, full: bool = True) -> bytes:
    """The ZIP file. `full`: past the 72 hours of a new telephone. Raises NotYours for one of
    somebody else or with a class that is shut now, NotFound for one that is gone, NotTheirAct.
    """
    return await site.store.read(partial(_fetch, site=site, acting=acting, name=name, full=full))


async def _fetch(tx: Tx, site: Site, acting: Acting, name: bytes, full: bool) -> bytes:
    only, whose = _hand(acting)
    row = await one(
        tx,
        "SELECT e.state, e.digest, r.key FROM export e JOIN resident r ON r.district=e.district "
        "AND r.resident=e.resident WHERE e.district=? AND e.resident=? AND e.export=? AND "
        f"e.person=? AND {only}",
        site.district, acting.resident, name, acting.person, *whose,
    )  # fmt: skip
    if row is None:
        raise NotYours("export")
    await theirs(tx, site, acting, Act.TAKE, full=full)
    if row[0] != "ready":
        raise NotFound("export")
    parts = await tx.rows(
        "SELECT n, sealed FROM export_part WHERE district=? AND export=? ORDER BY n",
        site.district, name,
    )  # fmt: skip
    key = site.vault.key(acting.resident, row[2])
    whole = b"".join(
        key.open(site.vault.at(T_EXPORT, name, acting.resident, n), sealed) for n, sealed in parts
    )
    assert sha256(whole) == row[1], "a packing that is not what was packed"
    if not classes_in(whole) <= await _classes(tx, site, acting):
        raise NotYours("export")
    return whole


async def _classes(tx: Tx, site: Site, acting: Acting) -> set[str]:
    """What the gate opens now to the person and, at a desk, to the member of staff as well."""
    who, now = await living(tx, site.district, acting.resident), site.clock()
    purpose = Purpose.OWN if acting.own else Purpose.FAMILY
    asking = Asking(Actor(Role.RESIDENT, who if acting.own else acting.person), purpose)
    classes = set(await classes_of(tx, site.vault, who, asking, now))
    if acting.helper is None:
        return classes
    staff = await staff_actor(tx, site, acting.helper.staff)
    if staff is None:
        return set()
    at_desk = Asking(staff, Purpose.SERVICE, AT_DESK, present=True)
    return classes & set(await classes_of(tx, site.vault, who, at_desk, now))


# The timed work.


async def waits(site: Site) -> bool:
    """Whether there is anything to pack, or to destroy."""
    return bool(await site.store.read(partial(_due, site=site)))


async def _due(tx: Tx, site: Site) -> Sequence[Row]:
    over = site.clock() - KEEP_DAYS * DAY_MS
    return await tx.rows(
        "SELECT resident, export, person, staff, facility, state, tries FROM export WHERE "
        "district=? AND (state='waiting' OR (state='ready' AND ready_at<?)) ORDER BY asked_at "
        "LIMIT 20",
        site.district, over,
    )  # fmt: skip


async def run(site: Site) -> int:
    """Packs what waits, destroys what was kept long enough. Returns how many."""
    due = await site.store.read(partial(_due, site=site))
    for resident, name, person, staff, facility, state, tries in due:
        if state == "ready":
            await site.store.write(partial(_destroy, site=site, resident=resident, name=name))
            continue
        if tries >= TRIES:
            await _state(site, resident, name, "failed")
            continue
        await site.store.write(
            lambda tx, r=resident, n=name: tx.run(
                "UPDATE export SET tries=tries+1 WHERE district=? AND resident=? AND export=?",
                site.district, r, n,
            )
        )  # fmt: skip
        helper = Helper(staff, facility) if staff is not None else None
        try:
            await _pack(site, Acting(person, resident, helper), name)
        except ArchiveShut:
            await _state(site, resident, name, "failed")
    return len(due)


async def _state(site: Site, resident: bytes, name: bytes, state: str) -> None:
    await site.store.write(
        lambda tx: tx.run(
            "UPDATE export SET state=? WHERE district=? AND resident=? AND export=? AND "
            "state='waiting'",
            state, site.district, resident, name,
        )
    )  # fmt: skip


async def _pack(site: Site, acting: Acting, name: bytes) -> None:
    reading = await readings.read(site, acting)
    if not reading.whole:
        raise ArchiveShut("scope")
    if acting.helper is not None:
        classes = await site.store.read(partial(_classes, site=site, acting=acting))
        reading = readings.within(reading, classes)
    known = await site.store.read(partial(known_of, site=site, reading=reading))
    raw = await asyncio.to_thread(packed, known, site.keys.sign[SUITE])
    await site.store.write(partial(_keep, site=site, resident=acting.resident, name=name, raw=raw))


async def _keep(tx: Tx, site: Site, resident: bytes, name: bytes, raw: bytes) -> None:
    wrapped = await one(
        tx, "SELECT key FROM resident WHERE district=? AND resident=?", site.district, resident
    )
    assert wrapped is not None
    key, now = site.vault.key(resident, wrapped[0]), site.clock()
    done = await tx.run(
        "UPDATE export SET state='ready', ready_at=?, size=?, digest=? WHERE district=? AND "
        "resident=? AND export=? AND state='waiting'",
        now, len(raw), sha256(raw), site.district, resident, name,
    )  # fmt: skip
    if not done:
        return  # another process was quicker
    parts: list[Row] = [
        (
            site.district, name, n,
            key.seal(site.vault.at(T_EXPORT, name, resident, n), raw[at : at + PART]),
        )
        for n, at in enumerate(range(0, len(raw), PART))
    ]  # fmt: skip
    await tx.insert("export_part", parts)
    today = civil_day(now)
    until = today + timedelta(days=KEEP_DAYS)
    await tell(tx, site, resident, "export_ready", about=name, day=today, until=until)
    await audit(tx, site.district, "act", b"export-ready" + name + sha256(raw), now)


async def _destroy(tx: Tx, site: Site, resident: bytes, name: bytes) -> None:
    await tx.run("DELETE FROM export_part WHERE district=? AND export=?", site.district, name)
    await tx.run(
        "UPDATE export SET state='gone' WHERE district=? AND resident=? AND export=?",
        site.district, resident, name,
    )  # fmt: skip


async def signing_keys(site: Site) -> tuple[SigningPublicKey, ...]:
    """Every key with which this district has ever signed packings."""
    rows = await site.store.read(
        lambda tx: tx.rows(
            "SELECT public FROM server_key WHERE district=? AND purpose='sign' AND suite=?",
            site.district, int(SUITE),
        )
    )  # fmt: skip
    return tuple(SigningPublicKey(SUITE, row[0]) for row in rows)
