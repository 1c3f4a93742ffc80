"""The queue of abnormal findings: each stays open until a referral is made, another look is agreed
on with its day, or somebody writes why nothing more is owed.

The list shows who and what it is called; the values stand on the page of one finding, which opens
the archive through the gate. A referral that is made after the finding closes it by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.opening import still_open
from server.actions.archives.search import note_shown
from server.actions.archives.touched import touch
from server.actions.checkup.finding_rows import Kept, State, key_of, open_kept
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, Refusal, RuleSaysNo
from server.rules.accounts import FACILITY_ROLES
from server.rules.checkup_findings import Action
from server.rules.plan.promises import LOOK
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import T_CHECKUP_AFTER

MOST: Final = 300  # rows of the page
NOTE_MOST: Final = 200
AHEAD: Final = timedelta(days=366)
SHOWN: Final = timedelta(days=30)  # what was seen to is shown for so long
_NOTE: Final = b"note"
_ROW: Final = (
    "SELECT finding, day, who, facility, action, urgent, due_day, state, opened_at, done_at, "
    "done_by, sealed, note FROM checkup_finding WHERE district=? AND "
)


@dataclass(frozen=True, slots=True)
class Line:
    """One finding in the list. `note`: what was said of it; `until`: the day agreed on."""

    finding: bytes
    day: bytes
    card: Card
    kept: Kept
    action: str
    urgent: bool
    due: date
    state: State
    done_at: int | None
    done_by: bytes | None
    note: str
    until: date | None


@dataclass(frozen=True, slots=True)
class Queue:
    """`waiting`: open, the urgent and the earliest first; `done`: seen to of late."""

    waiting: tuple[Line, ...]
    done: tuple[Line, ...]
    total: int


async def queue(site: Site, signed: Signed, day: bytes | None = None) -> Queue:
    """What is open at the facility of who looks, written down with whom it showed. Raises
    NotYours.
    """
    if signed.role not in FACILITY_ROLES:
        raise NotYours("role")
    return await site.store.write(partial(_queue, site=site, signed=signed, day=day))


async def _queue(tx: Tx, site: Site, signed: Signed, day: bytes | None) -> Queue:
    await close_referred(tx, site, signed.facility)
    since = site.clock() - SHOWN.days * 86_400_000
    only, args = ("AND day=? ", (day,)) if day is not None else ("", ())
    waiting = await tx.rows(
        f"{_ROW} facility=? AND state='open' {only}ORDER BY urgent DESC, due_day, finding LIMIT ?",
        site.district, signed.facility, *args, MOST,
    )  # fmt: skip
    done = await tx.rows(
        f"{_ROW} facility=? AND state IN ('referred','agreed','told') AND done_at>? {only}"
        "ORDER BY done_at DESC, finding LIMIT ?",
        site.district, signed.facility, since, *args, MOST,
    )  # fmt: skip
    total = await one(
        tx,
        f"SELECT COUNT(*) FROM checkup_finding WHERE district=? AND facility=? AND state='open' "
        f"{only}",
        site.district, signed.facility, *args,
    )  # fmt: skip
    assert total is not None
    shown = await _lines(tx, site, [*waiting, *done])
    if shown:
        await note_shown(
            tx, site, signed, "findings", "findings", {each.card.resident for each in shown}
        )
    open_ = tuple(each for each in shown if each.state is State.OPEN)
    return Queue(open_, tuple(each for each in shown if each.state is not State.OPEN), total[0])


async def _lines(tx: Tx, site: Site, rows: Sequence[Row]) -> list[Line]:
    whos = {row[2] for row in rows}
    gone = dict(
        await tx.rows_in(
            "SELECT gone, kept FROM merged WHERE district=? AND gone {ids}",
            sorted(whos), site.district,
        )
        if whos else ()
    )  # fmt: skip
    cards = await cards_of(tx, site, {gone.get(who, who) for who in whos})
    until = await _until(tx, site, [row[0] for row in rows])
    made: list[Line] = []
    for row in rows:
        card, key = cards.get(gone.get(row[2], row[2])), await key_of(tx, site, row[2])
        if card is None or key is None:
            continue
        note = ""
        if row[12] is not None:
            note = key.open(site.vault.at(T_CHECKUP_AFTER, row[0] + _NOTE, row[2]), row[12])
            note = note.decode()
        made.append(
            Line(
                row[0], row[1], card, open_kept(site, key, row[0], row[2], row[11]), row[4],
                bool(row[5]), date.fromisoformat(row[6]), State(row[7]), row[9], row[10], note,
                until.get(row[0]),
            )
        )  # fmt: skip
    return made


async def _until(tx: Tx, site: Site, findings: Sequence[bytes]) -> dict[bytes, date]:
    if not findings:
        return {}
    rows = await tx.rows_in(
        "SELECT about, due_day FROM checkup_promise WHERE district=? AND undone_at IS NULL AND "
        "about {ids}",
        sorted(set(findings)), site.district,
    )  # fmt: skip
    return {row[0]: date.fromisoformat(row[1]) for row in rows}


async def close_referred(tx: Tx, site: Site, facility: bytes) -> None:
    """Findings for whom a referral was written since: what was owed is made."""
    rows = await tx.rows(
        "SELECT f.finding FROM checkup_finding f LEFT JOIN merged m ON m.district=f.district AND "
        "m.gone=f.who WHERE f.district=? AND f.facility=? AND f.state='open' AND f.action=? AND "
        "EXISTS (SELECT 1 FROM change c WHERE c.district=f.district AND c.kind='referral' AND "
        "c.shape='event' AND c.state IN ('applied','applied_guest') AND "
        "c.received_at>=f.opened_at AND c.resident=COALESCE(m.kept, f.who))",
        site.district, facility, Action.REFER.value,
    )  # fmt: skip
    await tx.update(
        "checkup_finding", ("district", "finding"), ("state", "done_at"),
        [(site.district, row[0], State.REFERRED.value, site.clock()) for row in rows],
    )  # fmt: skip


async def line_of(site: Site, signed: Signed, finding: bytes) -> Line:
    """One finding of one's own facility. What it says is shown after the archive was opened."""

    async def read(tx: Tx) -> Line | None:
        return await _own(tx, site, signed, finding)

    found = await site.store.read(read)
    if found is None:
        raise NotYours("finding")
    return found


