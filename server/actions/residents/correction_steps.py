"""What a resident does about a correction that is there: replies, takes it back, appeals."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from server.access import living
from server.actions.archives.ledger import Ledger
from server.actions.archives.register_edit import hold
from server.actions.archives.standing import names_of
from server.actions.archives.told import staff_names
from server.actions.attachments import taken
from server.actions.keeping.site import Site
from server.actions.residents import correction_edit as edit
from server.actions.residents.acting import Acting, assisted
from server.actions.residents.correction_file import (
    APPEAL,
    KIND,
    Correction,
    Word,
    close,
    close_tasks,
    find,
    of_archive,
    pictures_of,
    write,
)
from server.actions.residents.correction_gate import Gate
from server.actions.tablets.settle import settle_conflicts
from server.errors import NotFound, NotYours, RuleSaysNo
from server.records.model import AccessClass
from server.rules import corrections as rule
from server.rules.corrections import Lane, Outcome, State
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from sync.limits import DAY_MS


async def reply(site: Site, acting: Acting, gate: Gate, name: bytes, text: str) -> None:
    """Answers what the facility asked. Raises NotYours, RuleSaysNo."""

    async def write_(tx: Tx) -> None:
        found, _ = await _mine(tx, site, acting, gate, name)
        if found.state is not State.ASKED:
            raise RuleSaysNo("not_asked")
        now = site.clock()
        talk = (*found.content.talk, Word("", now, text))
        content = found.content.but(talk=talk)
        await write(tx, site, found, state=State.WAITING, content=content)
        await audit(tx, site.district, "act", b"correction-reply" + name, now)

    await site.store.write(write_)


async def withdraw(site: Site, acting: Acting, gate: Gate, name: bytes, reason: str) -> None:
    """Takes it back: a claim says nothing any more, a change is undone where nobody has changed it
    since, a statement goes from view. `reason`: word of the page for the history.

    Raises NotYours, RuleSaysNo.
    """

    async def write_(tx: Tx) -> None:
        found, ledger = await _mine(tx, site, acting, gate, name)
        if not rule.may_withdraw(found.state):
            raise RuleSaysNo("not_open")
        _undo(site, ledger, found, reason)
        await close(tx, site, ledger.now, found, Outcome.WITHDRAWN)
        await settle_conflicts(tx, site, ledger, acting.hand)
        await ledger.flush(tx, "act", b"decision" + found.id)
        await assisted(tx, site, acting, KIND, found.id)

    await site.store.write(write_)


def _undo(site: Site, ledger: Ledger, found: Correction, reason: str) -> None:
    (who,) = ledger.archives
    cells = ledger.archives[who].cells()
    if found.lane is Lane.COMMENT:
        cls = AccessClass(found.cls)
        made = new_id(ledger.now)
        edit.take_statement_back(site, ledger, who, made, found.id, cls, reason)
        return
    back: dict[str, Any] = {}
    for name in edit.standing(cells, found):
        # What a doctor wrote beside it meanwhile is newer than what stood there before.
        beside = edit.without(cells[name], found.id)
        value = edit.shown({name: beside}, name) if beside.heads else found.content.before.get(name)
        back[name] = value if found.lane is Lane.CHANGE else None
    if back:
        edit.lay_edit(site, ledger, who, new_id(ledger.now), found.lane, back)


async def appeal(site: Site, acting: Acting, gate: Gate, name: bytes, text: str) -> None:
    """Puts it before the county. Raises NotYours, RuleSaysNo."""

    async def write_(tx: Tx) -> None:
        found, _ = await _mine(tx, site, acting, gate, name)
        now = site.clock()
        if not rule.may_appeal(
            found.state, found.outcome, now_ms=now, due_ms=found.due_at,
            answered_ms=found.answered_at,
        ):  # fmt: skip
            raise RuleSaysNo("no_appeal")
        due = now + site.rules.correction_due_days * DAY_MS
        await close_tasks(tx, site, name, acting.hand, "appealed")
        content = found.content.but(appeal=text)
        await write(
            tx, site, found, state=State.APPEALED, appealed_at=now, due_at=due, content=content
        )
        who = await living(tx, site.district, found.resident)
        task: Row = (site.district, APPEAL, name, who, None, now, due, None, None, "")
        await tx.insert("task", [task])
        await audit(tx, site.district, "act", b"appeal" + name, now)
        await assisted(tx, site, acting, APPEAL, name)

    await site.store.write(write_)


async def _mine(
    tx: Tx, site: Site, acting: Acting, gate: Gate, name: bytes
) -> tuple[Correction, Ledger]:
    """One of the archive that is open, under its lock, in a class that may be corrected."""
    who = await living(tx, site.district, acting.resident)
    ledger = await hold(tx, site, {who})
    found = await find(tx, site, name)
    if found is None or found.resident not in await names_of(tx, site.district, who):
        raise NotYours("correction")
    if found.cls not in await gate(tx, who):
        raise NotYours("correction")
    return found, ledger


async def mine(site: Site, resident: bytes, classes: Collection[str]) -> tuple[Correction, ...]:
    """Every correction of an archive that was opened in these classes, newest first."""

    async def read(tx: Tx) -> tuple[Correction, ...]:
        who = await living(tx, site.district, resident)
        return tuple(x for x in await of_archive(tx, site, who) if x.cls in classes)

    return await site.store.read(read)


async def followed(site: Site, acting: Acting, gate: Gate) -> tuple[Correction, ...]:
    """What whoever may correct here has asked for, newest first: for lists and marks, without
    opening the archive.
    """

    async def read(tx: Tx) -> tuple[Correction, ...]:
        who = await living(tx, site.district, acting.resident)
        classes = await gate(tx, who)
        return tuple(x for x in await of_archive(tx, site, who) if x.cls in classes)

    return await site.store.read(read)


@dataclass(frozen=True, slots=True)
class Status:
    """One correction as the status page shows it. `facility`: who answers; names of who did."""

    file: Correction
    facility: str
    names: Mapping[bytes, str]
    pictures: tuple[bytes, ...]


async def status(site: Site, resident: bytes, classes: Collection[str], name: bytes) -> Status:
    """Of an archive that was opened in these classes. Raises NotYours."""

    async def read(tx: Tx) -> Status | None:
        who = await living(tx, site.district, resident)
        found = await find(tx, site, name)
        ids = await names_of(tx, site.district, who)
        if found is None or found.resident not in ids or found.cls not in classes:
            return None
        row = await one(
            tx,
            "SELECT f.name FROM resident r LEFT JOIN facility f ON f.district=r.district AND "
            "f.facility=r.facility WHERE r.district=? AND r.resident=?",
            site.district, who,
        )  # fmt: skip
        people = {each for each in (found.answered_by, found.ruled_by, found.helper) if each}
        people |= {bytes.fromhex(each.staff) for each in found.content.talk if each.staff}
        names = await staff_names(tx, site, people)
        pictures = await pictures_of(tx, site, name)
        return Status(found, (row[0] if row else "") or "", names, tuple(pictures))

    made = await site.store.read(read)
    if made is None:
        raise NotYours("correction")
    return made


async def picture(
    site: Site, resident: bytes, classes: Collection[str], name: bytes
) -> tuple[str, bytes]:
    """(type, content) of a picture of an archive that was opened in these classes."""

    async def read(tx: Tx) -> tuple[str, bytes] | NotFound:
        who = await living(tx, site.district, resident)
        try:
            return await taken.read(tx, site, who, name, classes=classes)
        except NotFound as no:
            return no

    found = await site.store.read(read)
    if isinstance(found, NotFound):
        raise found
    return found
