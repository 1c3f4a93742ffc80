"""Steps in the life of an archive, taken at the console: by the rule, with evidence, undoable.

A step writes the register cell `archive_status` as an ordinary decision, so tablets learn of it by
their pages, and the row's state with what follows from it (server/rules/life.py) in one act.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.ledger import Archive, Ledger
from server.actions.archives.register_edit import hold, lay
from server.actions.archives.standing import names_of
from server.actions.archives.status import CELL, move, set_state
from server.actions.archives.stays import came_back, keep_temporary
from server.actions.archives.told import staff_names
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.actions.tablets.settle import settle_conflicts
from server.errors import NotFound, NotYours, RuleSaysNo
from server.records.kinds import REGISTER
from server.rules.life import MAY_UNDO, STATES, Asked, Life, May, No, decide
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_LIFE
from sync.merge import EMPTY, choose

_DAY_FIELDS: Final = ("birth_date", "residence_since")


@dataclass(frozen=True, slots=True)
class Taken:
    """One step of the history, newest first on pages. `register`: it came by a tablet's entry."""

    n: int
    before: Life
    after: Life
    day: date
    at: int
    staff: bytes
    evidence: str
    undone_at: int | None

    @property
    def by_rule(self) -> bool:
        """The system took it, when the months were over."""
        return self.staff == NOBODY


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt to reach the resident."""

    day: date
    at: int
    staff: bytes
    how: str


@dataclass(frozen=True, slots=True)
class History:
    """What the page of the steps shows."""

    resident: bytes
    state: Life
    steps: Sequence[Taken]
    tries: Sequence[Tried]
    may_undo: bool
    names: Mapping[bytes, str]  # of the staff who took steps and tried


def in_place(signed: Signed, facility: bytes | None) -> bool:
    """Whether an archive of that facility is in somebody's place in the tree."""
    return signed.oversees or (facility is not None and facility == signed.facility)


async def held(tx: Tx, site: Site, signed: Signed, resident: bytes) -> tuple[Ledger, Archive]:
    """The archive under its lock. Raises NotYours: another facility's answers like nobody's."""
    try:
        ledger = await hold(tx, site, {resident})
    except NotFound:
        raise NotYours("resident") from None
    archive = ledger.archives[resident]
    if not in_place(signed, archive.row.facility):
        raise NotYours("resident")
    return ledger, archive


def shown_text(archive: Archive, cell: str) -> str:
    value = choose(archive.cells().get(cell, EMPTY), REGISTER.policy_of(cell)).value
    return str(value) if value is not None else ""


def _day_of(archive: Archive, cell: str) -> date | None:
    text = shown_text(archive, cell)
    return date.fromisoformat(text) if text else None


async def step(site: Site, signed: Signed, resident: bytes, asked: Asked) -> May | No:
    """Takes the step where the rule allows it. Raises NotYours."""
    return await site.store.write(
        partial(_step, site=site, signed=signed, resident=resident, asked=asked)
    )


async def _step(tx: Tx, site: Site, signed: Signed, resident: bytes, asked: Asked) -> May | No:
    ledger, archive = await held(tx, site, signed, resident)
    row, now = archive.row, ledger.now
    birth, since = (_day_of(archive, cell) for cell in _DAY_FIELDS)
    known = Asked(
        asked.after, asked.day, asked.evidence,
        tried_on=tuple(each.day for each in await _tries(tx, site, resident, row.key)), since=since,
    )  # fmt: skip
    answer = decide(
        site.rules, Life(row.status), known, signed.role, today=civil_day(now), birth=birth
    )
    if isinstance(answer, No):
        return answer
    after = asked.after
    change = lay(
        site, ledger, resident, {CELL: STATES[after].code}, staff=signed.staff, author="registrar",
        on=asked.day.isoformat(),
    )  # fmt: skip
    await move(
        tx, site.vault, row, after, day=asked.day.isoformat(), staff=signed.staff, now=now,
        change=change, evidence=asked.evidence.strip(),
    )  # fmt: skip
    if after is Life.TEMPORARY:
        said = since.isoformat() if since else ""
        await came_back(tx, site.district, resident, day=asked.day.isoformat(), said=said)
    await settle_conflicts(tx, site, ledger, signed.staff)
    await ledger.flush(tx, "act", b"decision" + change + b"step" + after.encode())
    return answer


async def undo(site: Site, signed: Signed, resident: bytes) -> Life:
    """Takes the newest step back: the state before it holds again, with sign-in as it was.

    Raises NotYours, RuleSaysNo.
    """
    return await site.store.write(partial(_undo, site=site, signed=signed, resident=resident))


