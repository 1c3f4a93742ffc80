"""The state of an archive follows its register: who writes `archive_status` moves the archive.

A tablet's edit that was applied, a proposal that was accepted, a decision at a desk: each ends in
the same row state with the same consequences as a step taken at the console.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from server.actions.archives.standing import ResidentRow
from server.actions.archives.stays import note_stay
from server.actions.residents.family_ends import died, lives
from server.records.kinds import get
from server.rules.life import STATES, Life, state_of_code
from server.settings import CIVIL
from server.store.tx import Row, Tx, one
from server.store.vault import T_LIFE, Vault
from sync.merge import EMPTY, Cell, Shown, choose
from sync.policy import Policy

CELL: Final = "archive_status"
SINCE: Final = "residence_since"


async def follow_register(
    tx: Tx, vault: Vault, row: ResidentRow, cells: Mapping[str, Cell], now: int
) -> None:
    """Moves the row when what the register shows asks for it. The row is locked."""
    await _follow(tx, vault, row, cells, now)
    if row.status == Life.TEMPORARY:
        since = _shown(cells, SINCE).value
        await note_stay(tx, vault.district, row.resident, str(since or ""))


def _shown(cells: Mapping[str, Cell], cell: str) -> Shown:
    field = get("basic_info", 1).field_of(cell)
    return choose(cells.get(cell, EMPTY), field.policy if field else Policy.TERMINAL)


async def _follow(
    tx: Tx, vault: Vault, row: ResidentRow, cells: Mapping[str, Cell], now: int
) -> None:
    shown = _shown(cells, CELL)
    if shown.head is None or row.status == Life.MERGED:
        return
    after = state_of_code(shown.value, Life(row.status))
    if after == row.status:
        return
    head = shown.head
    await move(tx, vault, row, after, day=_day(head.at), staff=head.staff, now=now,
               change=head.change, evidence="")  # fmt: skip


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, CIVIL).date().isoformat()


async def move(
    tx: Tx,
    vault: Vault,
    row: ResidentRow,
    after: Life,
    *,
    day: str,
    staff: bytes,
    now: int,
    change: bytes,
    evidence: str,
) -> int:
    """Writes the step and what follows from it for sign-in and open due items; its number."""
    who, district, before = row.resident, vault.district, row.status
    last = await one(
        tx,
        "SELECT n, phone_index FROM life_step WHERE district=? AND resident=? "
        "ORDER BY n DESC LIMIT 1",
        district, who,
    )  # fmt: skip
    phone = await one(
        tx, "SELECT phone_index FROM resident WHERE district=? AND resident=?", district, who
    )
    assert phone is not None
    n: int = last[0] + 1 if last is not None else 1
    opens, was_open = STATES[after].sign_in, STATES[Life(before)].sign_in
    closed = phone[0] if was_open and not opens else None
    kept = last[1] if opens and not was_open and last is not None else phone[0]
    key = vault.key(who, row.key)
    sealed = key.seal(vault.at(T_LIFE, who, who, n), evidence.encode())
    step: Row = (
        district, who, n, before, after.value, day, now, staff, change, closed, sealed, None, None
    )  # fmt: skip
    await tx.insert("life_step", [step])
    await set_state(tx, district, row, after, phone=kept if opens else None)
    if not STATES[after].due:
        await stop_due(tx, district, who, staff=staff, after=after, now=now)
    return n


async def set_state(
    tx: Tx, district: int, row: ResidentRow, after: Life, *, phone: bytes | None
) -> None:
    await tx.run(
        "UPDATE resident SET status=?, phone_index=? WHERE district=? AND resident=?",
        after.value, phone, district, row.resident,
    )  # fmt: skip
    if after is Life.DEAD:
        await died(tx, district, row.resident)
    elif row.status == Life.DEAD:
        await lives(tx, district, row.resident)
    if not STATES[after].sign_in:
        await tx.run(
            "UPDATE portal_session SET ended=? WHERE district=? AND person=? AND ended=''",
            after.value, district, row.resident,
        )  # fmt: skip
    row.status = after.value


async def stop_due(
    tx: Tx, district: int, resident: bytes, *, staff: bytes, after: Life, now: int
) -> None:
    """Items of the plan that were open end with the state as their result; matters of the archive
    itself (conflicts, proposals) stay open.
    """
    await tx.run(
        "UPDATE task SET closed_at=?, closed_by=?, result=? WHERE district=? AND resident=? "
        "AND closed_at IS NULL AND kind LIKE 'due%'",
        now, staff, after.value, district, resident,
    )  # fmt: skip
