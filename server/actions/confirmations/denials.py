"""没来过 before the county: the evidence, the facility's word, what the county finds.

The facility may answer, and nothing more; a denial goes only when the resident says that it was a
mistake. The evidence is about the record and never from it: who wrote it down when and where, when
it arrived, whether it was signed. So no archive is opened here.
"""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

import msgspec

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.standing import lock_residents
from server.actions.archives.told import staff_names, tablet_labels
from server.actions.confirmations.answers import (
    COLUMNS,
    DENIAL,
    REPLY,
    Question,
    Said,
    history,
    told,
)
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.tablets import positions
from server.actions.tablets.positions import Position
from server.errors import NotYours, RuleSaysNo
from server.rules.accounts import StaffRole
from server.rules.confirmations import Finding
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one
from server.store.vault import T_CONFIRMATION

WORDS_MAX: Final = 500
MAY_REPLY: Final = frozenset({StaffRole.MANAGER, StaffRole.DESK, StaffRole.DOCTOR})
STATES: Final = ("open", "found", "mistaken")


class Words(msgspec.Struct, frozen=True):
    """What is sealed of a denial."""

    reply: str = ""
    finding: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One record of the service, by what is known about it. `tablet`: "" for a desk. `position`:
    where the tablet was, where it said so; for the county alone.
    """

    written_by: str
    recorded_at: int
    received_at: int
    tablet: str
    signed: bool
    form: str  # kind of a class A record; "" for a restricted one
    position: Position | None


@dataclass(frozen=True, slots=True)
class Denial:
    """One denial as county and facility see it. `may`: reply | find, what this reader can do."""

    question: Question
    card: Card
    state: str
    opened_at: int
    evidence: tuple[Evidence, ...]
    said: tuple[Said, ...]
    reply: str
    replied_by: str
    replied_at: int | None
    finding: str
    finding_words: str
    found_by: str
    found_at: int | None
    may: frozenset[str]


async def denial(site: Site, signed: Signed, name: bytes) -> Denial:
    """Raises NotYours for one of another facility, as for one of nobody."""
    return await site.store.read(partial(_denial, site=site, signed=signed, name=name))


async def _row(tx: Tx, site: Site, signed: Signed, name: bytes, *, lock: bool = False) -> Row:
    row = await one(
        tx,
        "SELECT c.resident, n.facility, n.opened_at, n.state, n.replied_by, n.replied_at, "
        "n.finding, n.found_by, n.found_at, n.sealed_for, n.sealed FROM denial n JOIN confirmation "
        "c ON c.district=n.district AND c.confirmation=n.confirmation WHERE n.district=? AND "
        f"n.confirmation=?{locking(tx) if lock else ''}",
        site.district, name,
    )  # fmt: skip
    ours = row is not None and (
        signed.role is StaffRole.COUNTY or (signed.role in MAY_REPLY and row[1] == signed.facility)
    )
    if row is None or not ours:
        raise NotYours("denial")
    return row


async def _denial(tx: Tx, site: Site, signed: Signed, name: bytes) -> Denial:
    row = await _row(tx, site, signed, name)
    resident, facility, opened_at, state, replied_by, replied_at = row[:6]
    finding, found_by, found_at = row[6:9]
    asked = await one(
        tx, f"SELECT {COLUMNS} FROM confirmation WHERE district=? AND confirmation=?",
        site.district, name,
    )  # fmt: skip
    assert asked is not None
    question = (await told(tx, site, [asked]))[0]
    kept = await _words(tx, site, row[9], name, row[10])
    named = await staff_names(tx, site, {each for each in (replied_by, found_by) if each})
    may: set[str] = set()
    if signed.facility == facility and signed.role in MAY_REPLY and state == "open":
        may.add("reply")
    if signed.role is StaffRole.COUNTY and state == "open":
        may.add("find")
    return Denial(
        question=question, card=(await cards_of(tx, site, [resident]))[resident], state=state,
        opened_at=opened_at, evidence=await _evidence(tx, site, signed, question),
        said=await history(tx, site, name), reply=kept.reply,
        replied_by=named.get(replied_by, ""), replied_at=replied_at, finding=finding,
        finding_words=kept.finding, found_by=named.get(found_by, ""), found_at=found_at,
        may=frozenset(may),
    )  # fmt: skip


async def _words(tx: Tx, site: Site, whose: bytes, name: bytes, sealed: bytes) -> Words:
    if not sealed:
        return Words()
    row = await one(
        tx, "SELECT key FROM resident WHERE district=? AND resident=?", site.district, whose
    )
    assert row is not None
    place = site.vault.at(T_CONFIRMATION, name, whose)
    return msgspec.json.decode(site.vault.key(whose, row[0]).open(place, sealed), type=Words)


async def _evidence(tx: Tx, site: Site, signed: Signed, of: Question) -> tuple[Evidence, ...]:
    """What the journal knows of the records of that day and facility: of class A, and of the one
    that is asked about. Another restricted one would be told here to desks and offices.
    """
    rows = await tx.rows(
        "SELECT staff, recorded_at, received_at, device, seq, kind, change FROM change WHERE "
        "district=? AND resident=? AND day=? AND shape='event' AND author='staff' "
        "AND credit_facility=? "
        "AND (cls='A' OR change=(SELECT f.record FROM confirmation f WHERE f.district=? AND "
        "f.confirmation=?)) ORDER BY recorded_at, change",
        site.district, of.resident, of.day, of.facility, site.district, of.id,
    )  # fmt: skip
    names = await staff_names(tx, site, {row[0] for row in rows})
    tablets = await tablet_labels(tx, site, {row[3] for row in rows})
    county = signed.role is StaffRole.COUNTY
    where = await positions.read(tx, site, {row[6] for row in rows} if county else ())
    return tuple(
        Evidence(
            names.get(staff, ""), recorded, received, tablets.get(device, "") if device else "",
            device is not None and seq > 0, kind or "", where.get(change),
        )
        for staff, recorded, received, device, seq, kind, change in rows
    )  # fmt: skip


async def reply(site: Site, signed: Signed, name: bytes, text: str) -> None:
    """The facility's word, once; the denial stays. Raises NotYours, RuleSaysNo."""
    await site.store.write(partial(_reply, site=site, signed=signed, name=name, text=text))


