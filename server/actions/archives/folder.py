"""What the page of one archive shows beside its values: who wrote, who looked, who holds a copy.

Read after the gate has opened (server/actions/archives/opening.py); nothing here widens what it let
through.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.access import Opened, Record
from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.told import facility_names, staff_names, tablet_labels, team_names
from server.actions.keeping.site import Site
from server.actions.lists.import_source import Source, list_of, sources_of
from server.store.tx import Row, Tx, one

LOOKS: Final = 8  # rows of 谁看过 on the page


@dataclass(frozen=True, slots=True)
class Entry:
    """One record in view. `source`: tablet | clinic | import | server. Instants in ms UTC."""

    record: Record
    source: str
    received_at: int
    by: str
    tablet: str
    performing: str
    guest: bool
    late: bool
    mine: bool
    shown_instead: bytes | None  # the record that corrects this one
    voided: str | None  # the reason it was taken back for
    came_from: Source | None = None  # of an imported one: another system's list


@dataclass(frozen=True, slots=True)
class Look:
    at: int
    by: str
    facility: str
    purpose: str
    ground: str
    mode: str


@dataclass(frozen=True, slots=True)
class Copy:
    label: str
    state: str
    since: int


@dataclass(frozen=True, slots=True)
class Matter:
    """An open task of this resident."""

    kind: str
    subject: bytes
    due_at: int


@dataclass(frozen=True, slots=True)
class Folder:
    opened: Opened
    card: Card
    archive_no: str
    facility: str
    team: str
    ours: bool
    entries: tuple[Entry, ...]
    looks: tuple[Look, ...]
    copies: tuple[Copy, ...]
    matters: tuple[Matter, ...]
    names: Mapping[bytes, str]  # of everybody who wrote a value in view
    waits: bool  # what was written last is not in the plan yet


async def folder(site: Site, signed: Signed, opened: Opened) -> Folder:
    return await site.store.read(partial(_folder, site=site, signed=signed, opened=opened))


async def _folder(tx: Tx, site: Site, signed: Signed, opened: Opened) -> Folder:
    district, who = site.district, opened.resident
    row = await one(
        tx,
        "SELECT archive_no, facility, panel FROM resident WHERE district=? AND resident=?",
        district,
        who,
    )
    assert row is not None
    details = {
        each[0]: each
        for each in await tx.rows(
            "SELECT change, author, device, credit_facility, flags, received_at FROM change "
            "WHERE district=? AND resident=? AND shape='event'",
            district, who,
        )
    }  # fmt: skip
    performing = {
        each[0]: each[1]
        for each in await tx.rows(
            "SELECT change, performing FROM desk_change WHERE district=? AND resident=?",
            district, who,
        )
    }  # fmt: skip
    looked = await tx.rows(
        "SELECT at, staff, facility, purpose, ground, mode FROM access_log WHERE district=? AND "
        "resident=? ORDER BY at DESC, entry DESC LIMIT ?",
        district, who, LOOKS,
    )  # fmt: skip
    heads = {head.staff for cell in opened.cells.values() for head in cell.heads}
    names = await staff_names(
        tx, site, heads | {each.staff for each in opened.records} | {each[1] for each in looked}
    )
    places = await facility_names(tx, site)
    tablets = await tablet_labels(tx, site, [each[2] for each in details.values()])
    teams = await team_names(tx, site, [row[2]])
    in_view = [details[each.change.id][4] for each in opened.records]
    named = [each for each in map(list_of, in_view) if each is not None]
    lists = await sources_of(tx, site, set(named))
    return Folder(
        opened=opened,
        card=(await cards_of(tx, site, [who]))[who],
        archive_no=row[0],
        facility=places.get(row[1], ""),
        team=teams.get(row[2], ""),
        ours=row[1] == signed.facility,
        entries=_entries(signed, opened, details, performing, (names, tablets, places), lists),
        looks=tuple(
            Look(at, names.get(by, ""), places.get(where, ""), purpose, ground, mode)
            for at, by, where, purpose, ground, mode in looked
        ),
        copies=await _copies(tx, site, who),
        matters=await _matters(tx, site, who),
        names=names,
        waits=await _waits(tx, district, who),
    )


def _entries(
    signed: Signed,
    opened: Opened,
    details: Mapping[bytes, Row],
    performing: Mapping[bytes, bytes],
    named: tuple[Mapping[bytes, str], Mapping[bytes, str], Mapping[bytes, str]],
    lists: Mapping[bytes, Source],
) -> tuple[Entry, ...]:
    """Newest day first; what corrects or takes back another stands at that one."""
    names, tablets, places = named
    instead = {r.change.amends: r.change.id for r in opened.records if r.change.amends}
    voided = {r.change.voids: r.change.reason for r in opened.records if r.change.voids}
    made: list[Entry] = []
    for each in reversed(opened.records):
        change = each.change
        if not each.form():
            continue
        _, author, device, credited, flags, received_at = details[change.id]
        said = flags.split(",")
        where = performing.get(change.id) or credited
        source = "import" if author == "import" else "tablet" if device else "server"
        made.append(
            Entry(
                record=each,
                source="desk" if "desk" in said else source,
                received_at=received_at,
                by=names.get(each.staff, ""),
                tablet=tablets.get(device, ""),
                performing=places.get(where, ""),
                guest=any(flag.startswith("guest") for flag in said),
                late="entered_late" in said,
                mine=author == "staff" and each.staff == signed.staff,
                shown_instead=instead.get(change.id),
                voided=voided.get(change.id),
                came_from=lists.get(list_of(flags) or b""),
            )
        )
    return tuple(made)


async def _waits(tx: Tx, district: int, who: bytes) -> bool:
    """Whether the archive was changed and what is derived from it is still to be made anew."""
    noted = "SELECT 1 FROM touched WHERE district=? AND resident=?"
    return await one(tx, noted, district, who) is not None


async def _copies(tx: Tx, site: Site, who: bytes) -> tuple[Copy, ...]:
    rows = await tx.rows(
        "SELECT d.label, c.state, c.since FROM copy c JOIN device d ON d.district=c.district AND "
        "d.device=c.device WHERE c.district=? AND c.resident=? AND c.state<>'purged' "
        "ORDER BY d.label",
        site.district, who,
    )  # fmt: skip
    return tuple(Copy(*row) for row in rows)


async def _matters(tx: Tx, site: Site, who: bytes) -> tuple[Matter, ...]:
    rows = await tx.rows(
        "SELECT kind, subject, due_at FROM task WHERE district=? AND resident=? AND "
        "closed_at IS NULL ORDER BY due_at",
        site.district,
        who,
    )
    return tuple(Matter(*row) for row in rows)


async def card_of(site: Site, resident: bytes) -> Card:
    """The card of an archive that has been opened."""
    return (await site.store.read(partial(cards_of, site=site, ids=[resident])))[resident]


async def colleagues(site: Site, signed: Signed) -> dict[str, str]:
    """Who works at the own facility, id in hex and name: for fields that name a doctor."""

    async def read(tx: Tx) -> dict[str, str]:
        rows = await tx.rows(
            "SELECT staff FROM staff WHERE district=? AND facility=? AND active=?",
            site.district, signed.facility, True,
        )  # fmt: skip
        names = await staff_names(tx, site, [row[0] for row in rows])
        return {who.hex(): name for who, name in sorted(names.items(), key=lambda kv: kv[1])}

    return await site.store.read(read)


async def facilities(site: Site) -> dict[str, str]:
    """Every facility of the district, id in hex and name."""
    names = await site.store.read(lambda tx: facility_names(tx, site))
    return {which.hex(): name for which, name in sorted(names.items(), key=lambda kv: kv[1])}


async def own_panels(site: Site, signed: Signed) -> dict[str, str]:
    """The teams of the own facility, panel id in hex and name."""

    async def read(tx: Tx) -> dict[str, str]:
        rows = await tx.rows(
            "SELECT panel, name FROM panel WHERE district=? AND facility=? ORDER BY name",
            site.district,
            signed.facility,
        )
        return {row[0].hex(): row[1] for row in rows}

    return await site.store.read(read)


async def own_areas(site: Site, signed: Signed) -> dict[str, str]:
    """The villages and townships that the own facility serves, code and name."""

    async def read(tx: Tx) -> dict[str, str]:
        rows = await tx.rows(
            "SELECT code, name FROM service_area WHERE district=? AND facility=? ORDER BY code",
            site.district,
            signed.facility,
        )
        return {row[0]: row[1] for row in rows}

    return await site.store.read(read)
