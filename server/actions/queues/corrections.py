"""A resident's correction before the facility, and its appeal before the county.

What is shown passes the gate and is logged; a correction of class B is answered by who may see that
class. An answer is an ordinary change that saw every head: accepted cells get what the resident
asked for, declined ones what staff had written. Where a doctor has settled a value meanwhile
nothing is laid, and the words are still owed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from server.access import Asking, Opened, classes_of, living
from server.actions.accounts.sessions import Signed
from server.actions.archives import decision_notes
from server.actions.archives.conflicts import purpose_of
from server.actions.archives.ledger import Ledger
from server.actions.archives.opening import AskWhy, Given, actor_of, open_for
from server.actions.archives.register_edit import hold, lay
from server.actions.archives.told import Told, staff_names, tablet_labels, told
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.queues.queue_lines import Line, allergies, line_in
from server.actions.queues.queues import TaskRow, close_task, open_task, task_of
from server.actions.residents.correction_edit import AUTHOR, plain, shown, staffs
from server.actions.residents.correction_file import (
    APPEAL,
    KIND,
    Correction,
    Word,
    find,
    pictures_of,
    write,
)
from server.actions.tablets.intake import civil_day
from server.actions.tablets.settle import settle_conflicts
from server.errors import NotAllowed, NotYours, RuleSaysNo
from server.records.kinds import REGISTER
from server.rules import corrections as rule
from server.rules.accounts import StaffRole
from server.rules.corrections import Lane, Outcome, State, Way
from server.store.trail import audit
from server.store.tx import Tx
from sync.merge import EMPTY, Cell, canonical
from sync.policy import Policy


@dataclass(frozen=True, slots=True)
class Wanted:
    """One cell: what stood there, what is wanted, what is shown now. `standing`: the claim waits
    for an answer; else `by` has settled it meanwhile, "" where it is the resident's change.
    """

    cell: str
    before: Any
    wanted: Any
    now: Any
    standing: bool
    by: str


@dataclass(frozen=True, slots=True)
class Recorder:
    """Who wrote what is disputed, when, on which tablet."""

    name: str
    tablet: str
    author: str
    at: int
    offline: bool
    day: str
    what: str  # kind of a record, of class A


@dataclass(frozen=True, slots=True)
class Case:
    """Everything of one correction's page. `hidden`: of a class this person may not see; then it
    holds no more than that. `ways`: what this person may do.
    """

    line: Line
    file: Correction
    hidden: bool
    ways: tuple[Way, ...]
    cells: tuple[Wanted, ...]
    recorders: tuple[Recorder, ...]
    own: bool  # this person wrote what is disputed
    names: Mapping[bytes, str]
    heads: Mapping[str, tuple[bytes, ...]]
    record: Mapping[str, Any]
    allergies: tuple[str, ...]
    pictures: tuple[bytes, ...]


async def open_case(
    site: Site, signed: Signed, name: bytes, reason: str, *, kind: str = KIND
) -> Case:
    """Raises NotYours, NotAllowed; the opening of the archive is logged."""
    task = await site.store.read(
        partial(task_of, site=site, signed=signed, kind=kind, subject=name)
    )
    assert task.resident is not None
    opened = await open_for(site, signed, task.resident, Given(purpose_of(signed), reason))
    if isinstance(opened, AskWhy):
        raise NotAllowed
    return await site.store.read(
        partial(_case, site=site, signed=signed, name=name, opened=opened, kind=kind)
    )


async def _case(tx: Tx, site: Site, signed: Signed, name: bytes, opened: Opened, kind: str) -> Case:
    line = await line_in(tx, site, signed, kind, name)
    found = await find(tx, site, name)
    if found is None:
        raise NotYours("correction")
    # What somebody put before the county they have shown it; the archive stays shut as ever.
    hidden = found.cls not in opened.classes and kind != APPEAL
    tales = await told(tx, site, [bytes.fromhex(each) for each in found.content.wrote])
    cells = () if hidden else await _wanted(tx, site, found, opened)
    staff = {each.staff for each in tales.values()} | {
        each for each in (found.helper, found.answered_by, found.ruled_by) if each is not None
    } | {bytes.fromhex(each.staff) for each in found.content.talk if each.staff}  # fmt: skip
    names = await staff_names(tx, site, staff)
    labels = await tablet_labels(tx, site, [each.device for each in tales.values()])
    record = next((x for x in opened.records if x.change.id == found.record), None)
    return Case(
        line=line, file=found, hidden=hidden,
        ways=_ways(signed, line.task, found) if not hidden else (), cells=cells,
        recorders=() if hidden else tuple(_recorder(x, names, labels) for x in tales.values()),
        own=signed.staff in {each.staff for each in tales.values()}, names=names,
        heads={
            each.cell: tuple(h.change for h in opened.cells.get(each.cell, EMPTY).heads)
            for each in cells
            if REGISTER.access_of(each.cell).value in opened.classes
        },
        record=record.form() if record is not None and not hidden else {},
        allergies=allergies(opened.cells),
        pictures=() if hidden else tuple(await pictures_of(tx, site, name)),
    )  # fmt: skip


def _recorder(tale: Told, names: Mapping[bytes, str], labels: Mapping[bytes, str]) -> Recorder:
    return Recorder(
        names.get(tale.staff, ""), labels.get(tale.device or b"", ""), tale.author,
        tale.recorded_at, tale.offline, tale.day, tale.kind or "" if tale.shape == "event" else "",
    )  # fmt: skip


async def _wanted(tx: Tx, site: Site, found: Correction, opened: Opened) -> tuple[Wanted, ...]:
    content, made = found.content, list[Wanted]()
    settled = {
        head.staff for name in content.wanted for head in opened.cells.get(name, EMPTY).heads
    }
    names = await staff_names(tx, site, settled)
    for name, wanted in content.wanted.items():
        cell = opened.cells.get(name, EMPTY)
        standing = any(head.change == found.id for head in cell.heads)
        others = [head for head in cell.heads if head.author != AUTHOR]
        by = names.get(others[-1].staff, "") if others and not standing else ""
        closed = REGISTER.access_of(name).value not in opened.classes
        now = content.before.get(name) if closed else shown(opened.cells, name)
        made.append(Wanted(name, content.before.get(name), wanted, now, standing, by))
    return tuple(made)


def _ways(signed: Signed, task: TaskRow, found: Correction) -> tuple[Way, ...]:
    if task.closed_at is not None:
        return ()
    if task.kind == APPEAL:
        return (Way.ANSWER,) if signed.role is StaffRole.COUNTY else ()
    # The county answers only where there is no facility that could.
    if found.state not in rule.AT_FACILITY or (signed.oversees and task.facility is not None):
        return ()
    return rule.WAYS[found.lane]


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody decided. `verdicts`: by cell, for Way.ANSWER; `seen`: heads that were shown;
    `choice`: code of the reason; `text`: what the resident reads; `reason`: of the opening.
    """

    way: Way
    verdicts: Mapping[str, bool]
    text: str
    choice: str
    seen: Mapping[str, tuple[bytes, ...]]
    reason: str