async def _own(tx: Tx, site: Site, signed: Signed, finding: bytes) -> Line | None:
    rows = await tx.rows(
        f"{_ROW} finding=? AND facility=?", site.district, finding, signed.facility
    )
    lines = await _lines(tx, site, rows)
    return lines[0] if lines and signed.role in FACILITY_ROLES else None


# What becomes of it.


async def agree(site: Site, signed: Signed, finding: bytes, due: date) -> None:
    """Another look is agreed on: an item of the service plan with that day. Raises NotYours,
    RuleSaysNo for a day that is over or far off.
    """
    today = civil_day(site.clock())
    if not today <= due <= today + AHEAD:
        raise RuleSaysNo("day")

    async def work(tx: Tx) -> Refusal | None:
        line = await _held(tx, site, signed, finding)
        if isinstance(line, Refusal):
            return line
        promise: Row = (
            site.district, new_id(site.clock()), line.card.resident, LOOK, finding,
            today.isoformat(), due.isoformat(), signed.staff, site.clock(), None,
        )  # fmt: skip
        await tx.insert("checkup_promise", [promise])
        await _done(tx, site, signed, line, State.AGREED)
        return None

    await _acted(site, work)


async def tell(site: Site, signed: Signed, finding: bytes, reason: str) -> None:
    """The resident was told and nothing more is owed, with the reason. Raises NotYours,
    RuleSaysNo without one.
    """
    said = reason.strip()[:NOTE_MOST]
    if not said:
        raise RuleSaysNo("reason")

    async def work(tx: Tx) -> Refusal | None:
        line = await _held(tx, site, signed, finding)
        if isinstance(line, Refusal):
            return line
        await _done(tx, site, signed, line, State.TOLD, said)
        return None

    await _acted(site, work)


async def reopen(site: Site, signed: Signed, finding: bytes) -> None:
    """What was agreed or said is taken back: it waits again."""

    async def work(tx: Tx) -> Refusal | None:
        line = await _held(tx, site, signed, finding, open_only=False)
        if isinstance(line, Refusal):
            return line
        await tx.run(
            "UPDATE checkup_promise SET undone_at=? WHERE district=? AND about=? AND undone_at IS "
            "NULL",
            site.clock(), site.district, finding,
        )  # fmt: skip
        await tx.run(
            "UPDATE checkup_finding SET state='open', done_at=NULL, done_by=NULL, note=NULL WHERE "
            "district=? AND finding=?",
            site.district, finding,
        )  # fmt: skip
        await _noted(tx, site, line, b"finding-again")
        return None

    await _acted(site, work)


async def _acted(site: Site, work: Any) -> None:
    refused = await site.store.write(work)
    if isinstance(refused, Refusal):
        raise refused


async def _held(
    tx: Tx, site: Site, signed: Signed, finding: bytes, *, open_only: bool = True
) -> Line | Refusal:
    """The finding, for somebody to whom the archive is open now."""
    line = await _own(tx, site, signed, finding)
    if line is None:
        return NotYours("finding")
    if not await still_open(tx, site, signed, line.card.resident, None):
        return NotYours("resident")
    return RuleSaysNo("done") if open_only and line.state is not State.OPEN else line


async def _done(
    tx: Tx, site: Site, signed: Signed, line: Line, state: State, note: str = ""
) -> None:
    sealed, (whose,) = None, await tx.rows(
        "SELECT who FROM checkup_finding WHERE district=? AND finding=?",
        site.district, line.finding,
    )  # fmt: skip
    key = await key_of(tx, site, whose[0])
    if note and key is not None:
        at = site.vault.at(T_CHECKUP_AFTER, line.finding + _NOTE, whose[0])
        sealed = key.seal(at, note.encode())
    await tx.run(
        "UPDATE checkup_finding SET state=?, done_at=?, done_by=?, note=? WHERE district=? AND "
        "finding=?",
        state.value, site.clock(), signed.staff, sealed, site.district, line.finding,
    )  # fmt: skip
    await _noted(tx, site, line, b"finding-" + state.value.encode() + signed.staff)


async def _noted(tx: Tx, site: Site, line: Line, what: bytes) -> None:
    """In the journal; and the plan is made again."""
    now = site.clock()
    await audit(tx, site.district, "act", what + line.finding, now)
    await touch(tx, site.district, [line.card.resident], now)
