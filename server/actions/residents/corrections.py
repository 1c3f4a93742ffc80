"""A value that is not right: changed at once, claimed beside what staff wrote, or spoken about.

The same actions serve the portal and a desk where the resident is present; whose act it is stands
in correction_gate.py, what comes afterwards in correction_steps.py.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from server.access import living
from server.actions.archives.ledger import Ledger
from server.actions.archives.register_edit import hold
from server.actions.archives.standing import names_of
from server.actions.attachments.taken import attach
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.residents import correction_edit as edit
from server.actions.residents.acting import Acting, assisted
from server.actions.residents.correction_file import (
    KIND,
    Content,
    Correction,
    close,
    find,
    of_archive,
    row_of,
)
from server.actions.residents.correction_gate import Gate
from server.actions.tablets.intake import civil_day
from server.actions.tablets.settle import settle_conflicts
from server.errors import NotYours, RuleSaysNo
from server.records.kinds import REGISTER
from server.records.model import AccessClass
from server.rules import corrections as rule
from server.rules.corrections import Lane, Outcome, State
from server.rules.life import STATES, Life
from server.store.ids import new_id
from server.store.tx import Row, Tx, one
from sync.limits import DAY_MS
from sync.merge import canonical


@dataclass(frozen=True, slots=True)
class Wish:
    """Values that somebody wants. `id`: made when the form was opened, so sent twice it is one."""

    id: bytes
    values: Mapping[str, Any]
    why: str
    text: str = ""
    pictures: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Saying:
    """Words beside a record (None: the archive's own page). `field`: of the form, "" for all."""

    id: bytes
    record: bytes | None
    field: str
    why: str
    text: str
    pictures: tuple[bytes, ...] = ()


class OpenAlready(RuleSaysNo):
    """The same value waits for an answer; `correction` is the one."""

    def __init__(self, correction: bytes) -> None:
        super().__init__("open_already")
        self.correction = correction


def fresh_id(site: Site) -> bytes:
    """An id for a correction, made when its form is opened."""
    return new_id(site.clock())


# Asking.


async def ask(site: Site, acting: Acting, gate: Gate, wish: Wish) -> bytes:
    """Values put right at once, or claimed beside what staff wrote; the id of the correction.

    Raises NotYours, OpenAlready, RuleSaysNo.
    """
    return await site.store.write(partial(ask_in, site=site, acting=acting, gate=gate, wish=wish))


async def ask_in(tx: Tx, site: Site, acting: Acting, gate: Gate, wish: Wish) -> bytes:
    """`ask` in the caller's transaction."""
    ledger, who = await _held(tx, site, acting, gate, wish.id)
    if who is None:
        return wish.id  # sent twice
    cells = ledger.archives[who].cells()
    lane = _lane(wish.values)
    classes = await gate(tx, who)
    cls = edit.class_of(wish.values)
    if cls.value not in classes:
        raise NotYours("correction")
    values = {
        name: value for name, value in wish.values.items()
        if canonical(edit.shown(cells, name)) != canonical(value)
    }  # fmt: skip
    await _one_at_a_time(tx, site, ledger, who, lane, (wish.values.keys(), values.keys()))
    if not values:
        raise RuleSaysNo("nothing_changed")
    content = Content(
        field=next(iter(values)).partition("/")[0], wanted=dict(values),
        before={name: edit.shown(cells, name) for name in values},
        wrote=edit.wrote(cells, values), why=wish.why, text=wish.text,
    )  # fmt: skip
    edit.lay_edit(site, ledger, who, wish.id, lane, values)
    new = _new(site, acting, who, wish.id, lane, cls.value, content)
    await _begin(tx, site, ledger, acting, new, wish.pictures)
    return wish.id


async def state(site: Site, acting: Acting, gate: Gate, saying: Saying) -> bytes:
    """Words beside a record, which stays as it is; the id of the correction.

    Raises NotYours, RuleSaysNo.
    """
    return await site.store.write(
        partial(state_in, site=site, acting=acting, gate=gate, saying=saying)
    )


async def state_in(tx: Tx, site: Site, acting: Acting, gate: Gate, saying: Saying) -> bytes:
    """`state` in the caller's transaction."""
    ledger, who = await _held(tx, site, acting, gate, saying.id)
    if who is None:
        return saying.id
    cls, kind, on, wrote = AccessClass.A, REGISTER.id, "", ()
    if saying.record is not None:
        row = await one(
            tx,
            "SELECT cls, kind, day FROM change WHERE district=? AND change=? AND resident=? AND "
            "shape='event' AND state IN ('applied','applied_guest')",
            site.district, saying.record, who,
        )  # fmt: skip
        if row is None:
            raise NotYours("record")
        cls, kind, on = AccessClass(row[0]), row[1] or "", row[2]
        wrote = (saying.record.hex(),)
    if cls.value not in await gate(tx, who):
        raise NotYours("record")
    await _room(tx, site, who)
    said = {
        "record": saying.record.hex() if saying.record else "", "field": saying.field,
        "why": saying.why, "text": saying.text,
    }  # fmt: skip
    body = {name: value for name, value in said.items() if value}
    edit.lay_statement(site, ledger, who, saying.id, cls, body)
    content = Content(
        kind=kind, on=on, field=saying.field, wrote=wrote, why=saying.why, text=saying.text
    )
    new = _new(site, acting, who, saying.id, Lane.COMMENT, cls.value, content)
    await _begin(tx, site, ledger, acting, replace(new, record=saying.record), saying.pictures)
    return saying.id


async def _held(
    tx: Tx, site: Site, acting: Acting, gate: Gate, name: bytes
) -> tuple[Ledger, bytes | None]:
    """The archive under its lock; None for it where this very correction is there already."""
    who = await living(tx, site.district, acting.resident)
    ledger = await hold(tx, site, {who})
    if not await gate(tx, who):
        raise NotYours("resident")
    there = await find(tx, site, name)
    if there is not None:
        if there.resident not in await names_of(tx, site.district, who):
            raise NotYours("correction")
        return ledger, None
    taken = await one(tx, "SELECT 1 FROM change WHERE district=? AND change=?", site.district, name)
    if taken is not None:  # a form carries a fresh id; this one is of something else
        raise NotYours("correction")
    if not STATES[Life(ledger.archives[who].row.status)].sign_in:
        raise RuleSaysNo("closed")
    return ledger, who


def _lane(values: Mapping[str, Any]) -> Lane:
    fields = [REGISTER.field_of(name) for name in values]
    lanes = {rule.lane_of(each) if each is not None else None for each in fields}
    if len(lanes) != 1:
        raise RuleSaysNo("several_lanes")
    lane = lanes.pop()
    if lane is None or lane is Lane.COMMENT:
        raise NotYours("field")  # an office changes it, or it takes a statement
    return lane


async def _room(tx: Tx, site: Site, who: bytes) -> list[Correction]:
    """What is open of this archive. Raises RuleSaysNo where it is as much as one may have, or as
    may be asked within a day.
    """
    every, since = await of_archive(tx, site, who), site.clock() - DAY_MS
    found = [each for each in every if each.state in rule.OPEN]
    today = sum(each.asked_at > since for each in every)
    if len(found) >= rule.OPEN_MOST or today >= rule.DAY_MOST:
        raise RuleSaysNo("too_many")
    return found


async def _one_at_a_time(
    tx: Tx, site: Site, ledger: Ledger, who: bytes, lane: Lane,
    names: tuple[Collection[str], Collection[str]],
) -> None:  # fmt: skip
    """A claim waits for its answer before the next; a change by the resident takes the place of one
    that nobody has looked at yet. names: the cells of the form, those of them that say something
    new.
    """
    said, new = names
    for each in await _room(tx, site, who):
        if each.content.wanted.keys().isdisjoint(said):
            continue
        if lane is Lane.ASK or each.state is State.APPEALED:
            raise OpenAlready(each.id)
        if each.content.wanted.keys() <= set(new):
            await close(tx, site, ledger.now, each, Outcome.REPLACED)


def _new(
    site: Site, acting: Acting, who: bytes, name: bytes, lane: Lane, cls: str, content: Content
) -> Correction:
    now = site.clock()
    return Correction(
        id=name, resident=who, person=acting.person,
        helper=acting.helper.staff if acting.helper else None, lane=lane, cls=cls, record=None,
        state=State.WAITING, outcome=Outcome.NONE, asked_at=now,
        due_at=now + site.rules.correction_due_days * DAY_MS, overdue_at=None, answered_at=None,
        answered_by=None, made=None, appealed_at=None, ruled_at=None, ruled_by=None, ruled=None,
        content=content,
    )  # fmt: skip


async def _begin(
    tx: Tx, site: Site, ledger: Ledger, acting: Acting, new: Correction, pictures: Collection[bytes]
) -> None:
    """The row, the facility's task, the pictures, the notice; everything is flushed."""
    row = ledger.archives[new.resident].row
    await tx.insert("correction", [row_of(site, new, row.key)])
    await attach(tx, site, new.resident, new.id, pictures, by=acting.hand, cls=AccessClass(new.cls))
    task: Row = (
        site.district, KIND, new.id, new.resident, row.facility, ledger.now, new.due_at, None, None,
        "",
    )  # fmt: skip
    ledger.tasks.append(task)
    await settle_conflicts(tx, site, ledger, acting.hand)
    await ledger.flush(tx, "act", b"decision" + new.id)
    await assisted(tx, site, acting, KIND, new.id, undo_until=new.due_at)
    if acting.helper is None and row.facility is not None:  # at a desk that notice is the one
        await tell(
            tx, site, new.resident, "correction_received", cls=new.cls, about=new.id,
            facility=row.facility, day=civil_day(new.due_at),
        )  # fmt: skip
