"""A merge taken back: each archive has again what is signed for it, and nothing is lost.

What was signed for the gone archive goes back to it, also what came after the merge; an amendment
goes with the record it is about. In the kept register the merge's own choices and the late edits of
the gone one are taken out; where nobody has written since, the values from before stand again. What
people wrote into the merged archive itself stays with the kept one.
"""

from collections.abc import Collection, Mapping
from functools import partial

import msgspec

from server.actions.accounts.sessions import Signed
from server.actions.archives.carrying import Opened, carry, changes_of
from server.actions.archives.consented import settle
from server.actions.archives.disputes import ask_again
from server.actions.archives.ledger import ASSIGNED, COUNTYS, Archive, Ledger
from server.actions.archives.life import in_place
from server.actions.archives.membership import enter, leave
from server.actions.archives.merging import MAY_MERGE, Moved, enter_by_consent, set_keys
from server.actions.archives.register_edit import hold, lay
from server.actions.archives.standing import Membership
from server.actions.archives.status import CELL, set_state
from server.actions.archives.touched import touch
from server.actions.checkup.one_person import follow as follow_halls
from server.actions.keeping.site import Site
from server.actions.residents import family_life
from server.actions.residents.binding import follow_unmerge
from server.actions.residents.correction_parting import answer_again
from server.actions.tablets.settle import settle_conflicts
from server.errors import NotYours, RuleSaysNo
from server.records.kinds import get
from server.rules.life import STATES, Life
from server.store.tx import Tx, one
from server.store.vault import T_LIFE
from sync.merge import EMPTY, Cell, Head, decode_cells, forget, put
from sync.reconcile import State

_IN_CELLS = frozenset({State.APPLIED, State.MERGED, State.CONFLICT, State.SUPERSEDED})


async def unmerge(site: Site, signed: Signed, merge_id: bytes) -> tuple[bytes, bytes]:
    """(kept, gone): two archives again. Raises NotYours, RuleSaysNo."""
    return await site.store.write(partial(_unmerge, site=site, signed=signed, merge_id=merge_id))


async def _unmerge(tx: Tx, site: Site, signed: Signed, merge_id: bytes) -> tuple[bytes, bytes]:
    found = await one(
        tx, "SELECT kept, gone FROM merge WHERE district=? AND merge=?", site.district, merge_id
    )
    if found is None:
        raise NotYours("merge")
    kept, gone = found
    ledger = await hold(tx, site, {kept, gone})
    keeper, giver = ledger.archives[kept], ledger.archives[gone]
    row = await one(  # under the locks: of two who take it back, one finds it done
        tx,
        "SELECT m.sealed, m.change, m.undone_at, n.kept FROM merge m LEFT JOIN merged n ON "
        "n.district=m.district AND n.gone=m.gone WHERE m.district=? AND m.merge=?",
        site.district, merge_id,
    )  # fmt: skip
    assert row is not None
    if not in_place(signed, keeper.row.facility):
        raise NotYours("merge")
    if signed.role not in MAY_MERGE:
        raise RuleSaysNo("not_this_role")
    if row[2] is not None or row[3] != kept:
        raise RuleSaysNo("nothing_to_undo")
    key = site.vault.key(kept, keeper.row.key)
    moved = msgspec.json.decode(key.open(site.vault.at(T_LIFE, merge_id, kept), row[0]), type=Moved)
    known = await changes_of(tx, site, keeper)
    back = _going_back(known, gone, moved)
    late = [each for each in back if each.id not in set(moved.carried)]
    out = {row[1], *(each.id for each in back)}
    _restore_register(keeper, out, await _before(tx, site, keeper, moved))
    change = await _stand_again(tx, site, ledger, signed, (gone, moved))
    _lay_late(giver, late)  # after the decision about its state, which has not seen them
    await answer_again(tx, site, ledger, {kept, gone}, signed.staff)
    await carry(tx, site, ledger, back, kept, gone)
    await _panels(tx, site, ledger, (kept, gone), moved, again=any(each.shown for each in back))
    await family_life.give_back(tx, site, moved.links)
    await _matters(tx, ledger, (kept, gone), moved, back)
    await _write_off(tx, site, ledger, signed, merge_id, (kept, gone), moved)
    await follow_unmerge(tx, site, kept, gone)
    await ask_again(tx, site, ledger, known)
    await settle_conflicts(tx, site, ledger, signed.staff)
    await ledger.flush(tx, "act", b"decision" + change + b"unmerged" + gone + kept)
    await follow_halls(tx, site, (gone, kept))
    await touch(tx, site.district, {kept, gone}, ledger.now)  # the kept one may be in no panel
    return kept, gone


