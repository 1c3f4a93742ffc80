"""Who is meant by the lines of a list, among the facility's own residents, and what follows for the
list of the day. Reads only; cards and never archives.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from crypto.columns import normalise_id_number
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.standing import survivors
from server.actions.checkup.day_rows import REMOVED, Day, PersonRow, SlotRow, persons, slots_of
from server.actions.checkup.groups import groups_in
from server.actions.checkup.invited_lines import (
    ARCHIVE,
    BIRTH,
    NAME,
    NUMBER,
    SLOT,
    Entries,
    Entry,
    LineFault,
)
from server.actions.keeping.site import Site
from server.rules.checkup_days import INVITED_MOST, OTHER, may_be_invited
from server.rules.life import Life
from server.store.tx import Tx

STRANGER: Final = (
    "本机构的居民里没有这个人。请核对；由别的机构管理的，当天到现场登记，或先办换机构；"
    "还没有档案的，先建档"
)
_GONE: Final = {
    Life.DEAD: "这位居民已登记去世，请删去这一行",
    Life.MOVED_OUT: "这位居民已迁出，请删去这一行；又回来住的，先在档案里办回来",
}


@dataclass(frozen=True, slots=True)
class Seat:
    """One line that is somebody. `there`: on the list already; `slot`: the one the line names."""

    entry: Entry
    who: bytes
    card: Card
    groups: tuple[str, ...]
    slot: int | None
    there: bool


@dataclass(frozen=True, slots=True)
class Matched:
    """The whole file against the list of the day; `seats` by line."""

    lines: int
    seats: tuple[Seat, ...]
    faults: tuple[LineFault, ...]

    @property
    def fresh(self) -> int:
        return sum(not seat.there for seat in self.seats)

    @property
    def slotted(self) -> int:
        return sum(seat.slot is not None for seat in self.seats)


@dataclass(slots=True)
class _Found:
    """Residents by what a line may name them by."""

    by_index: dict[bytes, set[bytes]]
    by_archive: dict[str, set[bytes]]
    by_name: dict[tuple[str, str], set[bytes]]
    cards: dict[bytes, Card]


async def match(tx: Tx, site: Site, day: Day, entries: Entries) -> Matched:
    """Every line, every fault; nothing is written."""
    found = await _find(tx, site, day.facility, entries.entries)
    faults = list(entries.faults)
    named: list[tuple[Entry, bytes]] = []
    first: dict[bytes, int] = {}
    for entry in entries.entries:
        who = _who(site, found, entry, day.facility, faults)
        if who is None:
            continue
        if who in first:
            faults.append(entry.fault("", f"和第 {first[who]} 行是同一个人，请删去一行"))
            continue
        first[who] = entry.line
        named.append((entry, who))
    seats = await _seats(tx, site, day, found.cards, named, faults)
    faults.sort(key=lambda each: each.line)
    return Matched(entries.lines, tuple(seats), tuple(faults))


async def _seats(
    tx: Tx,
    site: Site,
    day: Day,
    cards: Mapping[bytes, Card],
    named: Sequence[tuple[Entry, bytes]],
    faults: list[LineFault],
) -> list[Seat]:
    rows = await persons(tx, site, day.day)
    groups = await groups_in(tx, site, day.facility, day.on, {who for _, who in named})
    slots = {each.start: each for each in await slots_of(tx, site, day.day)}
    left = {each.slot: each.left for each in slots.values()}
    seats: list[Seat] = []
    for entry, who in named:
        row = rows.get(who)
        slot = _slot(entry, row, slots, left, faults)
        there = row is not None and row.status != REMOVED
        chosen = entry.groups or groups.get(who, (OTHER,))
        seats.append(Seat(entry, who, cards[who], chosen, slot, there))
    count = sum(each.status != REMOVED for each in rows.values())
    if count + sum(not seat.there for seat in seats) > INVITED_MOST:
        faults.append(LineFault(0, "", f"一个体检日最多请 {INVITED_MOST:,} 人，请分成两天"))
    return seats


def _slot(
    entry: Entry,
    row: PersonRow | None,
    slots: Mapping[str, SlotRow],
    left: dict[int, int],
    faults: list[LineFault],
) -> int | None:
    """The slot a line names; its places are counted down line by line."""
    if not entry.start:
        return None
    wanted = slots.get(entry.start)
    if wanted is None:
        known = "、".join(slots) or "还没有时段"
        faults.append(entry.fault(SLOT, f"没有 {entry.start} 开始的时段，这天有：{known}"))
        return None
    if row is not None and row.slot == wanted.slot:
        return None
    if row is not None and row.slot is not None:
        before = next((each.start for each in slots.values() if each.slot == row.slot), "")
        say = f"已经约了 {before}。要改到 {entry.start}，请在名单里改这个人"
        faults.append(entry.fault(SLOT, say))
        return None
    left[wanted.slot] -= 1
    if left[wanted.slot] < 0:
        say = f"{entry.start} 这个时段只剩 {wanted.left} 个名额，排到这一行已经满了"
        faults.append(entry.fault(SLOT, say))
        return None
    return wanted.slot


def _who(
    site: Site, found: _Found, entry: Entry, facility: bytes, faults: list[LineFault]
) -> bytes | None:
    """The one resident a line names; None with a fault."""
    if entry.number:
        column = NUMBER
        whos = found.by_index.get(site.index.of_id_number(normalise_id_number(entry.number)), set())
    elif entry.archive:
        column, whos = ARCHIVE, found.by_archive.get(entry.archive, set())
    else:
        column, whos = NAME, found.by_name.get((entry.name, entry.birth), set())
    ours = {who for who in whos if found.cards[who].facility == facility}
    if not ours:
        faults.append(entry.fault(column, STRANGER))
        return None
    if len(ours) > 1:
        say = f"本机构有 {len(ours)} 位居民是这个{column}，请写证件号码"
        if column == NAME:
            say = f"本机构有 {len(ours)} 位居民同名同生日，请写证件号码"
        faults.append(entry.fault(column, say))
        return None
    (who,) = ours
    card = found.cards[who]
    if not may_be_invited(card.status, card.facility, facility):
        say = _GONE.get(Life(card.status), STRANGER)
        faults.append(entry.fault(column, say))
        return None
    return who if _is_the_same(entry, card, faults) else None


def _is_the_same(entry: Entry, card: Card, faults: list[LineFault]) -> bool:
    """What else the line says of the person is what the archive says."""
    if entry.name and entry.name != card.name:
        say = "姓名和这个号码的档案不一样，请核对是不是写错了行"
        faults.append(entry.fault(NAME, say))
        return False
    if entry.birth and card.birth and entry.birth != card.birth:
        faults.append(entry.fault(BIRTH, "出生日期和档案不一样，请核对"))
        return False
    return True


async def _find(tx: Tx, site: Site, facility: bytes, entries: Sequence[Entry]) -> _Found:
    index = {
        site.index.of_id_number(normalise_id_number(each.number)) for each in entries if each.number
    }
    by_index: dict[bytes, set[bytes]] = {}
    if index:
        for mark, who in await tx.rows_in(
            "SELECT id_index, resident FROM resident WHERE district=? AND id_index {ids}",
            sorted(index), site.district,
        ):  # fmt: skip
            by_index.setdefault(mark, set()).add(who)
    by_archive: dict[str, set[bytes]] = {}
    for number in sorted({each.archive for each in entries if each.archive}):
        for (who,) in await tx.rows(
            "SELECT resident FROM resident WHERE district=? AND archive_no=?",
            site.district, number,
        ):  # fmt: skip
            by_archive.setdefault(number, set()).add(who)
    wanted = {who for whos in (*by_index.values(), *by_archive.values()) for who in whos}
    kept = await survivors(tx, site.district, wanted)
    by_index = {mark: {kept.get(who, who) for who in whos} for mark, whos in by_index.items()}
    by_archive = {no: {kept.get(who, who) for who in whos} for no, whos in by_archive.items()}
    cards = await cards_of(tx, site, {kept.get(who, who) for who in wanted})
    named = {
        (each.name, each.birth)
        for each in entries
        if each.name and each.birth and not (each.number or each.archive)
    }
    by_name = await _by_name(tx, site, facility, named, cards)
    return _Found(by_index, by_archive, by_name, cards)


async def _by_name(
    tx: Tx,
    site: Site,
    facility: bytes,
    named: Collection[tuple[str, str]],
    cards: dict[bytes, Card],
) -> dict[tuple[str, str], set[bytes]]:
    """Names are sealed, so every card of the facility is opened; only where a line needs it."""
    if not named:
        return {}
    rows = await tx.rows(
        "SELECT resident FROM resident WHERE district=? AND facility=? AND status<>'merged'",
        site.district, facility,
    )  # fmt: skip
    made: dict[tuple[str, str], set[bytes]] = {}
    for who, card in (await cards_of(tx, site, {row[0] for row in rows})).items():
        if (card.name, card.birth) in named:
            made.setdefault((card.name, card.birth), set()).add(who)
            cards[who] = card
    return made
