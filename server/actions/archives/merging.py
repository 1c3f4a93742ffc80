"""Two archives of one person become one: the kept one takes over register and records, consents and
open matters; the gone one stays sealed as it was and leads to the kept one. Undoable (unmerging).

What arrives later for the gone archive is taken by the kept one
(server/actions/archives/standing.py, `lock_living`): signed bytes stay as they were signed.
"""

from dataclasses import dataclass
from functools import partial

import msgspec

from server.access import Asking, classes_of
from server.actions.accounts.sessions import Signed
from server.actions.archives.carrying import carry, changes_of
from server.actions.archives.consented import panels_of, settle
from server.actions.archives.ledger import COUNTYS, Archive, Ledger
from server.actions.archives.life import in_place
from server.actions.archives.membership import leave
from server.actions.archives.merging_values import identity_holds, shown, taken_over
from server.actions.archives.opening import actor_of
from server.actions.archives.register_edit import hold, lay
from server.actions.archives.standing import MERGED, survivors
from server.actions.archives.status import CELL, move
from server.actions.archives.twins import decided
from server.actions.checkup.one_person import follow as follow_halls
from server.actions.keeping.site import Site
from server.actions.plan import remake as plans
from server.actions.residents import family_life
from server.actions.residents.binding import follow_merge
from server.actions.tablets.intake import civil_day
from server.actions.tablets.settle import settle_conflicts
from server.errors import NotYours, RuleSaysNo
from server.records.kinds import get
from server.rules.accounts import StaffRole
from server.rules.consent import Purpose
from server.rules.life import STATES, Life
from server.store.ids import new_id
from server.store.tx import Row, Tx, one
from server.store.vault import T_LIFE
from sync.merge import Cell, encode_cells

MAY_MERGE = frozenset({StaffRole.MANAGER, StaffRole.DESK, StaffRole.DOCTOR, StaffRole.COUNTY})


class Moved(msgspec.Struct, frozen=True):
    """What a merge moved, for taking it back. Kept sealed under the kept archive's key."""

    status: str  # of the gone archive before
    panel: bytes | None
    facility: bytes | None
    assignment: int  # number of the one that was closed, 0 for none
    phone: bytes | None  # sign-in of the gone archive
    kept_phone: bytes | None
    carried: tuple[bytes, ...]  # changes that were there at the merge
    consents: tuple[bytes, ...]
    tasks: tuple[tuple[str, bytes], ...]
    ended: tuple[tuple[str, bytes], ...]  # tasks about the gone archive itself
    aliases: tuple[bytes, ...]  # archives merged into the gone one before
    before: bytes  # cells of the kept register as they were, as sync.merge writes them
    switches: tuple[bytes, ...]
    links: tuple[family_life.Moved, ...] = ()  # of and by the gone archive


@dataclass(frozen=True, slots=True)
class Wish:
    """Which archive stays, and the fields whose value of the gone one was chosen."""

    kept: bytes
    gone: bytes
    take: frozenset[str]


async def merge(site: Site, signed: Signed, wish: Wish) -> bytes:
    """The id of the merge. Raises NotYours, NotFound, RuleSaysNo."""
    return await site.store.write(partial(_merge, site=site, signed=signed, wish=wish))


async def _merge(tx: Tx, site: Site, signed: Signed, wish: Wish) -> bytes:
    if signed.role not in MAY_MERGE:
        raise RuleSaysNo("not_this_role")
    if wish.kept == wish.gone:
        raise RuleSaysNo("one_archive")
    ledger = await hold(tx, site, {wish.kept, wish.gone})
    kept, gone = ledger.archives[wish.kept], ledger.archives[wish.gone]
    if not all(in_place(signed, each.row.facility) for each in (kept, gone)):
        raise NotYours("resident")
    if MERGED in (kept.row.status, gone.row.status):
        raise RuleSaysNo("merged")
    take = await _may_choose(tx, site, signed, wish)
    values = taken_over(kept.cells(), gone.cells(), take)
    if not identity_holds(kept.cells(), values):
        raise RuleSaysNo("identity_differs")
    values[CELL] = STATES[Life(kept.row.status)].code
    before = {cell: kept.cells()[cell] for cell in values if cell in kept.cells()}
    change = lay(site, ledger, wish.kept, values, staff=signed.staff, author="registrar")
    moved = await _move_all(tx, site, ledger, signed, wish, before)
    await follow_merge(tx, site, wish.kept, wish.gone)
    await _put_away(tx, site, ledger, signed, wish)
    merge_id = await _note(tx, site, ledger, signed, wish, (change, moved))
    await settle_conflicts(tx, site, ledger, signed.staff)
    detail = b"decision" + change + b"merged" + wish.gone + wish.kept
    await ledger.flush(tx, "act", detail)
    await follow_halls(tx, site, (wish.gone, wish.kept))
    await _close_assignment(tx, ledger, wish.gone, moved)
    return merge_id


