"""Special cases: a switch before the year is over, with evidence, decided by the county.

The rule says when one is needed (server/rules/switch.py); allowed, the switch is recorded in the
same transaction. Nothing here asks the facility that the resident leaves (S000-art11).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from server.access import living
from server.actions.accounts.sessions import Signed
from server.actions.archives import decision_notes
from server.actions.archives.standing import MERGED, ResidentRow, lock_residents
from server.actions.archives.told import facility_names, staff_names
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.places import case_ends, move
from server.actions.places.switching import Standing, hold_file, open_file, read_standing
from server.actions.queues.queues import close_task, open_task, task_of
from server.actions.residents.acting import Acting, Helper, assisted
from server.actions.residents.whose import theirs
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, RuleSaysNo
from server.rules import switch as rule
from server.rules.accounts import StaffRole
from server.rules.family import Act
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import T_CASE
from sync.limits import DAY_MS

KIND: Final = case_ends.KIND


class _Said(msgspec.Struct, frozen=True):
    """What is sealed of a case."""

    evidence: str
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A special case as it is asked for. `code`: of the district's table. `id`: made with the
    form, so that a form sent twice is one case. `person`: who stands at the desk, None for the
    resident.
    """

    resident: bytes
    panel: bytes
    code: str
    evidence: str
    reason: str = ""
    id: bytes | None = None
    person: bytes | None = None


async def ask(site: Site, signed: Signed, claim: Claim) -> bytes:
    """Puts it before the county; the id of the case. Raises NotYours, NotAllowed, RuleSaysNo when
    no special case is needed or one waits already.
    """
    await open_file(site, signed, claim.resident, claim.reason)
    return await site.store.write(partial(_ask, site=site, signed=signed, claim=claim))


async def _ask(tx: Tx, site: Site, signed: Signed, claim: Claim) -> bytes:
    rows = await hold_file(tx, site, signed, claim.resident, claim.reason)
    acting = Acting(
        claim.person or claim.resident, claim.resident, Helper(signed.staff, signed.facility)
    )
    await theirs(tx, site, acting, Act.CHOOSE)
    name = await ask_in(tx, site, rows, claim, signed.staff)
    await assisted(tx, site, acting, "switch", name)
    return name


async def withdraw(
    site: Site, signed: Signed, resident: bytes, reason: str, name: bytes, person: bytes
) -> None:
    """Takes a case that waits back at the desk. `person`: who stands there. Raises NotYours,
    NotAllowed, NotTheirAct, RuleSaysNo.
    """
    await open_file(site, signed, resident, reason)

    async def write(tx: Tx) -> None:
        await hold_file(tx, site, signed, resident, reason)
        acting = Acting(person, resident, Helper(signed.staff, signed.facility))
        await theirs(tx, site, acting, Act.CHOOSE)
        await case_ends.withdraw_in(tx, site, acting, name)

    await site.store.write(write)


async def ask_in(
    tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow], claim: Claim, by: bytes
) -> bytes:
    """`ask` in the caller's transaction, which holds the resident's row and has judged who asks.

    `by`: the resident, a guardian, or the member of staff who wrote it down.
    """
    district, now = site.district, site.clock()
    if claim.id is not None and await one(
        tx, "SELECT 1 FROM special_case WHERE district=? AND special_case=? AND resident=?",
        district, claim.id, claim.resident,
    ):  # fmt: skip
        return claim.id
    panel = await one(
        tx,
        "SELECT p.facility, f.published FROM panel p JOIN facility f ON f.district=p.district AND "
        "f.facility=p.facility WHERE p.district=? AND p.panel=?",
        district, claim.panel,
    )  # fmt: skip
    if claim.resident not in rows or panel is None:
        raise NotYours
    if rows[claim.resident].status == MERGED:
        raise RuleSaysNo("merged")
    waits = await one(
        tx,
        "SELECT 1 FROM special_case WHERE district=? AND resident=? AND state='asked'",
        district, claim.resident,
    )  # fmt: skip
    if waits is not None:
        raise RuleSaysNo("case_waits")
    if await case_ends.is_needless(tx, site, claim.resident):
        raise RuleSaysNo("Granted")  # an ordinary ground is enough
    history = await move.assignments(tx, district, claim.resident)
    case = rule.SpecialCase(claim.code, bool(claim.evidence))
    request = rule.Request(
        facility=panel[0], ground=claim.code, published=bool(panel[1]), special_case=case
    )
    outcome = rule.decide(site.rules, history, request, civil_day(now))
    needed = rule.NeedsSpecialCase((rule.Need.COUNTY_DECISION,))
    if outcome != needed:
        raise RuleSaysNo(type(outcome).__name__)
    name, due = claim.id or new_id(now), now + site.rules.special_case_due_days * DAY_MS
    key = site.vault.key(claim.resident, rows[claim.resident].key)
    sealed = key.seal(
        site.vault.at(T_CASE, name, claim.resident), msgspec.json.encode(_Said(claim.evidence))
    )
    row: Row = (
        district, name, claim.resident, claim.panel, claim.code, claim.code, sealed, True,
        "asked", by, now, due, None, None,
    )  # fmt: skip
    await tx.insert("special_case", [row])
    task: Row = (district, KIND, name, claim.resident, None, now, due, None, None, "")
    await tx.insert("task", [task])
    await audit(tx, district, "act", b"case-asked" + name + claim.resident + by, now)
    return name


