"""Any member of staff may shut a family link at once; the county looks at it within five days and
opens it again or ends it, with words. Both sides are told each time.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from server.actions.accounts.sessions import Signed
from server.actions.archives.opening import still_open
from server.actions.archives.standing import lock_residents
from server.actions.archives.told import facility_names, staff_names
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.queues.queues import close_task, open_task, task_of
from server.actions.residents import links
from server.actions.residents.people import Person, key_of, people_of
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, RuleSaysNo
from server.rules import family as rule
from server.rules.accounts import StaffRole
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import T_FAMILY
from sync.limits import DAY_MS

KIND: Final = "family_freeze"
REASON_MAX: Final = 200


class Said(msgspec.Struct, frozen=True):
    """What is sealed of a freeze."""

    reason: str
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Freeze:
    """One freeze as the county sees it. state: open | lifted | ended."""

    id: bytes
    resident: Person
    person: Person
    tie: str
    state: str
    at: int
    due_at: int
    by: str
    facility: str
    reason: str
    decided_by: str
    decided_at: int | None
    decision: str


async def freeze(site: Site, signed: Signed, resident: bytes, link: bytes, reason: str) -> bytes:
    """The freeze's id. Raises NotYours where the archive is not open to this person, NotFound for
    a link that does not stand, RuleSaysNo("reason" | "frozen").
    """
    return await site.store.write(
        partial(_freeze, site=site, signed=signed, resident=resident, link=link, reason=reason)
    )


async def _freeze(
    tx: Tx, site: Site, signed: Signed, resident: bytes, link: bytes, reason: str
) -> bytes:
    text = reason.strip()[:REASON_MAX]
    if not text:
        raise RuleSaysNo("reason")
    if not await still_open(tx, site, signed, resident, None):
        raise NotYours("resident")
    found = await links.held(tx, site, resident, link)
    if found.frozen_at is not None:
        raise RuleSaysNo("frozen")
    now, district = site.clock(), site.district
    due = now + rule.numbers().freeze_review_days * DAY_MS
    key = await key_of(tx, site, resident)
    assert key is not None
    name = new_id(now)
    sealed = key.seal(site.vault.at(T_FAMILY, name, resident), msgspec.json.encode(Said(text)))
    row: Row = (
        district, name, resident, link, signed.staff, signed.facility, now, due, "open", None,
        None, sealed,
    )  # fmt: skip
    await tx.insert("family_freeze", [row])
    await tx.run(
        "UPDATE family_link SET frozen_at=? WHERE district=? AND resident=? AND link=?",
        now, district, resident, link,
    )  # fmt: skip
    task: Row = (district, KIND, name, resident, None, now, due, None, None, "")
    await tx.insert("task", [task])
    await audit(tx, district, "act", b"family-freeze" + resident + link + signed.staff, now)
    for who in (found.resident, found.person):
        if await links.has_archive(tx, site, who):
            await tell(
                tx, site, who, "family_link_frozen", about=name, facility=signed.facility,
                day=civil_day(now), until=civil_day(due),
            )  # fmt: skip
    return name


async def freeze_of(site: Site, signed: Signed, name: bytes) -> Freeze:
    """One freeze for the county. Raises NotYours."""
    if signed.role is not StaffRole.COUNTY:
        raise NotYours
    return await site.store.read(partial(_freeze_of, site=site, signed=signed, name=name))


async def _freeze_of(tx: Tx, site: Site, signed: Signed, name: bytes) -> Freeze:
    await task_of(tx, site, signed, KIND, name)
    row = await one(
        tx,
        "SELECT z.resident, l.person, l.tie, z.state, z.at, z.due_at, z.staff, z.facility, "
        "z.sealed, z.decided_by, z.decided_at FROM family_freeze z JOIN family_link l ON "
        "l.district=z.district AND l.resident=z.resident AND l.link=z.link WHERE z.district=? AND "
        "z.family_freeze=?",
        site.district, name,
    )  # fmt: skip
    if row is None:
        raise NotYours
    resident, person, tie, state, at, due, staff, facility, sealed, by, decided = row
    people = await people_of(tx, site, {resident, person})
    key = await key_of(tx, site, resident)
    assert key is not None
    said = msgspec.json.decode(key.open(site.vault.at(T_FAMILY, name, resident), sealed), type=Said)
    names = await staff_names(tx, site, {staff, *([by] if by else [])})
    places = await facility_names(tx, site)
    return Freeze(
        name, people[resident], people[person], tie, state, at, due, names.get(staff, ""),
        places.get(facility, ""), said.reason, names.get(by, "") if by else "", decided,
        said.decision,
    )  # fmt: skip


async def decide(site: Site, signed: Signed, name: bytes, *, lift: bool, words: str) -> None:
    """The county opens the link again or ends it. Raises NotYours, RuleSaysNo("reason")."""
    if signed.role is not StaffRole.COUNTY:
        raise NotYours
    if not words.strip():
        raise RuleSaysNo("reason")
    await site.store.write(
        partial(_decide, site=site, signed=signed, name=name, lift=lift, words=words)
    )


async def _decide(tx: Tx, site: Site, signed: Signed, name: bytes, lift: bool, words: str) -> None:
    now, district = site.clock(), site.district
    task = await open_task(tx, site, signed, KIND, name)
    row = await one(
        tx, "SELECT resident, link, sealed FROM family_freeze WHERE district=? AND family_freeze=?",
        district, name,
    )  # fmt: skip
    if row is None:
        raise NotYours
    resident, link, sealed = row
    await lock_residents(tx, district, {resident}, cells_of=())
    state = "lifted" if lift else "ended"
    await close_task(tx, site, signed, task, state)
    key = await key_of(tx, site, resident)
    assert key is not None
    place = site.vault.at(T_FAMILY, name, resident)
    said = msgspec.json.decode(key.open(place, sealed), type=Said)
    again = key.seal(place, msgspec.json.encode(Said(said.reason, words.strip()[:REASON_MAX])))
    await tx.run(
        "UPDATE family_freeze SET state=?, decided_at=?, decided_by=?, sealed=? WHERE district=? "
        "AND family_freeze=?",
        state, now, signed.staff, again, district, name,
    )  # fmt: skip
    person = await one(
        tx, "SELECT person FROM family_link WHERE district=? AND resident=? AND link=?",
        district, resident, link,
    )  # fmt: skip
    assert person is not None
    if lift:
        await tx.run(
            "UPDATE family_link SET frozen_at=NULL WHERE district=? AND resident=? AND link=?",
            district, resident, link,
        )  # fmt: skip
    else:
        await links.put_end(tx, site, resident, link)
    await audit(tx, district, "act", b"family-" + state.encode() + resident + link, now)
    template = "family_link_lifted" if lift else "family_link_ended"
    await links.told_both(tx, site, resident, person[0], template, link)