class Denied(RuleSaysNo):
    """The rule says who may not, by `No`."""


async def answer(site: Site, signed: Signed, name: bytes, said: Answer) -> bool:
    """The facility's answer; False when a value has moved since the page was drawn, and nothing
    was decided. Raises NotYours, NotAllowed, Denied.
    """
    return await site.store.write(partial(_answer, site=site, signed=signed, name=name, said=said))


async def _answer(tx: Tx, site: Site, signed: Signed, name: bytes, said: Answer) -> bool:
    found, ledger, task = await _held(tx, site, signed, name, KIND, said.reason)
    if said.way not in _ways(signed, task, found):
        raise NotYours("way")
    said = replace(said, verdicts=rule.with_none(found.content.wanted, said.verdicts))
    tales = await told(tx, site, [bytes.fromhex(each) for each in found.content.wrote])
    outcome = _outcome(said)
    identity = any(
        accepted and REGISTER.policy_of(cell) is Policy.IDENTITY
        for cell, accepted in said.verdicts.items()
    )
    who = rule.Answerer(signed.staff, signed.role, {each.staff for each in tales.values()})
    no = rule.may_answer(who, outcome, said.text, identity=identity)
    if no is not None:
        raise Denied(no.value)
    if outcome in (Outcome.DECLINED, Outcome.PARTLY) and not said.choice:
        raise Denied("choice")
    now = site.clock()
    if said.way is Way.ASK_BACK:
        talk = (*found.content.talk, Word(signed.staff.hex(), now, said.text))
        await write(tx, site, found, state=State.ASKED, content=found.content.but(talk=talk))
        await audit(tx, site.district, "act", b"correction-asked" + name, now)
        await _tell(tx, site, found, "correction_answered", ledger)
        return True
    (archive,) = ledger.archives
    cells = ledger.archives[archive].cells()
    if any(_heads(cells, cell) != heads for cell, heads in said.seen.items()):
        return False
    if said.way is Way.ANSWER and said.verdicts.keys() != found.content.wanted.keys():
        raise RuleSaysNo("verdicts")
    made = None
    if said.way is Way.ANSWER:
        made = _lay(site, ledger, found, said.verdicts, signed, registrar=False)
    content = found.content.but(verdicts=dict(said.verdicts), choice=said.choice, answer=said.text)
    await write(
        tx, site, found, state=State.ANSWERED, outcome=outcome, answered_at=now,
        answered_by=signed.staff, made=made, content=content,
    )  # fmt: skip
    await _end(tx, site, signed, ledger, found, task, outcome, made, said.text)
    await _tell(tx, site, found, "correction_answered", ledger)
    return True


