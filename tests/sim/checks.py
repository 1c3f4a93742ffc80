"""At rest: what must be true of server and tablets, held against the oracle's memory."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Any

from server.actions.archives.standing import MERGED
from server.actions.keeping.site import district_key_blob
from server.actions.keeping.verify import verify_journal
from server.actions.tablets.settle import open_change
from server.store.vault import T_CELLS, T_PARTS, T_RESTRICTED
from sync import digest
from sync.merge import decode_cells
from tests.sim.faults import Broken
from tests.sim.oracle import FINAL, OPEN, STANDING, Saved, Standing, heads, needs_a_person
from tests.sim.tablets import NAMES_PHOTOS, Carried
from tests.sim.world import Sim
from tests.world import NAMES

SHOWN = ("applied", "applied_guest")
GIVEN = ("possible", "held", "asked", "unaccounted")


@dataclass(slots=True)
class Row:
    """One change as the server has it, opened."""

    id: bytes
    resident: bytes
    cls: str
    shape: str
    state: str
    reason: str
    rev: int
    device: bytes | None
    author: str
    raw: bytes
    parts: dict[str, str]


@dataclass(slots=True)
class Facts:
    """The server's rows, read once."""

    changes: dict[bytes, Row] = field(default_factory=dict[bytes, Row])
    tasks: set[tuple[str, bytes]] = field(default_factory=set[tuple[str, bytes]])  # open ones
    residents: dict[bytes, tuple[Any, ...]] = field(default_factory=dict[bytes, tuple[Any, ...]])
    members: dict[bytes, dict[bytes, str]] = field(  # panel -> resident -> ground
        default_factory=dict[bytes, dict[bytes, str]]
    )
    copies: dict[tuple[bytes, bytes], str] = field(default_factory=dict[tuple[bytes, bytes], str])
    devices: dict[bytes, str] = field(default_factory=dict[bytes, str])
    cells: dict[bytes, dict[str, dict[str, Any]]] = field(
        default_factory=dict[bytes, dict[str, dict[str, Any]]]
    )


def must(holds: object, text: str) -> None:
    if not holds:
        raise Broken(text)


def short(change: bytes) -> str:
    return change[-4:].hex()


async def read_facts(sim: Sim) -> Facts:
    facts, vault = Facts(), sim.site.vault
    for row in await sim.rows(
        "SELECT resident, key, rev, rev_restricted, sealed_cells, sealed_restricted, sum_open, "
        "sum_restricted, panel, status FROM resident"
    ):
        who, wrapped, rev, rev_restricted, sealed, restricted = row[:6]
        facts.residents[who] = row
        key = vault.key(who, wrapped)
        cells = decode_cells(key.open(vault.at(T_CELLS, who, who, rev), sealed))
        if restricted:
            place = vault.at(T_RESTRICTED, who, who, rev_restricted)
            cells |= decode_cells(key.open(place, restricted))
        facts.cells[who] = {
            name: {b64encode(head.change).decode(): head.value for head in cell.heads}
            for name, cell in cells.items()
        }
    await _changes(sim, facts)
    for kind, subject in await sim.rows("SELECT kind, subject FROM task WHERE closed_at IS NULL"):
        facts.tasks.add((kind, subject))
    for panel, who, ground in await sim.rows("SELECT panel, resident, ground FROM member"):
        facts.members.setdefault(panel, {})[who] = ground
    for who, device, state in await sim.rows("SELECT resident, device, state FROM copy"):
        facts.copies[who, device] = state
    facts.devices = dict(await sim.rows("SELECT device, status FROM device"))
    return facts


async def _changes(sim: Sim, facts: Facts) -> None:
    site = sim.site
    district_key = await sim.store.write(lambda tx: district_key_blob(tx, site.district))
    for row in await sim.rows(
        "SELECT resident, change, cls, shape, state, reason, rev, device, under, body, parts, "
        "author FROM change"
    ):
        who, change, cls, shape, state, reason, rev, device, under, body, parts, author = row
        wrapped = facts.residents[who][1] if under == "resident" else district_key
        _, raw = open_change(
            site, change=change, resident=who, under=under, wrapped=wrapped, body=body
        )
        opened = {}
        if parts:
            owner = who if under == "resident" else bytes(16)
            key = site.vault.key(owner, wrapped)
            opened = json.loads(key.open(site.vault.at(T_PARTS, change, who), parts))
        facts.changes[change] = Row(
            change, who, cls, shape, state, reason, rev, device, author, raw, opened
        )


async def check_all(sim: Sim) -> Facts:
    """What was read for it. Raises Broken with a sentence."""
    facts = await read_facts(sim)
    _custody(sim, facts)
    _fates(sim, facts)
    _dropped(sim)
    _heads(sim, facts)
    for held in sim.usable():
        if facts.devices[held.keys.device] == "enrolled" and not held.liar:
            await _same(sim, held, facts)
            _copies(held, facts)
    await _feed(sim)
    report = await verify_journal(sim.site)
    must(not report.faults, f"the journal does not verify: {report.faults[:3]}")
    return facts


