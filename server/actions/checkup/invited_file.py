"""Whom to invite, from a file: matched with the facility's own residents, looked at, taken over
whole or not at all.

A line names somebody by ID number, by archive number, or by name and day of birth. Every fault of
every line is said at once, with what to do; as long as there is one nothing is written. What was
sent lies sealed until it is taken over or a day has passed, and is read again in the transaction
that writes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.search import note_shown
from server.actions.checkup.day_reading import check_prepares
from server.actions.checkup.day_rows import (
    LIST,
    Day,
    persons,
    read_day,
    save_day,
)
from server.actions.checkup.invited import put_on
from server.actions.checkup.invited_lines import (
    BYTES_MAX,
    HEADINGS,
    NEEDED_ONE_OF,
    Entries,
    LineFault,
    read_entries,
)
from server.actions.checkup.invited_match import Matched, Seat, match
from server.actions.checkup.spreading import put_all
from server.actions.keeping.site import Site, district_key_blob
from server.actions.lists.sheets import read_sheet, write_csv
from server.actions.lists.sheets_turn import in_turn
from server.errors import NotYours, Refusal, RuleSaysNo
from server.rules.checkup_days import EDITABLE
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_GUEST_LIST

__all__ = [
    "HEADINGS", "NEEDED_ONE_OF", "GuestListTooLarge", "LineFault", "Matched", "Taken", "drop",
    "look", "send", "take_over", "template",
]  # fmt: skip
KEEP_MS: Final = 24 * 60 * 60_000
ID_BYTES: Final = 16


class GuestListTooLarge(Refusal):
    """A list of people for one day is small."""

    code = "invited_file_too_large"
    status = 413
    say = f"体检名单最大 {BYTES_MAX // 1024 // 1024} MB。请只留要请的人，分几份上传。"
    hint = "See server/actions/checkup/invited_file.py."


@dataclass(frozen=True, slots=True)
class Taken:
    """How many came on the list, and how many of the file got a slot."""

    added: int
    booked: int
    there: int


def template() -> bytes:
    """The empty list people start from, with lines that are invented."""
    examples = (
        ("371002195503120028", "", "", "", "老年人", "08:00"),
        ("", "37100210010100012", "", "", "", ""),
        ("", "", "周谷雨", "1955-03-12", "老年人、高血压", "8:30"),
    )
    return write_csv([HEADINGS, *examples])


async def send(site: Site, signed: Signed, day: bytes, data: bytes) -> bytes:
    """Keeps a file to be looked at; its id. Raises NotYours, GuestListTooLarge, SheetRefused."""
    found = await site.store.read(partial(_day, site=site, signed=signed, day=day))
    if len(data) > BYTES_MAX:
        raise GuestListTooLarge
    await in_turn(_read, data)  # refused whole before it is kept
    now = site.clock()
    name = new_id(now)

    async def write(tx: Tx) -> None:
        key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
        sealed = key.seal(site.vault.at(T_GUEST_LIST, name), found.day + data)
        await tx.run(
            "DELETE FROM upload WHERE district=? AND (staff=? OR at<?)",
            site.district, signed.staff, now - KEEP_MS,
        )  # fmt: skip
        row: Row = (site.district, name, signed.staff, now, sealed)
        await tx.insert("upload", [row])

    await site.store.write(write)
    return name


def _read(data: bytes) -> Entries:
    return read_entries(read_sheet(data))


async def _day(tx: Tx, site: Site, signed: Signed, day: bytes) -> Day:
    found = await read_day(tx, site, day)
    if found is None:
        raise NotYours("day")
    check_prepares(signed, found.facility)
    if found.state not in EDITABLE:
        raise RuleSaysNo("over")
    return found


async def look(site: Site, signed: Signed, day: bytes, upload: bytes) -> Matched:
    """Who would come on the list, and every fault. Written down with whom it showed. Raises
    NotYours when it is not there, another day's or another person's.
    """
    entries = await in_turn(_read, await _kept(site, signed, day, upload))

    async def work(tx: Tx) -> Matched:
        found = await _day(tx, site, signed, day)
        matched = await match(tx, site, found, entries)
        shown = {seat.who for seat in matched.seats}
        if shown:
            await note_shown(tx, site, signed, "checkup", "guest list", shown)
        return matched

    return await site.store.write(work)


async def take_over(
    site: Site, signed: Signed, day: bytes, upload: bytes
) -> Taken | tuple[LineFault, ...]:
    """Everybody of the file, or nobody and what is wrong. Raises NotYours, RuleSaysNo."""
    entries = await in_turn(_read, await _kept(site, signed, day, upload))

    async def work(tx: Tx) -> Taken | tuple[LineFault, ...]:
        gone = await tx.run(
            "DELETE FROM upload WHERE district=? AND upload=? AND staff=?",
            site.district, upload, signed.staff,
        )  # fmt: skip
        if not gone:
            raise NotYours  # taken over already, by a second press of the button
        found = await _day(tx, site, signed, day)
        first = await match(tx, site, found, entries)
        if first.faults:
            return first.faults
        wanted = {seat.who: seat.groups for seat in first.seats}
        locked, added = await put_on(tx, site, signed, day, wanted, LIST, again=True)
        again = await match(tx, site, locked, entries)  # now that nothing moves any more
        if again.faults:
            raise _Changed(again.faults)
        booked = await _take_slots(tx, site, locked, again.seats)
        await save_day(tx, site, locked)
        detail = b"checkup-list" + day + signed.staff + upload
        await audit(tx, site.district, "act", detail, site.clock())
        return Taken(len(added), booked, len(first.seats) - len(added))

    try:
        return await site.store.write(work)
    except _Changed as changed:
        return changed.faults


class _Changed(Exception):
    """Somebody booked or moved while the list was being taken over: nothing of it is written."""

    def __init__(self, faults: tuple[LineFault, ...]) -> None:
        super().__init__("the list does not fit any more")
        self.faults = faults


async def _take_slots(tx: Tx, site: Site, day: Day, seats: Collection[Seat]) -> int:
    """Places for those whose line names a slot and who have none."""
    rows = await persons(tx, site, day.day, {seat.who for seat in seats})
    wanted = [
        (rows[seat.who], seat.slot)
        for seat in seats
        if seat.slot is not None and rows[seat.who].slot is None
    ]
    await put_all(tx, site, day, wanted)
    return len(wanted)


async def drop(site: Site, signed: Signed, upload: bytes) -> None:
    """The file is not wanted."""
    await site.store.write(
        lambda tx: tx.run(
            "DELETE FROM upload WHERE district=? AND upload=? AND staff=?",
            site.district, upload, signed.staff,
        )
    )  # fmt: skip


async def _kept(site: Site, signed: Signed, day: bytes, upload: bytes) -> bytes:
    async def read(tx: Tx) -> bytes | None:
        row = await one(
            tx, "SELECT sealed FROM upload WHERE district=? AND upload=? AND staff=?",
            site.district, upload, signed.staff,
        )  # fmt: skip
        if row is None:
            return None
        key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
        return key.open(site.vault.at(T_GUEST_LIST, upload), row[0])

    found = await site.store.read(read)
    if found is None or found[:ID_BYTES] != day:
        raise NotYours
    return found[ID_BYTES:]