def _outcome(said: Answer) -> Outcome:
    return {
        Way.CONFIRM: Outcome.CONFIRMED, Way.LEAVE: Outcome.UNCONFIRMED, Way.NOTE: Outcome.NOTED,
        Way.DECLINE: Outcome.DECLINED, Way.ASK_BACK: Outcome.NONE,
        Way.ANSWER: rule.outcome_of(said.verdicts.values()),
    }[said.way]  # fmt: skip


async def rule_on(site: Site, signed: Signed, name: bytes, said: Answer) -> bool:
    """The county's word on an appeal: a verdict true lays what the resident asked for.

    False when a value has moved since. Raises NotYours, NotAllowed, Denied.
    """
    if signed.role is not StaffRole.COUNTY:
        raise NotYours("role")
    return await site.store.write(partial(_rule_on, site=site, signed=signed, name=name, said=said))


async def _rule_on(tx: Tx, site: Site, signed: Signed, name: bytes, said: Answer) -> bool:
    found, ledger, task = await _held(tx, site, signed, name, APPEAL, said.reason)
    said = replace(said, verdicts=rule.with_none(found.content.wanted, said.verdicts))
    if not said.text:
        raise Denied(rule.No.WORDS.value)
    (archive,) = ledger.archives
    cells = ledger.archives[archive].cells()
    if any(_heads(cells, cell) != heads for cell, heads in said.seen.items()):
        return False
    overturns = any(said.verdicts.values())
    made = None
    if found.lane is not Lane.COMMENT:
        if said.verdicts.keys() != found.content.wanted.keys():
            raise RuleSaysNo("verdicts")
        made = _lay(site, ledger, found, said.verdicts, signed, registrar=True)
    outcome = Outcome.OVERTURNED if overturns else Outcome.UPHELD
    content = found.content.but(rulings=dict(said.verdicts), ruling=said.text)
    await write(
        tx, site, found, state=State.RULED, outcome=outcome, ruled_at=site.clock(),
        ruled_by=signed.staff, ruled=made, content=content,
    )  # fmt: skip
    await tx.run(  # the facility's list of what is done says how it ended
        "UPDATE task SET result=? WHERE district=? AND subject=? AND kind=?",
        outcome.value, site.district, name, KIND,
    )  # fmt: skip
    await _end(tx, site, signed, ledger, found, task, outcome, made, said.text)
    await _tell(tx, site, found, "appeal_answered", ledger)
    return True


