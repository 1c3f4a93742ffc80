"""A resident's switch to another responsible facility (S000-art11¶3-a): archive and
service move together.

The rule decides, the move is one transaction: assignment closed and opened, leave and enter in
the feeds, open tasks handed over. Nothing asks the old facility. What its tablets still hold is
judged when it arrives (sync.reconcile).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from server.actions.archives.consented import settle
from server.actions.archives.ledger import ASSIGNED, COUNTYS, Ledger
from server.actions.archives.membership import enter, leave
from server.actions.archives.standing import MERGED, ResidentRow, lock_residents
from server.actions.archives.touched import touch
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.places import handovers
from server.actions.places.switch_rows import asked_since, assignments, is_over, sent_before
from server.actions.plan import remake as plans
from server.actions.tablets.intake import civil_day
from server.errors import NotFound, RuleSaysNo
from server.rules import switch as rule
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import T_SWITCH

_BY_CHOICE = frozenset({rule.Cause.CHOICE, rule.Cause.SPECIAL, rule.Cause.ERROR})

Place = tuple[bytes | None, bytes | None]
"""(facility, team) a resident belongs to. Without a team a person will choose; with one the
facility is the team's.
"""


@dataclass(frozen=True, slots=True)
class Ask:
    """What the resident asks for. `by`: whose hand it is, a member of staff or the resident.

    `person`: who wants it, the resident or a guardian; None where an operator writes it down.
    `id`: made with the form, so that a form sent twice is one switch. `signed_at`: ms UTC at which
    it was signed where there was no network; it counts from then, whoever was slow to bring it.
    """

    resident: bytes
    panel: bytes
    ground: str
    by: bytes
    from_day: date | None = None
    at_new_desk: bool = False
    special_case: rule.SpecialCase | None = None
    person: bytes | None = None
    id: bytes | None = None
    signed_at: int | None = None


async def switch(site: Site, ask: Ask) -> rule.Outcome:
    """The outcome of the rule; when granted, recorded, and carried out if its day is today."""
    return await site.store.write(partial(switch_in, site=site, ask=ask))


async def switch_in(tx: Tx, site: Site, ask: Ask) -> rule.Outcome:
    """`switch` in the caller's transaction."""
    now = site.clock()
    today = civil_day(now)
    panel = await one(
        tx,
        "SELECT p.facility, f.published FROM panel p JOIN facility f ON f.district=p.district "
        "AND f.facility=p.facility WHERE p.district=? AND p.panel=?",
        site.district,
        ask.panel,
    )
    rows = await lock_residents(tx, site.district, {ask.resident})
    if panel is None or ask.resident not in rows:
        raise NotFound("panel" if panel is None else "resident")
    if rows[ask.resident].status == MERGED:
        raise RuleSaysNo("merged")
    already = await sent_before(tx, site.district, ask.resident, ask.id)
    if already is not None:
        return already
    signed = now if ask.signed_at is None else min(ask.signed_at, now)
    if await asked_since(tx, site.district, ask.resident, signed):
        raise RuleSaysNo("asked_since")
    history = await assignments(tx, site.district, ask.resident)
    request = rule.Request(
        facility=panel[0],
        ground=ask.ground,
        published=bool(panel[1]),
        from_day=ask.from_day,
        at_new_desk=ask.at_new_desk,
        special_case=ask.special_case,
    )
    outcome = rule.decide(site.rules, history, request, civil_day(signed))
    if not isinstance(outcome, rule.Granted):
        return outcome
    # Nobody becomes responsible for the past: a day that went by on the way is today.
    granted = rule.Granted(max(outcome.from_day, today), outcome.cause)
    await _record(tx, site, replace(ask, signed_at=signed), rows[ask.resident], panel[0], granted)
    return granted


async def _record(
    tx: Tx, site: Site, ask: Ask, row: ResidentRow, facility: bytes, granted: rule.Granted
) -> None:
    """Writes the switch down, and carries it out when its day is today."""
    now, day = site.clock(), granted.from_day.isoformat()
    # One open request a resident: the newest replaces an earlier one that has not begun.
    await tx.run(
        "UPDATE switch SET status='withdrawn' WHERE district=? AND resident=? AND "
        "status='scheduled'",
        site.district,
        ask.resident,
    )
    status = "done" if granted.from_day <= civil_day(now) else "scheduled"
    name = ask.id or new_id(now)
    place = site.vault.at(T_SWITCH, name, ask.resident)
    sealed = site.vault.key(ask.resident, row.key).seal(place, ask.ground.encode())
    hand = ask.by if ask.person is not None else None
    asked_at = now if ask.signed_at is None else ask.signed_at
    new: Row = (
        site.district, ask.resident, name, facility, ask.panel, granted.cause.value, asked_at, day,
        status, ask.person, hand, sealed,
    )  # fmt: skip
    await tx.insert("switch", [new])
    await audit(tx, site.district, "act", b"asked" + ask.resident + ask.panel + ask.by, now)
    if status == "done":
        await _carry_out(tx, site, ask.resident, ask.panel, granted.cause, day, now)
    else:
        await tell(
            tx, site, ask.resident, "switch_received", about=name, facility=facility,
            day=granted.from_day,
        )  # fmt: skip