async def _reply(tx: Tx, site: Site, signed: Signed, name: bytes, text: str) -> None:
    row = await _held(tx, site, signed, name)
    if row[1] != signed.facility or signed.role not in MAY_REPLY:
        raise NotYours("denial")
    said = _said(text)
    kept = await _words(tx, site, row[9], name, row[10])
    if row[3] != "open" or kept.reply:
        raise RuleSaysNo("replied")
    now = site.clock()
    await _keep(tx, site, row, name, Words(said, kept.finding))
    await tx.run(
        "UPDATE denial SET replied_by=?, replied_at=? WHERE district=? AND confirmation=?",
        signed.staff, now, site.district, name,
    )  # fmt: skip
    await _close(tx, site, REPLY, name, signed.staff, "replied")
    day = await _served_on(tx, site, name)
    await tell(tx, site, row[0], "denial_answered", facility=row[1], day=day, about=name)
    await audit(tx, site.district, "act", b"denial-reply" + name + signed.staff, now)


async def find(site: Site, signed: Signed, name: bytes, finding: Finding, text: str) -> None:
    """What the county finds, with words that the resident reads. Raises NotYours, RuleSaysNo."""
    await site.store.write(
        partial(_find, site=site, signed=signed, name=name, finding=finding, text=text)
    )


async def _find(
    tx: Tx, site: Site, signed: Signed, name: bytes, finding: Finding, text: str
) -> None:
    row = await _held(tx, site, signed, name)
    if signed.role is not StaffRole.COUNTY:
        raise NotYours("denial")
    said = _said(text)
    if row[3] != "open":
        raise RuleSaysNo("found")
    now = site.clock()
    kept = await _words(tx, site, row[9], name, row[10])
    await _keep(tx, site, row, name, Words(kept.reply, said))
    await tx.run(
        "UPDATE denial SET state='found', finding=?, found_by=?, found_at=? WHERE district=? AND "
        "confirmation=?",
        finding.value, signed.staff, now, site.district, name,
    )  # fmt: skip
    for kind in (DENIAL, REPLY):
        await _close(tx, site, kind, name, signed.staff, finding.value)
    day = await _served_on(tx, site, name)
    await tell(tx, site, row[0], "denial_found", day=day, about=name)
    await audit(tx, site.district, "act", b"denial-found" + name + signed.staff, now)