async def _held(
    tx: Tx, site: Site, signed: Signed, name: bytes, kind: str, reason: str
) -> tuple[Correction, Ledger, TaskRow]:
    """The archive locked, the task still open under it, the class asked again."""
    task = await open_task(tx, site, signed, kind, name)
    assert task.resident is not None
    who = await living(tx, site.district, task.resident)
    ledger = await hold(tx, site, {who})
    task = await open_task(tx, site, signed, kind, name)
    found = await find(tx, site, name, lock=True)
    if found is None:
        raise NotYours("correction")
    asking = Asking(actor_of(signed), purpose_of(signed), reason)
    classes = await classes_of(tx, site.vault, who, asking, site.clock())
    if (found.cls if kind == KIND else "A") not in classes:
        raise NotAllowed("class")
    return found, ledger, task


def _heads(cells: Mapping[str, Cell], name: str) -> tuple[bytes, ...]:
    return tuple(head.change for head in cells.get(name, EMPTY).heads)


def _lay(
    site: Site, ledger: Ledger, found: Correction, verdicts: Mapping[str, bool], signed: Signed,
    *, registrar: bool,
) -> bytes | None:  # fmt: skip
    """The change that carries the answer; None where nothing has to be laid."""
    (who,) = ledger.archives
    cells = ledger.archives[who].cells()
    values: dict[str, Any] = {}
    for name, accepted in verdicts.items():
        cell = cells.get(name, EMPTY)
        said = {canonical(head.value) for head in cell.heads if head.author != AUTHOR}
        if not accepted and len(said) > 1:  # doctors differ: theirs is decided on its own page
            raise Denied("conflict_first")
        wanted = found.content.wanted[name]
        value = plain(wanted) if accepted else staffs(name, cell)
        # What is declined is this claim: one that the resident made since waits for its own answer.
        claimed = any(
            head.author == AUTHOR and (accepted or head.change == found.id) for head in cell.heads
        )
        if claimed or (accepted and shown(cells, name) != value):
            values[name] = value
    if not values:
        return None
    office = registrar or signed.role in rule.REGISTRARS
    author = "registrar" if office else "staff"
    return lay(site, ledger, who, values, staff=signed.staff, author=author)


async def _end(
    tx: Tx, site: Site, signed: Signed, ledger: Ledger, found: Correction, task: TaskRow,
    outcome: Outcome, made: bytes | None, text: str,
) -> None:  # fmt: skip
    """Task, the resident's change, the note, whatever else is settled by it; everything flushed."""
    await close_task(tx, site, signed, task, outcome.value)
    state = "superseded" if outcome in (Outcome.DECLINED, Outcome.UPHELD) else "applied"
    await tx.run(
        "UPDATE change SET state=? WHERE district=? AND change=? AND state='conflict'",
        state, site.district, found.id,
    )  # fmt: skip
    await decision_notes.keep(
        tx, site, subject=found.id, kind=task.kind, audience=decision_notes.FOR_RESIDENT,
        resident=task.resident, staff=signed.staff, made=made, text=text,
    )  # fmt: skip
    await settle_conflicts(tx, site, ledger, signed.staff)
    await ledger.flush(tx, "act", b"decision" + (made or found.id))


async def _tell(tx: Tx, site: Site, found: Correction, what: str, ledger: Ledger) -> None:
    """Into the inbox of whoever stands for the archive now."""
    (who,) = ledger.archives
    facility = ledger.archives[who].row.facility
    today = civil_day(site.clock())
    if what == "appeal_answered":
        await tell(tx, site, who, what, cls=found.cls, about=found.id, day=today)
    elif facility is not None:
        await tell(tx, site, who, what, cls=found.cls, about=found.id, day=today, facility=facility)