@dataclass(frozen=True, slots=True)
class CaseShown:
    """A special case as the resident sees it. Instants in ms UTC. state: of rule.CaseState."""

    id: bytes
    label: str
    evidence: str
    facility: str
    team: str
    state: str
    asked_at: int
    due_at: int
    decided_at: int | None
    decision: str


async def cases_of(tx: Tx, site: Site, resident: bytes) -> tuple[CaseShown, ...]:
    """Every special case of a resident, newest first; the caller has judged who looks."""
    rows = await tx.rows(
        "SELECT c.special_case, c.code, c.sealed, c.state, c.asked_at, c.due_at, c.decided_at, "
        "r.key, p.facility, p.name, s.status FROM special_case c JOIN resident r ON "
        "r.district=c.district AND r.resident=c.resident JOIN panel p ON p.district=c.district AND "
        "p.panel=c.panel LEFT JOIN switch s ON s.district=c.district AND s.switch=c.special_case "
        "WHERE c.district=? AND c.resident=? ORDER BY c.asked_at DESC, c.special_case",
        site.district, resident,
    )  # fmt: skip
    places = await facility_names(tx, site)
    labels = dict(special_grounds(site))
    made: list[CaseShown] = []
    for name, code, sealed, state, asked_at, due_at, decided_at, key, home, team, status in rows:
        undone = status in ("withdrawn", "undone")
        place = site.vault.at(T_CASE, name, resident)
        said = msgspec.json.decode(site.vault.key(resident, key).open(place, sealed), type=_Said)
        made.append(
            CaseShown(
                name, labels.get(code) or code, said.evidence, places.get(home, ""), team,
                rule.CaseState.UNDONE.value if undone else state, asked_at, due_at,
                decided_at, said.decision,
            )
        )  # fmt: skip
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Case:
    """A special case as the county sees it."""

    id: bytes
    standing: Standing
    label: str
    clause: str
    evidence: str
    facility: str
    team: str
    state: str
    asked_by: str
    asked_at: int
    due_at: int
    decided_by: str
    decided_at: int | None
    decision: str


async def case(site: Site, signed: Signed, name: bytes, reason: str) -> Case:
    """Raises NotYours, NotAllowed; the opening of the archive is logged."""
    if signed.role is not StaffRole.COUNTY:
        raise NotYours
    task = await site.store.read(
        partial(task_of, site=site, signed=signed, kind=KIND, subject=name)
    )
    assert task.resident is not None
    await open_file(site, signed, task.resident, reason)
    return await site.store.read(partial(_case, site=site, name=name))