async def _held(tx: Tx, site: Site, signed: Signed, name: bytes) -> Row:
    """The row under its locks: the resident's, then its own."""
    row = await _row(tx, site, signed, name)
    await lock_residents(tx, site.district, {row[0], row[9]}, cells_of=())
    return await _row(tx, site, signed, name, lock=True)


def _said(text: str) -> str:
    """Raises RuleSaysNo for no words, or too many."""
    said = text.strip()
    if not said:
        raise RuleSaysNo("words_missing")
    if len(said) > WORDS_MAX:
        raise RuleSaysNo("too_long")
    return said


async def _keep(tx: Tx, site: Site, row: Row, name: bytes, words: Words) -> None:
    whose = row[9]
    wrapped = await one(
        tx, "SELECT key FROM resident WHERE district=? AND resident=?", site.district, whose
    )
    assert wrapped is not None
    place = site.vault.at(T_CONFIRMATION, name, whose)
    sealed = site.vault.key(whose, wrapped[0]).seal(place, msgspec.json.encode(words))
    await tx.run(
        "UPDATE denial SET sealed=? WHERE district=? AND confirmation=?",
        sealed, site.district, name,
    )  # fmt: skip


async def _close(tx: Tx, site: Site, kind: str, name: bytes, by: bytes, result: str) -> None:
    await tx.run(
        "UPDATE task SET closed_at=?, closed_by=?, result=? WHERE district=? AND kind=? AND "
        "subject=? AND closed_at IS NULL",
        site.clock(), by, result, site.district, kind, name,
    )  # fmt: skip


async def _served_on(tx: Tx, site: Site, name: bytes) -> date:
    row = await one(
        tx, "SELECT day FROM confirmation WHERE district=? AND confirmation=?", site.district, name
    )
    assert row is not None
    return date.fromisoformat(row[0])


@dataclass(frozen=True, slots=True)
class Brief:
    """One line of the list of denials."""

    id: bytes
    card: Card
    facility: str
    day: str
    service: str
    opened_at: int
    state: str
    finding: str
    replied: bool


async def denials(site: Site, signed: Signed, *, most: int = 500) -> tuple[Brief, ...]:
    """Every denial of the district for the county, of the own facility for its people; the open
    ones first, the newest first.
    """
    return await site.store.read(partial(_denials, site=site, signed=signed, most=most))


async def _denials(tx: Tx, site: Site, signed: Signed, most: int) -> tuple[Brief, ...]:
    county = signed.role is StaffRole.COUNTY
    if not county and signed.role not in MAY_REPLY:
        raise NotYours("denials")
    rows = await tx.rows(
        "SELECT n.confirmation, c.resident, f.name, c.day, c.service, n.opened_at, n.state, "
        "n.finding, n.replied_at FROM denial n JOIN confirmation c ON c.district=n.district AND "
        "c.confirmation=n.confirmation JOIN facility f ON f.district=n.district AND "
        "f.facility=n.facility WHERE n.district=? AND (?=1 OR n.facility=?) "
        "ORDER BY CASE n.state WHEN 'open' THEN 0 ELSE 1 END, n.opened_at DESC LIMIT ?",
        site.district, 1 if county else 0, signed.facility, most,
    )  # fmt: skip
    cards = await cards_of(tx, site, {row[1] for row in rows})
    return tuple(
        Brief(row[0], cards[row[1]], row[2], row[3], row[4], row[5], row[6], row[7],
              row[8] is not None)
        for row in rows
        if row[1] in cards
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What the resident reads of it: the facility's words and the county's, "" for none yet."""

    state: str
    reply: str
    replied_at: int | None
    finding: str
    words: str
    found_at: int | None


async def told_of(tx: Tx, site: Site, name: bytes) -> Told | None:
    """Of a question that the reader may see; None where nothing was denied."""
    row = await one(
        tx,
        "SELECT state, replied_at, finding, found_at, sealed_for, sealed FROM denial WHERE "
        "district=? AND confirmation=?",
        site.district, name,
    )  # fmt: skip
    if row is None:
        return None
    kept = await _words(tx, site, row[4], name, row[5])
    return Told(row[0], kept.reply, row[1], row[2], kept.finding, row[3])