async def _undo(tx: Tx, site: Site, signed: Signed, resident: bytes) -> Life:
    ledger, archive = await held(tx, site, signed, resident)
    row, now = archive.row, ledger.now
    if signed.role not in MAY_UNDO:
        raise RuleSaysNo("not_this_role")
    last = await one(
        tx,
        "SELECT n, before, after, phone_index FROM life_step WHERE district=? AND resident=? "
        "AND undone_at IS NULL ORDER BY n DESC LIMIT 1",
        site.district,
        resident,
    )
    if last is None or row.status == Life.MERGED or last[2] != row.status:
        raise RuleSaysNo("nothing_to_undo")
    n, before = last[0], Life(last[1])
    change = lay(
        site, ledger, resident, {CELL: STATES[before].code}, staff=signed.staff, author="registrar"
    )
    phone = await one(
        tx, "SELECT phone_index FROM resident WHERE district=? AND resident=?",
        site.district, resident,
    )  # fmt: skip
    assert phone is not None
    back = last[3] if not STATES[Life(last[2])].sign_in else phone[0]
    await set_state(tx, site.district, row, before, phone=back)
    await tx.run(
        "UPDATE life_step SET undone_at=?, undone_by=? WHERE district=? AND resident=? AND n=?",
        now, signed.staff, site.district, resident, n,
    )  # fmt: skip
    if (before, last[2]) == (Life.TEMPORARY, Life.USUAL):
        await keep_temporary(tx, site.district, resident)
    if STATES[before].due:
        await tx.run(
            "UPDATE task SET closed_at=NULL, closed_by=NULL, result='' WHERE district=? AND "
            "resident=? AND kind LIKE 'due%' AND result=?",
            site.district, resident, last[2],
        )  # fmt: skip
    await settle_conflicts(tx, site, ledger, signed.staff)
    await ledger.flush(tx, "act", b"decision" + change + b"undone" + n.to_bytes(4))
    return before


async def note_try(site: Site, signed: Signed, resident: bytes, *, day: date, how: str) -> None:
    """One attempt to reach the resident, with its day. Raises NotYours, RuleSaysNo."""

    async def work(tx: Tx) -> None:
        row = await seen(tx, site, signed, resident)
        now = site.clock()
        if day > civil_day(now):
            raise RuleSaysNo(No.DAY_IN_FUTURE)
        attempt = new_id(now)
        sealed = site.vault.key(resident, row.key).seal(
            site.vault.at(T_LIFE, attempt, resident), how.strip().encode()
        )
        line: Row = (site.district, resident, attempt, day.isoformat(), now, signed.staff, sealed)
        await tx.insert("life_try", [line])
        await audit(tx, site.district, "act", b"tried" + resident + attempt, now)

    await site.store.write(work)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page needs before it shows anything."""

    resident: bytes
    key: bytes
    status: str
    facility: bytes | None


async def seen(tx: Tx, site: Site, signed: Signed, resident: bytes) -> Seen:
    """The archive as it is now, without its lock. Raises NotYours, as `held`."""
    row = await one(
        tx,
        "SELECT resident, key, status, facility FROM resident WHERE district=? AND resident=?",
        site.district,
        resident,
    )
    if row is None or not in_place(signed, row[3]):
        raise NotYours("resident")
    return Seen(*row)


async def _tries(tx: Tx, site: Site, who: bytes, wrapped: bytes) -> list[Tried]:
    """Tries since the last step that still stands, newest first."""
    since = await one(
        tx,
        "SELECT MAX(at) FROM life_step WHERE district=? AND resident=? AND undone_at IS NULL",
        site.district,
        who,
    )
    rows = await tx.rows(
        "SELECT attempt, day, at, staff, sealed FROM life_try WHERE district=? AND resident=? "
        "AND at>? ORDER BY day DESC, attempt DESC",
        site.district, who, (since[0] if since else None) or -1,
    )  # fmt: skip
    key = site.vault.key(who, wrapped)
    return [
        Tried(
            date.fromisoformat(day), at, staff,
            key.open(site.vault.at(T_LIFE, attempt, who), sealed).decode(),
        )
        for attempt, day, at, staff, sealed in rows
    ]  # fmt: skip


async def history(site: Site, signed: Signed, resident: bytes) -> History:
    """Steps and tries of an archive in one's place. Raises NotYours."""
    return await site.store.read(partial(_history, site=site, signed=signed, resident=resident))


async def _history(tx: Tx, site: Site, signed: Signed, resident: bytes) -> History:
    row = await seen(tx, site, signed, resident)
    found = await tx.rows_in(
        "SELECT s.n, s.before, s.after, s.day, s.at, s.staff, s.sealed, s.undone_at, s.resident, "
        "r.key FROM life_step s JOIN resident r ON r.district=s.district AND "
        "r.resident=s.resident WHERE s.district=? AND s.resident {ids}",
        await names_of(tx, site.district, resident),
        site.district,
    )
    own: list[Taken] = []
    steps: list[Taken] = []  # also of archives merged into this one
    for n, before, after, day, at, staff, sealed, undone, who, key in found:
        place = site.vault.at(T_LIFE, who, who, n)
        taken = Taken(
            n, Life(before), Life(after), date.fromisoformat(day), at, staff,
            site.vault.key(who, key).open(place, sealed).decode(), undone,
        )  # fmt: skip
        steps.append(taken)
        own += [taken] if who == resident else []
    for some in (own, steps):
        some.sort(key=lambda each: (each.at, each.n), reverse=True)
    state = Life(row.status)
    standing = next((each for each in own if each.undone_at is None), None)
    may = (
        standing is not None and standing.after is state and state is not Life.MERGED
        and signed.role in MAY_UNDO
    )  # fmt: skip
    tries = await _tries(tx, site, resident, row.key)
    names = await staff_names(tx, site, {each.staff for each in (*steps, *tries)})
    return History(resident, state, steps, tries, may, names)


async def living_since(site: Site, signed: Signed, resident: bytes) -> date | None:
    """The first day of living here, as the register says. Raises NotYours."""

    async def work(tx: Tx) -> date | None:
        _, archive = await held(tx, site, signed, resident)
        return _day_of(archive, "residence_since")

    return await site.store.write(work)
