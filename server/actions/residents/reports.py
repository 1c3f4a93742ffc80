"""这次不该看: a resident reports a row of the access log. The facility explains, the county
decides, the resident reads both. Nobody takes a report away.

Two tasks run from the start: the manager's to explain, the county's to decide; the county need not
wait for the manager. Nobody answers for their own look: of the county another officer decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from crypto.columns import DataKey
from server.actions.accounts.sessions import Signed
from server.actions.archives.ledger import TASK_DAYS
from server.actions.archives.standing import names_of
from server.actions.archives.told import facility_names, staff_names
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.queues.queues import close_task, open_task, task_of
from server.actions.residents.acting import Acting, assisted
from server.actions.residents.looked import Look, look, told_row
from server.actions.residents.people import Person, key_of, people_of
from server.actions.tablets.intake import civil_day
from server.errors import NotFound, NotYours, RuleSaysNo
from server.rules.accounts import StaffRole
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one
from server.store.vault import T_REPORT
from sync.limits import DAY_MS

EXPLAIN: Final = "access_report"  # the facility's task
REVIEW: Final = "access_review"  # the county's
WORDS_MAX: Final = 300
PROPER, IMPROPER = "proper", "improper"


class Said(msgspec.Struct, frozen=True):
    """What is sealed of a report: the resident's words, the facility's, the county's."""

    words: str
    explained: str = ""
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One report with the row it is about. state: open | decided; result: proper | improper.
    `facility`: that explains, "" for a look of the county. `reader`: id of who looked.
    """

    id: bytes
    look: Look
    at: int
    due_at: int
    state: str
    words: str
    explained: str
    explained_by: str
    explained_at: int | None
    decision: str
    decided_by: str
    decided_at: int | None
    result: str
    facility: str
    resident: Person
    reader: bytes
    by_family: bool
    at_desk: bool

    @property
    def explain_by(self) -> int:
        """Until when the facility explains it; ms UTC."""
        return self.at + TASK_DAYS[EXPLAIN] * DAY_MS


async def report(site: Site, acting: Acting, entry: bytes, words: str) -> bytes:
    """The report's id; of a row that was reported already the one that is there. Raises NotFound
    for a row of another archive, RuleSaysNo("words" | "own" | "refused").
    """
    return await site.store.write(
        partial(_report, site=site, acting=acting, entry=entry, words=words)
    )


async def _report(tx: Tx, site: Site, acting: Acting, entry: bytes, words: str) -> bytes:
    text = words.strip()[:WORDS_MAX]
    district, resident, now = site.district, acting.resident, site.clock()
    await tx.rows(
        f"SELECT resident FROM resident WHERE district=? AND resident=?{locking(tx)}",
        district, resident,
    )  # fmt: skip
    found = await look(tx, site, acting, entry)
    if found is None:
        raise NotFound("entry")
    shown, (_, _, _, facility) = found
    there = await one(
        tx, "SELECT report FROM access_report WHERE district=? AND resident=? AND entry=?",
        district, resident, entry,
    )  # fmt: skip
    if there is not None:
        return there[0]
    if shown.own:
        raise RuleSaysNo("own")
    if not text:
        raise RuleSaysNo("words")
    key = await key_of(tx, site, resident)
    assert key is not None
    name, due = new_id(now), now + TASK_DAYS[REVIEW] * DAY_MS
    hand = acting.helper.staff if acting.helper is not None else None
    sealed = key.seal(site.vault.at(T_REPORT, name, resident), msgspec.json.encode(Said(text)))
    row: Row = (
        district, name, resident, entry, facility, acting.person, hand, now, due, "open", None,
        None, None, None, "", sealed,
    )  # fmt: skip
    await tx.insert("access_report", [row])
    tasks: list[Row] = [(district, REVIEW, name, resident, None, now, due, None, None, "")]
    if facility is not None and not await _is_county(tx, site, facility):
        soon = now + TASK_DAYS[EXPLAIN] * DAY_MS
        tasks.append((district, EXPLAIN, name, resident, facility, now, soon, None, None, ""))
    await tx.insert("task", tasks)
    await audit(tx, district, "act", b"access-report" + resident + name + entry, now)
    await assisted(tx, site, acting, "report", name)
    await tell(tx, site, resident, "access_report_received", about=name, day=civil_day(due))
    return name


async def _reader(tx: Tx, site: Site, entry: bytes) -> bytes:
    """Who looked."""
    (row,) = await tx.rows(
        "SELECT staff FROM access_log WHERE district=? AND entry=?", site.district, entry
    )
    return row[0]


async def _is_county(tx: Tx, site: Site, facility: bytes) -> bool:
    row = await one(
        tx, "SELECT level FROM facility WHERE district=? AND facility=?", site.district, facility
    )
    return row is not None and row[0] in ("county", "city")


_REPORT: Final = (
    "report, resident, entry, facility, person, hand, at, due_at, state, explained_at, "
    "explained_by, decided_at, decided_by, result, sealed"
)


async def reports_of(site: Site, acting: Acting) -> Sequence[Report]:
    """What was reported of this archive, newest first."""

    async def read(tx: Tx) -> Sequence[Report]:
        names = await names_of(tx, site.district, acting.resident)  # also from before a merge
        rows = await tx.rows_in(
            f"SELECT {_REPORT} FROM access_report WHERE district=? AND resident {{ids}} "
            "ORDER BY at DESC",
            names, site.district,
        )  # fmt: skip
        return [await _told(tx, site, row) for row in rows]

    return await site.store.read(read)


async def about(site: Site, acting: Acting, entry: bytes) -> Report | None:
    """The report of one row; None where it was not reported, or is of another archive."""
    every = await reports_of(site, acting)
    return next((each for each in every if each.look.entry == entry), None)


async def _told(tx: Tx, site: Site, row: Row) -> Report:
    (name, resident, entry, facility, person, hand, at, due, state, explained_at, explained_by,
     decided_at, decided_by, result, sealed) = row  # fmt: skip
    key = await key_of(tx, site, resident)
    assert key is not None
    said = _open(site, key, name, resident, sealed)
    names = await staff_names(tx, site, {x for x in (explained_by, decided_by) if x is not None})
    places = await facility_names(tx, site)
    people = await people_of(tx, site, {resident})
    shown = await told_row(tx, site, resident, entry)
    reader = await _reader(tx, site, entry)
    of = "" if facility is None or await _is_county(tx, site, facility) else places[facility]
    return Report(
        name, shown, at, due, state, said.words, said.explained,
        names.get(explained_by, "") if explained_by else "", explained_at, said.decision,
        names.get(decided_by, "") if decided_by else "", decided_at, result,
        of, people[resident], reader,
        person != resident, hand is not None,
    )  # fmt: skip


def _open(site: Site, key: DataKey, name: bytes, resident: bytes, sealed: bytes) -> Said:
    plain = key.open(site.vault.at(T_REPORT, name, resident), sealed)
    return msgspec.json.decode(plain, type=Said)


# The facility and the county.


async def report_for(site: Site, signed: Signed, name: bytes) -> Report:
    """For the manager of the facility that looked, or the county. Raises NotYours."""
    return await site.store.read(partial(_report_for, site=site, signed=signed, name=name))


async def _report_for(tx: Tx, site: Site, signed: Signed, name: bytes) -> Report:
    row = await one(
        tx, f"SELECT {_REPORT} FROM access_report WHERE district=? AND report=?",
        site.district, name,
    )  # fmt: skip
    if row is None or signed.role not in (StaffRole.MANAGER, StaffRole.COUNTY):
        raise NotYours
    if signed.role is StaffRole.MANAGER:
        await task_of(tx, site, signed, EXPLAIN, name)  # of the own place, or NotYours
    return await _told(tx, site, row)


async def explain(site: Site, signed: Signed, name: bytes, words: str) -> None:
    """The facility says why it looked; the resident reads it as written. Once. Raises NotYours,
    RuleSaysNo("words").
    """
    if signed.role is not StaffRole.MANAGER:
        raise NotYours
    await site.store.write(
        partial(_say, site=site, signed=signed, name=name, words=words, result="")
    )


async def decide(site: Site, signed: Signed, name: bytes, words: str, *, proper: bool) -> None:
    """The county says whether it was proper. Raises NotYours, RuleSaysNo("words"), and of the own
    look RuleSaysNo("own_look").
    """
    if signed.role is not StaffRole.COUNTY:
        raise NotYours
    result = PROPER if proper else IMPROPER
    await site.store.write(
        partial(_say, site=site, signed=signed, name=name, words=words, result=result)
    )


async def _say(tx: Tx, site: Site, signed: Signed, name: bytes, words: str, result: str) -> None:
    """`result` "": the facility's words; else the county's, which end both tasks."""
    text, now, district = words.strip()[:WORDS_MAX], site.clock(), site.district
    if not text:
        raise RuleSaysNo("words")
    task = await open_task(tx, site, signed, REVIEW if result else EXPLAIN, name)
    row = await one(
        tx, "SELECT resident, entry, sealed FROM access_report WHERE district=? AND report=? AND "
        f"state='open'{locking(tx)}",
        district, name,
    )  # fmt: skip
    if row is None:
        raise NotYours
    resident, entry, sealed = row
    if result and await _reader(tx, site, entry) == signed.staff:
        raise RuleSaysNo("own_look")
    await close_task(tx, site, signed, task, result or "explained")
    key = await key_of(tx, site, resident)
    assert key is not None
    said = _open(site, key, name, resident, sealed)
    kept = Said(said.words, said.explained, text) if result else Said(said.words, text)
    again = key.seal(site.vault.at(T_REPORT, name, resident), msgspec.json.encode(kept))
    put = "decided_at=?, decided_by=?, result=?, state='decided'" if result else (
        "explained_at=?, explained_by=?, result=?"
    )  # fmt: skip
    await tx.run(
        f"UPDATE access_report SET {put}, sealed=? WHERE district=? AND report=?",
        now, signed.staff, result, again, district, name,
    )  # fmt: skip
    if result:
        await tx.run(
            "UPDATE task SET closed_at=?, closed_by=?, result=? WHERE district=? AND kind=? AND "
            "subject=? AND closed_at IS NULL",
            now, signed.staff, result, district, EXPLAIN, name,
        )  # fmt: skip
    await audit(tx, district, "act", b"report-" + (result or "said").encode() + name, now)
    await tell(tx, site, resident, "access_report_answered", about=name, day=civil_day(now))