def _going_back(changes: list[Opened], gone: bytes, moved: Moved) -> list[Opened]:
    """What is signed for the gone archive, or for one merged into it before, and what amends or
    voids that.
    """
    names = {gone, *moved.aliases}
    back = [each for each in changes if each.change is not None and each.change.resident in names]
    ids = {each.id for each in back}
    while True:
        more = [
            each
            for each in changes
            if each.id not in ids
            and each.change is not None
            and {each.change.amends, each.change.voids} & ids
        ]
        if not more:
            return back
        back += more
        ids |= {each.id for each in more}


async def _before(tx: Tx, site: Site, keeper: Archive, moved: Moved) -> dict[str, Cell]:
    """The cells from before the merge, without what other merges, undone since, had put there."""
    kept, cells = keeper.row.resident, dict(decode_cells(moved.before))
    ids = {head.change for cell in cells.values() for head in cell.heads}
    away = {
        row[0]
        for row in await tx.rows_in(
            "SELECT change FROM change WHERE district=? AND resident<>? AND change {ids}",
            sorted(ids), site.district, kept,
        )
    } if ids else set[bytes]()  # fmt: skip
    undone = await tx.rows(
        "SELECT merge, change, sealed FROM merge WHERE district=? AND kept=? AND undone_at IS NOT "
        "NULL ORDER BY at DESC, merge DESC",
        site.district, kept,
    )  # fmt: skip
    key = site.vault.key(kept, keeper.row.key)
    for merge_id, change, sealed in undone:
        if not any(head.change == change for cell in cells.values() for head in cell.heads):
            continue
        plain = key.open(site.vault.at(T_LIFE, merge_id, kept), sealed)
        earlier = decode_cells(msgspec.json.decode(plain, type=Moved).before)
        for name, cell in cells.items():
            if any(head.change == change for head in cell.heads):
                stay = tuple(head for head in cell.heads if head.change != change)
                cells[name] = Cell(heads=stay) if stay else earlier.get(name, EMPTY)
    for name, cell in cells.items():
        stay = tuple(head for head in cell.heads if head.change not in away)
        cells[name] = Cell(heads=stay) if stay else cell
    return cells


def _restore_register(keeper: Archive, out: Collection[bytes], before: Mapping[str, Cell]) -> None:
    """Out of the kept register with the merge's choices and the late edits of the other."""
    restored: dict[str, Cell] = {}
    for name, cell in keeper.cells().items():
        stay = tuple(head for head in cell.heads if head.change not in out)
        if len(stay) == len(cell.heads):
            continue
        restored[name] = Cell(heads=stay) if stay else before.get(name, EMPTY)
    keeper.put(get("basic_info", 1), restored)


def _lay_late(giver: Archive, late: list[Opened]) -> None:
    """Edits that came for the gone archive while it was merged are laid on its own register."""
    cells = giver.cells()
    laid: dict[str, Cell] = {}
    for each in late:
        said = each.change
        if said is None or said.set is msgspec.UNSET or State(each.state) not in _IN_CELLS:
            continue
        parts = msgspec.json.decode(each.parts, type=dict[str, str]) if each.parts else {}
        for name, edit in said.set.items():
            if parts.get(name) == State.PROPOSAL:
                continue
            head = Head(each.id, edit.value, each.author, each.staff, each.at)
            cell = laid.get(name, cells.get(name, EMPTY))
            gone = {each.id, *(h.change for h in cell.heads)}
            laid[name] = forget(put(cell, head, edit.saw), gone.__contains__)
    giver.put(get("basic_info", 1), laid)


async def _stand_again(
    tx: Tx, site: Site, ledger: Ledger, signed: Signed, back: tuple[bytes, Moved]
) -> bytes:
    """The gone archive in its state, facility and team of before; the decision that says so."""
    gone, moved = back
    row = ledger.archives[gone].row
    state = Life(moved.status)
    change = lay(
        site, ledger, gone, {CELL: STATES[state].code}, staff=signed.staff, author="registrar"
    )
    await set_state(tx, site.district, row, state, phone=moved.phone)
    panel = moved.panel
    if panel is not None:
        where = await one(
            tx, "SELECT facility FROM panel WHERE district=? AND panel=?", site.district, panel
        )
        panel = panel if where is not None else None
    row.panel, row.facility = panel, moved.facility
    await tx.run(
        "UPDATE resident SET panel=?, facility=? WHERE district=? AND resident=?",
        panel, moved.facility, site.district, gone,
    )  # fmt: skip
    if moved.assignment and panel is not None:
        await tx.run(
            "UPDATE assignment SET until_day=NULL, moved_at=NULL, leave_csn=NULL WHERE district=? "
            "AND resident=? AND n=?",
            site.district, gone, moved.assignment,
        )  # fmt: skip
    await tx.run(
        "UPDATE life_step SET undone_at=?, undone_by=? WHERE district=? AND resident=? AND "
        "after='merged' AND undone_at IS NULL",
        ledger.now, signed.staff, site.district, gone,
    )  # fmt: skip
    return change