def _custody(sim: Sim, facts: Facts) -> None:
    """Every change of a surviving tablet is stored once, as signed, in a final or owned state."""
    for change in sim.oracle.secured:
        must(change in facts.changes, f"{short(change)} was backed up and is gone")
    places = {held.name: held.state for held in sim.tablets}
    copies = {held.name for held in sim.tablets if held.cloned}
    for change, saved in sim.oracle.saved.items():
        row = facts.changes.get(change)
        state = places[saved.tablet]
        if row is None:
            # A wiped copy of a tablet can begin no epoch behind the other's head any more.
            wiped = state == "wiped" and (sim.restores or saved.tablet in copies)
            lost_with_it = state == "destroyed" or wiped or _kept_whole(sim, saved)
            must(lost_with_it, f"{short(change)} of {saved.tablet} ({state}) is not at the server")
            continue
        altered = sim.oracle.altered(change, row.raw)
        # A restored server has forgotten whose id it was: the first to come again has it.
        stolen = change in sim.made_up and sim.restores
        must(not altered or stolen, f"{short(change)} is stored with another {altered}")
    for change, row in facts.changes.items():
        must(row.state in OPEN | FINAL, f"{short(change)} is in no known state: {row.state}")
        # A guest of a checkup day stands on the day's own list (hall.py).
        if row.state in OPEN and row.reason not in ("declined", "guest"):
            owned = any(subject == change for _, subject in facts.tasks)
            must(owned, f"{short(change)} is {row.state} ({row.reason}) and nobody's task")
        waits = row.state == "held" and row.reason == "missing_base"
        must(not waits, f"{short(change)} still waits for what it names")


def _kept_whole(sim: Sim, saved: Saved) -> bool:
    """A batch of a liar that names a stranger as its user is kept as it came, unread."""
    liars = [held for held in sim.tablets if held.name == saved.tablet and held.liar]
    return any(
        held.state == "wiped" or held.tablet.fate(saved.id)[0] == "quarantined" for held in liars
    )


def _fates(sim: Sim, facts: Facts) -> None:
    """What a tablet believes of its own changes is what the server holds."""
    for held in sim.usable():
        if held.liar:
            continue
        must(held.tablet.waiting == 0, f"{held.name} still has {held.tablet.waiting} waiting")
        must(
            not held.tablet.disk.rows("SELECT 1 FROM own"),
            f"{held.name} keeps own changes beside the archive",
        ) if facts.devices[held.keys.device] == "enrolled" else None
        for change, saved in sim.oracle.saved.items():
            if saved.tablet == held.name:
                row, fate = facts.changes[change], held.tablet.fate(change)
                must(
                    fate == (row.state, row.reason) or fate == (row.state, ""),
                    f"{held.name} believes {fate} of {short(change)}, "
                    f"the server holds {(row.state, row.reason)}",
                )


def _dropped(sim: Sim) -> None:
    """Whatever a tablet has let go is in a verified backup."""
    secured = set[bytes]().union(*(kept.changes for kept in sim.kept))
    for held in sim.usable():
        disk, here = held.tablet.disk, set[bytes]()
        for (ids,) in disk.rows("SELECT ids FROM batch"):
            here |= {ids[n : n + 16] for n in range(0, len(ids), 16)}
        here |= {row[0] for row in disk.rows("SELECT id FROM own WHERE state IN ('open', 'sent')")}
        for change, saved in sim.oracle.saved.items():
            if saved.tablet == held.name and change not in here and not held.liar:
                must(change in secured, f"{held.name} let go {short(change)} before a backup")


def _heads(sim: Sim, facts: Facts) -> None:
    """No value is lost: the standing ones are those that no applied edit has seen.

    Of archives that were merged a person chose what stands; their disputes still have an owner.
    """
    edits: dict[tuple[bytes, str], list[Standing]] = {}
    for change, row in facts.changes.items():
        for cell, edit in json.loads(row.raw).get("set", {}).items():
            part = row.parts.get(cell, row.state)
            if part in STANDING and row.state not in ("held", "quarantined"):
                name = b64encode(change).decode()
                seen = tuple(edit.get("saw", ()))
                edits.setdefault((row.resident, cell), []).append(
                    Standing(name, edit["value"], seen)
                )
    for who, cells in facts.cells.items():
        for cell in cells.keys() | {name for resident, name in edits if resident == who}:
            wanted, found = heads(edits.get((who, cell), [])), cells.get(cell, {})
            must(
                wanted == found or who in sim.united,
                f"{cell} of {NAMES[who]} should stand at {wanted} and stands at {found}",
            )
            if facts.residents[who][9] != MERGED:  # asked about when the merge ends
                _asked(facts, who, cell, found)