async def _carry_out(
    tx: Tx, site: Site, resident: bytes, panel: bytes, cause: rule.Cause, day: str, now: int
) -> None:
    """The move itself. The resident's row is locked; panels are locked by the flush."""
    detail = b"switch" + resident + panel
    before = (await lock_residents(tx, site.district, {resident}, cells_of=()))[resident]
    await reassign(tx, site, {resident: (None, panel)}, cause, day, detail, now)
    await handovers.begin(tx, site, before, panel)
    if cause is not rule.Cause.ERROR:
        home = await one(
            tx, "SELECT facility FROM panel WHERE district=? AND panel=?", site.district, panel
        )
        assert home is not None
        since = date.fromisoformat(day)
        await tell(tx, site, resident, "switch_effective", facility=home[0], day=since)


async def reassign(
    tx: Tx,
    site: Site,
    places: Mapping[bytes, Place],
    cause: rule.Cause,
    day: str,
    detail: bytes,
    now: int,
) -> None:
    """Several residents to their new places in one flush.

    The caller has judged that it may be; `day` is the first day with the new facility, `detail`
    goes into the audit leaf. Raises KeyError for a team or resident that is not there.
    """
    district = site.district
    rows = await lock_residents(tx, district, set(places), cells_of=())
    teams = sorted({panel for _, panel in places.values() if panel is not None})
    found = await tx.rows_in(
        "SELECT panel, facility FROM panel WHERE district=? AND panel {ids}", teams, district
    ) if teams else ()  # fmt: skip
    homes: dict[bytes, bytes] = dict(found)
    facilities = {who: homes[p] if p else at for who, (at, p) in places.items()}
    epoch = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", district)
    assert epoch is not None
    ledger = Ledger(district, site.vault, now, epoch[0])
    for resident, (_, panel) in places.items():
        if cause in _BY_CHOICE and rows[resident].facility not in (None, facilities[resident]):
            await _end_consents(tx, ledger, rows[resident])
        await _change_panel(tx, ledger, rows[resident], panel)
    key = ("district", "resident")
    placed = [(district, who, p, facilities[who]) for who, (_, p) in places.items()]
    await tx.update("resident", key, ("panel", "facility"), placed)
    await plans.moved(tx, district, {who: (facilities[who], p) for who, (_, p) in places.items()})
    for who, at in facilities.items():
        await tx.run(
            "UPDATE task SET facility=? WHERE district=? AND resident=? AND closed_at IS NULL "
            f"AND kind NOT IN {COUNTYS}",
            at, district, who,
        )  # fmt: skip
    await ledger.flush(tx, "act", detail)
    await touch(tx, district, places, now)
    for who, (_, panel) in places.items():
        new = (panel, homes[panel]) if panel else None
        await _turn_page(tx, ledger, who, rows[who].panel, new, cause, day)


async def _end_consents(tx: Tx, ledger: Ledger, row: ResidentRow) -> None:
    """What the resident had agreed to for the facility that is left ends with the leaving."""
    district, who, left = ledger.district, row.resident, row.facility
    await tx.run(
        "UPDATE consent SET revoked_at=? WHERE district=? AND resident=? AND facility=? AND "
        "revoked_at IS NULL AND until>?",
        ledger.now, district, who, left, ledger.now,
    )  # fmt: skip
    for (panel,) in await tx.rows(
        "SELECT m.panel FROM member m JOIN panel p ON p.district=m.district AND p.panel=m.panel "
        "WHERE m.district=? AND m.resident=? AND p.facility=? AND m.ground<>? ORDER BY m.panel",
        district, who, left, ASSIGNED,
    ):  # fmt: skip
        await settle(tx, ledger, row, panel)


async def _change_panel(tx: Tx, ledger: Ledger, row: ResidentRow, panel: bytes | None) -> None:
    if row.panel is not None:
        await leave(tx, ledger, row, row.panel)
    if panel is None:
        return
    consented = await one(
        tx,
        "SELECT ground FROM member WHERE district=? AND panel=? AND resident=?",
        ledger.district, panel, row.resident,
    )  # fmt: skip
    if consented is not None:
        await leave(tx, ledger, row, panel)  # read by consent so far, theirs from now on
    await enter(tx, ledger, row, panel, ground="assigned", until=None)