async def _panels(
    tx: Tx, site: Site, ledger: Ledger, who: tuple[bytes, bytes], moved: Moved, *, again: bool
) -> None:
    """The gone archive enters its panels; the kept one's tablets let it go and receive it anew, so
    that none keeps a record that is not its any more.
    """
    kept, gone = who
    keeper, giver = ledger.archives[kept], ledger.archives[gone]
    for consent in moved.consents:
        await tx.run(
            "UPDATE consent SET resident=? WHERE district=? AND resident=? AND consent=?",
            gone, site.district, kept, consent,
        )  # fmt: skip
    await _fit_consents(tx, ledger, keeper)
    if again:
        for member in keeper.members:
            await leave(tx, ledger, keeper.row, member.panel)
            await enter(
                tx, ledger, keeper.row, member.panel, ground=member.ground, until=member.until
            )
    if giver.row.panel is not None:
        await enter(tx, ledger, giver.row, giver.row.panel, ground=ASSIGNED, until=None)
        giver.members = [Membership(giver.row.panel, ASSIGNED, None)]
    await enter_by_consent(tx, ledger, gone)


async def _fit_consents(tx: Tx, ledger: Ledger, keeper: Archive) -> None:
    """Panels the kept archive was in by a consent of the gone one are left again."""
    stay = [await settle(tx, ledger, keeper.row, each.panel) for each in keeper.members]
    keeper.members = [each for each in stay if each is not None]


async def _matters(
    tx: Tx, ledger: Ledger, who: tuple[bytes, bytes], moved: Moved, back: list[Opened]
) -> None:
    """Matters about what goes back go with it; what the merge had ended is open."""
    kept, gone = who
    facility = ledger.archives[gone].row.facility
    subjects = [*moved.tasks, *(("", each.id) for each in back)]
    for kind, subject in subjects:
        await tx.run(
            f"UPDATE task SET resident=?, facility=CASE WHEN kind='twin' OR kind IN {COUNTYS} THEN "
            "facility ELSE ? END WHERE district=? AND subject=? AND resident=? AND "
            "(kind=? OR ?='')",
            gone, facility, ledger.district, subject, kept, kind, kind,
        )  # fmt: skip
    for kind, subject in moved.ended:
        await tx.run(
            "UPDATE task SET closed_at=NULL, closed_by=NULL, result='' WHERE district=? AND "
            "kind=? AND subject=? AND result='merged'",
            ledger.district, kind, subject,
        )  # fmt: skip


async def _write_off(
    tx: Tx,
    site: Site,
    ledger: Ledger,
    signed: Signed,
    merge_id: bytes,
    who: tuple[bytes, bytes],
    moved: Moved,
) -> None:
    """The alias ends, the pair counts as two people, indexes say whose document is whose."""
    kept, gone = who
    district, now = site.district, ledger.now
    await tx.run(
        "UPDATE merge SET undone_at=?, undone_by=? WHERE district=? AND merge=?",
        now, signed.staff, district, merge_id,
    )  # fmt: skip
    await tx.run("DELETE FROM merged WHERE district=? AND gone=?", district, gone)
    for alias in moved.aliases:
        await tx.run("UPDATE merged SET kept=? WHERE district=? AND gone=?", gone, district, alias)
    for switch in moved.switches:
        await tx.run(
            "UPDATE switch SET status='scheduled' WHERE district=? AND resident=? AND switch=?",
            district, gone, switch,
        )  # fmt: skip
    keeper = ledger.archives[kept]
    present = await one(
        tx, "SELECT phone_index FROM resident WHERE district=? AND resident=?", district, kept
    )
    assert present is not None
    lent = moved.kept_phone is None and present[0] == moved.phone
    await set_keys(tx, site, keeper, None if lent else present[0])
    first, second = sorted((kept, gone))
    await tx.run(
        "UPDATE twin SET state='apart', decided_at=?, decided_by=? WHERE district=? AND first=? "
        "AND second=?",
        now, signed.staff, district, first, second,
    )  # fmt: skip