async def _case(tx: Tx, site: Site, name: bytes) -> Case:
    row = await one(
        tx,
        "SELECT c.resident, c.panel, c.code, c.sealed, c.state, c.asked_by, c.asked_at, c.due_at, "
        "c.decided_by, c.decided_at, r.key, p.facility, p.name FROM special_case c JOIN resident r "
        "ON r.district=c.district AND r.resident=c.resident JOIN panel p ON p.district=c.district "
        "AND p.panel=c.panel WHERE c.district=? AND c.special_case=?",
        site.district, name,
    )  # fmt: skip
    if row is None:
        raise NotYours
    resident, _, code, sealed, state, asked_by, asked_at, due_at, by, at, key, home, team = row
    place = site.vault.at(T_CASE, name, resident)
    said = msgspec.json.decode(site.vault.key(resident, key).open(place, sealed), type=_Said)
    known = next((each for each in site.rules.special_cases if each.code == code), None)
    names = await staff_names(tx, site, {asked_by, *([by] if by else [])})
    places = await facility_names(tx, site)
    return Case(
        id=name,
        standing=await read_standing(tx, site, await living(tx, site.district, resident), None),
        label=known.label if known else code, clause=known.clause if known else "",
        evidence=said.evidence, facility=places.get(home, ""), team=team, state=state,
        asked_by=names.get(asked_by, ""), asked_at=asked_at, due_at=due_at,
        decided_by=names.get(by, "") if by else "", decided_at=at, decision=said.decision,
    )  # fmt: skip


async def decide(site: Site, signed: Signed, name: bytes, *, allow: bool, text: str) -> None:
    """The county allows it, and the switch is recorded in the same transaction; or refuses it
    with a reason. Raises NotYours, RuleSaysNo.
    """
    if signed.role is not StaffRole.COUNTY:
        raise NotYours
    if not allow and not text:
        raise RuleSaysNo("reason_missing")
    await site.store.write(
        partial(_decide, site=site, signed=signed, name=name, allow=allow, text=text)
    )


async def _decide(tx: Tx, site: Site, signed: Signed, name: bytes, allow: bool, text: str) -> None:
    district, now = site.district, site.clock()
    task = await open_task(tx, site, signed, KIND, name)
    row = await one(
        tx,
        "SELECT resident, panel, code, sealed, has_evidence FROM special_case WHERE district=? "
        "AND special_case=? AND state='asked'",
        district, name,
    )  # fmt: skip
    if row is None:
        raise NotYours
    asked_for, panel, code, sealed, evidence = row  # of an archive that may be merged by now
    resident = await living(tx, district, asked_for)
    rows = await lock_residents(tx, district, {asked_for, resident}, cells_of=())
    if allow and await case_ends.is_needless(tx, site, resident):
        raise RuleSaysNo("Granted")  # its ground is gone: no year runs any more
    state = "allowed" if allow else "refused"
    await close_task(tx, site, signed, task, state)  # of two who decide, one gets past here
    key = site.vault.key(asked_for, rows[asked_for].key)
    place = site.vault.at(T_CASE, name, asked_for)
    said = msgspec.json.decode(key.open(place, sealed), type=_Said)
    again = key.seal(place, msgspec.json.encode(_Said(said.evidence, text)))
    await tx.run(
        "UPDATE special_case SET state=?, decided_by=?, decided_at=?, sealed=? WHERE district=? "
        "AND special_case=?",
        state, signed.staff, now, again, district, name,
    )  # fmt: skip
    await decision_notes.keep(
        tx, site, subject=name, kind=KIND, audience=decision_notes.FOR_RESIDENT,
        resident=resident, staff=signed.staff, made=None, text=text,
    )  # fmt: skip
    await audit(tx, district, "act", b"case-" + state.encode() + name + signed.staff, now)
    await tell(tx, site, resident, "case_answered", about=name, day=civil_day(now))
    if allow:
        granted = rule.SpecialCase(code, bool(evidence), rule.CaseState.ALLOWED)
        ask_ = move.Ask(
            resident=resident, panel=panel, ground=code, by=signed.staff, special_case=granted,
            person=resident, id=name,
        )  # fmt: skip
        outcome = await move.switch_in(tx, site, ask_)
        if not isinstance(outcome, rule.Granted):
            raise RuleSaysNo(type(outcome).__name__)


def special_grounds(site: Site) -> Sequence[tuple[str, str]]:
    """Special cases of the district's table: code, label."""
    return [(each.code, each.label) for each in site.rules.special_cases]