async def _may_choose(tx: Tx, site: Site, signed: Signed, wish: Wish) -> frozenset[str]:
    """Fields of a class that somebody may not see in both archives are not theirs to choose: the
    kept archive's value stays.
    """
    purpose = Purpose.REVIEW if signed.oversees else Purpose.SERVICE
    asking = Asking(actor_of(signed), purpose)
    seen = {"A", "B"}
    for who in (wish.kept, wish.gone):
        seen &= {"A", *await classes_of(tx, site.vault, who, asking, site.clock())}
    kind = get("basic_info", 1)
    return frozenset(name for name in wish.take if kind.access_of(name).value in seen)


async def _move_all(
    tx: Tx, site: Site, ledger: Ledger, signed: Signed, wish: Wish, before: dict[str, Cell]
) -> Moved:
    """Records, panels, consents, open matters: from the gone archive to the kept one."""
    district, kept, gone = site.district, wish.kept, wish.gone
    row = ledger.archives[gone].row
    phones: list[tuple[bytes, bytes | None]] = [
        (row[0], row[1])
        for row in await tx.rows_in(
            "SELECT resident, phone_index FROM resident WHERE district=? AND resident {ids}",
            [kept, gone],
            district,
        )
    ]
    phone = dict(phones)
    number = await one(
        tx,
        "SELECT MAX(n) FROM assignment WHERE district=? AND resident=? AND until_day IS NULL",
        district,
        gone,
    )
    consents = await tx.rows(
        "SELECT consent FROM consent WHERE district=? AND resident=?", district, gone
    )
    aliases = await tx.rows("SELECT gone FROM merged WHERE district=? AND kept=?", district, gone)
    await _leave_panels(tx, ledger, gone)
    some = await changes_of(tx, site, ledger.archives[gone])
    await carry(tx, site, ledger, some, gone, kept)
    await tx.run(
        "UPDATE consent SET resident=? WHERE district=? AND resident=?", kept, district, gone
    )
    await enter_by_consent(tx, ledger, kept)
    links = await family_life.carry(tx, site, gone, kept)
    tasks, ended = await _tasks(tx, ledger, signed.staff, wish)
    switches = await _switches(tx, district, gone)
    return Moved(
        status=row.status, panel=row.panel, facility=row.facility,
        assignment=(number[0] if number else None) or 0, phone=phone[gone],
        kept_phone=phone[kept], carried=tuple(each.id for each in some),
        consents=tuple(each[0] for each in consents), tasks=tasks, ended=ended,
        aliases=tuple(each[0] for each in aliases), before=encode_cells(before),
        switches=switches, links=links,
    )  # fmt: skip


async def _leave_panels(tx: Tx, ledger: Ledger, gone: bytes) -> None:
    archive = ledger.archives[gone]
    for member in archive.members:
        await leave(tx, ledger, archive.row, member.panel)
    archive.members = []


async def enter_by_consent(tx: Tx, ledger: Ledger, who: bytes) -> None:
    """Into every panel that a standing consent names and that does not have the archive yet; where
    it is there by consent, as long as the longest lasts.
    """
    archive = ledger.archives[who]
    there = {member.panel: member for member in archive.members}
    for panel in await panels_of(tx, ledger, who):
        now = await settle(tx, ledger, archive.row, panel)
        assert now is not None
        there[panel] = now
    archive.members = list(there.values())


async def _tasks(
    tx: Tx, ledger: Ledger, staff: bytes, wish: Wish
) -> tuple[tuple[tuple[str, bytes], ...], tuple[tuple[str, bytes], ...]]:
    """Open matters go with the records; what is about the gone archive itself is over."""
    district, gone = ledger.district, wish.gone
    rows = await tx.rows(
        "SELECT kind, subject FROM task WHERE district=? AND resident=? AND closed_at IS NULL",
        district,
        gone,
    )
    facility = ledger.archives[wish.kept].row.facility
    await tx.run(
        "UPDATE task SET closed_at=?, closed_by=?, result='merged' WHERE district=? AND "
        "subject=? AND closed_at IS NULL",
        ledger.now, staff, district, gone,
    )  # fmt: skip
    await tx.run(
        f"UPDATE task SET resident=?, facility=CASE WHEN kind='twin' OR kind IN {COUNTYS} THEN "
        "facility ELSE ? END WHERE district=? AND resident=? AND closed_at IS NULL",
        wish.kept, facility, district, gone,
    )  # fmt: skip
    ended = tuple((kind, subject) for kind, subject in rows if subject == gone)
    return tuple((kind, subject) for kind, subject in rows if subject != gone), ended