async def _turn_page(
    tx: Tx,
    ledger: Ledger,
    resident: bytes,
    old: bytes | None,
    new: tuple[bytes, bytes] | None,
    cause: rule.Cause,
    day: str,
) -> None:
    """Closes the assignment with the csn of its leave, opens the next."""
    district = ledger.district
    last = await one(
        tx,
        "SELECT COALESCE(MAX(n), 0) FROM assignment WHERE district=? AND resident=?",
        district,
        resident,
    )
    assert last is not None
    if old is not None:
        await tx.run(
            "UPDATE assignment SET until_day=?, moved_at=?, leave_csn=? WHERE district=? AND "
            "resident=? AND until_day IS NULL",
            day, ledger.now, ledger.leaves_at.get((old, resident), 0), district, resident,
        )  # fmt: skip
    if new is None:
        return
    counts = cause in (rule.Cause.CHOICE, rule.Cause.SPECIAL)
    panel, facility = new
    row: Row = (district, resident, last[0] + 1, facility, panel, cause.value, day)
    await tx.insert("assignment", [(*row, None, None, None, counts, False)])


async def begin_due(site: Site) -> int:
    """Carries out scheduled switches whose day has come. Returns how many. That of somebody who
    has died since waits, in case it was somebody else.
    """
    today = civil_day(site.clock()).isoformat()
    due = await site.store.write(
        lambda tx: tx.rows(
            "SELECT s.resident, s.switch FROM switch s JOIN resident r ON r.district=s.district "
            "AND r.resident=s.resident AND r.status<>'dead' WHERE s.district=? AND "
            "s.status='scheduled' AND s.from_day<=? ORDER BY s.from_day LIMIT 500",
            site.district,
            today,
        )
    )
    for resident, request in due:
        await site.store.write(partial(_begin, site=site, resident=resident, request=request))
    return len(due)


async def _begin(tx: Tx, site: Site, resident: bytes, request: bytes) -> None:
    await lock_residents(tx, site.district, {resident})
    row = await one(
        tx,
        "SELECT panel, cause, from_day FROM switch WHERE district=? AND resident=? AND switch=? "
        "AND status='scheduled'",
        site.district, resident, request,
    )  # fmt: skip
    if row is None:
        return
    await tx.run(
        "UPDATE switch SET status='done' WHERE district=? AND resident=? AND switch=?",
        site.district, resident, request,
    )  # fmt: skip
    await _carry_out(tx, site, resident, row[0], rule.Cause(row[1]), row[2], site.clock())


async def undo(site: Site, resident: bytes) -> None:
    """The resident takes the newest switch back in time: it does not use up the year."""
    await site.store.write(partial(undo_in, site=site, resident=resident))


async def undo_in(tx: Tx, site: Site, resident: bytes, of: bytes | None = None) -> bool:
    """`undo` in the caller's transaction. `of`: the switch that the form showed; a form sent twice
    takes that one back once, and never an older one. Whether this took it back. Raises RuleSaysNo.
    """
    rows = await lock_residents(tx, site.district, {resident})
    if resident in rows and rows[resident].status == MERGED:
        raise RuleSaysNo("merged")  # the archive that stands for it has its own team
    now = site.clock()
    if of is not None and await is_over(tx, site.district, resident, of):
        return False
    waiting = await tx.run(
        "UPDATE switch SET status='withdrawn' WHERE district=? AND resident=? "
        "AND status='scheduled'",
        site.district,
        resident,
    )
    if waiting:
        await audit(tx, site.district, "act", b"withdrawn" + resident, now)
        await tell(tx, site, resident, "switch_undone", day=civil_day(now))
        return True
    history = await assignments(tx, site.district, resident)
    if not rule.may_undo(site.rules, history, civil_day(now)):
        raise RuleSaysNo("undo_over")
    back = await one(
        tx,
        "SELECT panel FROM assignment WHERE district=? AND resident=? AND undone=? "
        "AND until_day IS NOT NULL ORDER BY n DESC LIMIT 1",
        site.district, resident, False,
    )  # fmt: skip
    assert back is not None
    await tx.run(
        "UPDATE assignment SET undone=? WHERE district=? AND resident=? AND until_day IS NULL",
        True, site.district, resident,
    )  # fmt: skip
    newest = await one(
        tx,
        "SELECT switch FROM switch WHERE district=? AND resident=? AND status='done' "
        "ORDER BY from_day DESC, asked_at DESC, switch DESC LIMIT 1",
        site.district, resident,
    )  # fmt: skip
    if newest is not None:
        await tx.run(
            "UPDATE switch SET status='undone' WHERE district=? AND resident=? AND switch=?",
            site.district, resident, newest[0],
        )  # fmt: skip
    day = civil_day(now).isoformat()
    await _carry_out(tx, site, resident, back[0], rule.Cause.ERROR, day, now)
    await tell(tx, site, resident, "switch_undone", day=civil_day(now))
    return True