def _asked(facts: Facts, who: bytes, cell: str, found: dict[str, Any]) -> None:
    rows = {each: facts.changes.get(b64decode(each)) for each in found}
    found = {  # a claim that was taken back claims nothing any more
        each: value for each, value in found.items()
        if value is not None or (row := rows[each]) is None or row.author != "resident"
    }  # fmt: skip
    if not needs_a_person(cell, found):
        return
    if cell in ("phone", "address_text"):
        return  # settled when the resident spoke: authors are the merge's business
    ids = {kind: set[str]() for kind in ("conflict", "correction")}
    for kind, subject in facts.tasks:
        asks = "correction" if kind == "appeal" else kind  # the county's, once it was appealed
        ids.setdefault(asks, set()).add(b64encode(subject).decode())
    staffs = {each: value for each, value in found.items() if each not in ids["correction"]}
    asked = ids["conflict"] if needs_a_person(cell, staffs) else ids["conflict"] | ids["correction"]
    must(asked & found.keys(), f"{cell} of {NAMES[who]} is disputed and nobody's task: {found}")


async def _same(sim: Sim, held: Carried, facts: Facts) -> None:
    """The tablet's entities are the server's rows of its panels, and both say so by digest."""
    own: set[bytes] = set()
    whole: set[bytes] = set()  # of whom class B is given too: never by a consent
    for panel in held.keys.panels:
        grounds = facts.members.get(panel, {})
        there = set(grounds)
        whole |= {who for who in there if held.restricted and grounds[who] == "assigned"}
        must(
            held.tablet.archive.members(panel) == there,
            f"{held.name} has {_names(held.tablet.archive.members(panel))} in a panel of "
            f"{_names(there)}",
        )
        own |= there
    wanted = {
        (row.id, row.cls, row.rev)
        for row in facts.changes.values()
        if row.shape == "event" and row.state in SHOWN and row.resident in own
        and (row.cls == "A" or row.resident in whole)
    }  # fmt: skip
    for who in own:
        rev, rev_restricted, restricted = (facts.residents[who][n] for n in (2, 3, 5))
        wanted.add((who, "A", rev))
        if restricted and who in whole:
            wanted.add((who, "B", rev_restricted))
    found = {tuple(row) for row in held.tablet.disk.rows("SELECT id, cls, rev FROM entity")}
    if held.schema < NAMES_PHOTOS:  # not sent any more; what came with an app before may lie there
        pictured = {row.id for row in facts.changes.values() if b'"attach"' in row.raw}
        wanted, found = (
            {each for each in rows if each[0] not in pictured} for rows in (wanted, found)
        )
    must(
        found == wanted,
        f"{held.name} holds other entities: too many "
        f"{[(short(i), c, r) for i, c, r in found - wanted]}, "
        f"missing {[(short(i), c, r) for i, c, r in wanted - found]}",
    )
    for panel in held.keys.panels:
        total = digest.sum_of(
            digest.sum_of(facts.residents[who][6:8])
            if held.restricted and ground == "assigned"
            else facts.residents[who][6]
            for who, ground in facts.members.get(panel, {}).items()
        )
        told = await sim.rows("SELECT root_open, root_restricted FROM panel WHERE panel=?", panel)
        theirs = digest.sum_of(told[0]) if held.restricted else told[0][0]
        must(theirs == total, "the sum of a panel is not the sum of its residents")
        must(not held.tablet.state.ask.get(panel.hex()), f"digests of {held.name} disagree")
    for who in own:
        _cells(held, facts, who)


def _cells(held: Carried, facts: Facts, who: bytes) -> None:
    shown = held.tablet.archive.cells(who)
    for cell, standing in facts.cells[who].items():
        if cell in shown:
            mine = {b64encode(head.change).decode(): head.value for head in shown[cell].heads}
            must(mine == standing, f"{held.name} shows {cell} of {NAMES[who]} as {mine}")


def _copies(held: Carried, facts: Facts) -> None:
    """Who is on a tablet is in the copies; who was purged is neither there nor asked for."""
    there = {row[0] for row in held.tablet.disk.rows("SELECT DISTINCT resident FROM entity")}
    for who in NAMES:
        state = facts.copies.get((who, held.keys.device), "")
        if who in there:
            must(state in GIVEN, f"{held.name} has {NAMES[who]}, its copy is noted as '{state}'")
        elif not held.cloned:
            must(
                state in ("", "purged"),
                f"{held.name} has not {NAMES[who]}, its copy stays '{state}'",
            )


async def _feed(sim: Sim) -> None:
    """No row is gone that may still be needed; a stored receipt states each of its changes."""
    panels = await sim.rows("SELECT panel, csn, feed_from FROM panel")
    faults = sim.feeds.faults(panels, await sim.feed_rows())
    must(not faults, "; ".join(faults[:3]))
    for n, receipt in await sim.rows("SELECT n, receipt FROM batch"):
        must(json.loads(receipt)["receipt"]["n"] == n, "a receipt of another length")


def _names(residents: set[bytes]) -> str:
    return "{" + "、".join(NAMES[who] for who in sorted(residents)) + "}"