async def _switches(tx: Tx, district: int, gone: bytes) -> tuple[bytes, ...]:
    rows = await tx.rows(
        "SELECT switch FROM switch WHERE district=? AND resident=? AND status='scheduled'",
        district,
        gone,
    )
    await tx.run(
        "UPDATE switch SET status='withdrawn' WHERE district=? AND resident=? AND "
        "status='scheduled'",
        district,
        gone,
    )
    return tuple(row[0] for row in rows)


async def _put_away(tx: Tx, site: Site, ledger: Ledger, signed: Signed, wish: Wish) -> None:
    """The gone archive says in its register that it is merged, and is in nobody's list."""
    gone = ledger.archives[wish.gone]
    change = lay(
        site, ledger, wish.gone, {CELL: STATES[Life.MERGED].code}, staff=signed.staff,
        author="registrar",
    )  # fmt: skip
    day = civil_day(ledger.now).isoformat()
    await move(
        tx, site.vault, gone.row, Life.MERGED, day=day, staff=signed.staff, now=ledger.now,
        change=change, evidence="",
    )  # fmt: skip
    await tx.run(
        "UPDATE resident SET panel=NULL, facility=NULL WHERE district=? AND resident=?",
        site.district,
        wish.gone,
    )
    await plans.drop(tx, site.district, [wish.gone])
    await tx.insert("merged", [(site.district, wish.gone, wish.kept)])
    await tx.run(
        "UPDATE merged SET kept=? WHERE district=? AND kept=?",
        wish.kept, site.district, wish.gone,
    )  # fmt: skip


async def _note(
    tx: Tx, site: Site, ledger: Ledger, signed: Signed, wish: Wish, done: tuple[bytes, Moved]
) -> bytes:
    """The row of the merge; identity index and sign-in of the kept archive; the pair is closed."""
    change, moved = done
    kept, merge_id = ledger.archives[wish.kept], new_id(ledger.now)
    sealed = site.vault.key(wish.kept, kept.row.key).seal(
        site.vault.at(T_LIFE, merge_id, wish.kept), msgspec.json.encode(moved)
    )
    row: Row = (site.district, merge_id, wish.gone, wish.kept, ledger.now, signed.staff, change)
    await tx.insert("merge", [(*row, sealed, None, None)])
    phone = moved.kept_phone or moved.phone
    await set_keys(tx, site, kept, phone if STATES[Life(kept.row.status)].sign_in else None)
    await _close_pairs(tx, ledger, signed.staff, wish)
    return merge_id


async def _close_pairs(tx: Tx, ledger: Ledger, staff: bytes, wish: Wish) -> None:
    """Open pairs that are one archive now: this one, and others that led to the same two."""
    rows = await tx.rows(
        "SELECT twin, first, second FROM twin WHERE district=? AND state='open' AND "
        "(first=? OR second=? OR first=? OR second=?)",
        ledger.district, wish.gone, wish.gone, wish.kept, wish.kept,
    )  # fmt: skip
    kept = await survivors(tx, ledger.district, {who for row in rows for who in row[1:]})
    for twin, first, second in rows:
        if kept.get(first, first) == kept.get(second, second):
            await decided(tx, ledger.district, twin, staff=staff, state="merged", now=ledger.now)


async def set_keys(tx: Tx, site: Site, archive: Archive, phone: bytes | None) -> None:
    """The blind index of the document the register now shows, and who may sign in."""
    id_no = shown(get("basic_info", 1), archive.cells(), "id_no")
    await tx.run(
        "UPDATE resident SET id_index=?, phone_index=? WHERE district=? AND resident=?",
        site.index.of_id_number(str(id_no)) if id_no else None, phone, site.district,
        archive.row.resident,
    )  # fmt: skip


async def _close_assignment(tx: Tx, ledger: Ledger, gone: bytes, moved: Moved) -> None:
    """As after a switch: what the former team still sends is judged by what it could know."""
    if not moved.assignment or moved.panel is None:
        return
    day = civil_day(ledger.now).isoformat()
    await tx.run(
        "UPDATE assignment SET until_day=?, moved_at=?, leave_csn=? WHERE district=? AND "
        "resident=? AND n=?",
        day, ledger.now, ledger.leaves_at.get((moved.panel, gone)), ledger.district, gone,
        moved.assignment,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge that stands."""

    id: bytes
    gone: bytes
    kept: bytes
    at: int
    staff: bytes


async def merges_of(tx: Tx, district: int, who: bytes) -> list[Merged]:
    """Merges that stand in which this archive took part, newest first."""
    rows = await tx.rows(
        "SELECT merge, gone, kept, at, staff FROM merge WHERE district=? AND undone_at IS NULL "
        "AND (gone=? OR kept=?) ORDER BY at DESC, merge DESC",
        district, who, who,
    )  # fmt: skip
    return [Merged(*row) for row in rows]
