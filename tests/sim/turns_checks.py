"""What must hold after every play, and when everything has come to rest."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

from server.actions.archives import afterwork
from server.actions.keeping.backup import Backup
from server.actions.keeping.backup_file import Reader
from server.actions.keeping.verify import verify_journal
from server.actions.tablets import devices, release
from server.actions.tablets.exchange import exchange
from server.errors import NotFound, NotYours, RuleSaysNo
from sync import digest, wire
from tests.sim.turns_deeds import Answered
from tests.sim.turns_order import Lane
from tests.sim.turns_stores import Facts
from tests.sim.turns_town import Carried, Town
from tests.world import NAMES, SU

SAYS_NO: Final = (RuleSaysNo, NotFound, NotYours)
GIVEN: Final = ("possible", "held", "asked", "unaccounted")
SHOWN: Final = "c.state IN ('applied','applied_guest') AND c.shape='event'"


class Broken(AssertionError):
    """A promise of the product does not hold."""


def must(holds: object, text: str) -> None:
    if not holds:
        raise Broken(text)


# ---- after every play --------------------------------------------------------------------------


async def after_play(town: Town, lanes: list[Lane]) -> None:
    for lane in lanes:
        if lane.error is not None and not isinstance(lane.error, SAYS_NO):
            raise lane.error
        must(lane.error is None or "exchange" not in lane.name, f"{lane.name}: {lane.error}")
    await _answers(town, lanes)
    await _membership(town)
    await _sums(town)
    await _halls(town)
    _leases(town)
    for lane in lanes:
        if isinstance(lane.value, Backup):
            await _saved(town, lane.value)


async def _answers(town: Town, lanes: list[Lane]) -> None:
    """One receipt a batch, whoever is answered; nobody on a page who was not in its panel when the
    page was committed.
    """
    receipts: dict[bytes, set[bytes | None]] = {}
    for lane in lanes:
        done = lane.value
        if not isinstance(done, Answered) or done.held is None:
            continue
        told, pages = done.held.pages(done.answer)
        receipts.setdefault(done.raw, set()).add(
            bytes(told.receipt.receipt) if told.receipt is not None else None
        )
        for page in pages:
            _page(lane, done.held, page)
    for found in receipts.values():
        must(len(found) == 1, "two answers to one batch state other receipts")
        (receipt,) = found
        if receipt is not None:
            name = wire.receipt(receipt).batch
            stored = [
                row for row in await town.rows("SELECT digest, receipt FROM batch")
                if row[0] == name
            ]  # fmt: skip
            must(len(stored) == 1, "a batch is in the ledger once")
            kept = json.loads(stored[0][1])["receipt"]
            must(kept == json.loads(receipt), "another receipt is stored than was answered")


def _page(lane: Lane, held: Carried, page: wire.Page) -> None:
    facts: Facts = lane.told[-1]
    there = facts.members.get(page.panel, set())
    must(
        facts.devices[held.device] == "enrolled" or not (page.rows or page.snap_rows),
        f"{lane.name}: a page for a tablet that is {facts.devices[held.device]}",
    )
    for raw in (*page.rows, *page.snap_rows, *page.again):
        row = wire.row(raw)
        if isinstance(row, wire.Leave):
            continue
        who = row.of or wire.change(row.change).resident if isinstance(row, wire.EventPut) else (
            row.id
        )  # fmt: skip
        must(who in there, f"{lane.name}: {NAMES.get(who)} is on a page of a panel that was left")


async def _membership(town: Town) -> None:
    """One team, one open assignment; what the row says is what the panels say."""
    assigned = Counter(
        who for (who,) in await town.rows("SELECT resident FROM member WHERE ground='assigned'")
    )
    must(all(n == 1 for n in assigned.values()), "somebody is assigned to two panels")
    pairs = set(await town.rows("SELECT resident, panel FROM member WHERE ground='assigned'"))
    said = set(await town.rows("SELECT resident, panel FROM resident WHERE panel IS NOT NULL"))
    must(pairs == said, "a resident's row names another team than the panels")
    opened = await town.rows(
        "SELECT resident, panel FROM assignment WHERE until_day IS NULL AND panel IS NOT NULL"
    )
    must(sorted(opened) == sorted(pairs), "an assignment is open that is not, or is not that is")
    waiting = Counter(
        who for (who,) in await town.rows("SELECT resident FROM switch WHERE status='scheduled'")
    )
    must(all(n == 1 for n in waiting.values()), "two switches wait of one resident")
    rows = await town.rows(
        "SELECT m.resident, m.panel FROM member m WHERE m.ground<>'assigned' AND NOT EXISTS "
        "(SELECT 1 FROM consent c WHERE c.resident=m.resident AND c.panel=m.panel "
        "AND c.revoked_at IS NULL)"
    )
    must(not rows, "somebody is in a panel by a consent that was taken back")
    stray = await town.rows(
        "SELECT c.resident, c.device FROM copy c JOIN device d ON d.device=c.device WHERE "
        "c.state='possible' AND d.status='enrolled' AND NOT EXISTS (SELECT 1 FROM member m JOIN "
        "device_panel p ON p.panel=m.panel WHERE m.resident=c.resident AND p.device=c.device)"
    )
    must(not stray, "a copy of somebody who left was not asked back")


async def _sums(town: Town) -> None:
    """Digests are those of the rows, of every panel and resident."""
    sums = {
        row[0]: row[1:]
        for row in await town.rows("SELECT resident, sum_open, sum_restricted FROM resident")
    }
    leaves: dict[tuple[bytes, str], int] = Counter()
    for who, change, cls, rev in await town.rows(
        f"SELECT c.resident, c.change, c.cls, c.rev FROM change c WHERE {SHOWN}"
    ):
        leaves[who, cls] += digest.leaf(change, cls, rev)
    for who, rev, restricted in await town.rows(
        "SELECT resident, rev, rev_restricted FROM resident"
    ):
        leaves[who, "A"] += digest.leaf(who, "A", rev)
        leaves[who, "B"] += digest.leaf(who, "B", restricted) if restricted else 0
    for who, both in sums.items():
        counted = [digest.add(bytes(16), leaves[who, cls]) for cls in "AB"]
        must(list(both) == counted, f"the sum of {NAMES.get(who)} is not that of the rows")
    members = await town.rows("SELECT panel, resident, ground FROM member")
    for panel, *roots in await town.rows("SELECT panel, root_open, root_restricted FROM panel"):
        mine = [(who, ground) for name, who, ground in members if name == panel]
        total = [
            digest.sum_of(sums[who][0] for who, _ in mine),
            digest.sum_of(sums[who][1] for who, ground in mine if ground != "consent"),
        ]
        must(list(roots) == total, "the sum of a panel is not the sum of its residents")
    ahead = await town.rows(
        "SELECT 1 FROM feed f JOIN panel p ON p.panel=f.panel WHERE f.csn>p.csn LIMIT 1"
    )
    must(not ahead, "a feed row is ahead of its panel's counter")


async def _halls(town: Town) -> None:
    """Places are counted right, nobody has two, and each step was noted once."""
    slots = await town.rows("SELECT day, slot, capacity, taken FROM checkup_slot")
    rows = await town.rows("SELECT day, who, slot, arrived_at, status FROM checkup_person")
    people = [row[:4] for row in rows if row[4] != "moved"]
    held = Counter((day, slot) for day, _, slot, _ in people if slot is not None)
    # The place of an archive that was merged is not given back by itself.
    merged = Counter((row[0], row[2]) for row in rows if row[4] == "moved")
    for day, slot, capacity, taken in slots:
        come = held[day, slot]
        most = come + merged[day, slot]
        must(come <= taken <= most, f"{taken} places are noted, {come} people come")
        must(taken <= capacity, f"{taken} places of {capacity} are taken")
    twice = Counter(who for _, who, slot, _ in people if slot is not None)
    one_each = all(n == 1 for n in twice.values()) or "merges" in town.notes
    must(one_each, "somebody has places at two days")
    steps = Counter(row[0] for row in await town.rows("SELECT change FROM checkup_step"))
    must(all(steps[each] == 1 for each in town.notes.get("steps", ())), "a step is not noted once")
    came = {
        (day, who) for day, who, kind in await town.rows("SELECT day, who, kind FROM checkup_step")
        if kind == "check_in"
    }  # fmt: skip
    noted = {(day, who) for day, who, _, at in people if at is not None}
    must(came <= noted, "somebody came and is not noted as here")


def _leases(town: Town) -> None:
    ran = Counter(town.notes.get("ran", ()))
    must(all(ran[slot] == 1 for slot in range(1, town.notes.get("slot", 0) + 1)),
         f"a slot was not worked once: {ran}")  # fmt: skip


async def _saved(town: Town, done: Backup) -> None:
    """Whatever a tablet may drop is in the file that lets it."""
    there = set(_changes_in(done.path, town))
    for change, epoch, seq, marked, mark in await town.rows(
        "SELECT c.change, c.epoch, c.seq, d.backed_epoch, d.backed_seq FROM change c "
        "JOIN device d ON d.device=c.device"
    ):
        must((epoch, seq) > (marked, mark) or change in there, "a mark is above its backup")


def _changes_in(path: Path, town: Town) -> list[bytes]:
    reader = Reader(path, town.site.vault.ring)
    try:
        reader.check()
        place = reader.head.columns["change"].index("change")
        return [row[place] for part in reader.tables() if part[0] == "change" for row in part[1]]
    finally:
        reader.close()


# ---- at rest -----------------------------------------------------------------------------------


async def come_to_rest(town: Town) -> None:
    """Tablets have delivered and hold what the server holds."""
    for _ in range(2):
        for held in town.tablets.values():
            if not await town.settle(held):
                await _hand_over(town, held)
        for (device,) in await town.rows(
            "SELECT device FROM device WHERE status='enrolled' AND chain_epoch>epoch_allowed"
        ):
            await devices.confirm_epoch(town.site, device, staff=SU)
        await release.release_waiting(town.site)
        await afterwork.catch_up(town.site)
        town.clock.pass_(minutes=1)
    changes = {row[0]: row[1:] for row in await town.rows(
        "SELECT change, resident, cls, rev, state, reason FROM change"
    )}  # fmt: skip
    for change, name in town.saved.items():
        must(change in changes, f"a change of {name} is not at the server")
    await after_play(town, [])
    for held in town.tablets.values():
        if not held.over:
            await _same(town, held, changes)
    await town.number()
    report = await verify_journal(town.site)
    must(not report.faults, f"the journal does not verify: {report.faults[:3]}")


async def _hand_over(town: Town, held: Carried) -> None:
    """A wiped tablet still delivers what lies sealed on its disk."""
    ready = "SELECT body FROM batch WHERE state='ready' ORDER BY epoch, seq"
    for (body,) in held.tablet.disk.rows(ready):
        await exchange(town.site, body)


async def _same(town: Town, held: Carried, changes: dict[bytes, tuple[Any, ...]]) -> None:
    """Entities, members, outcomes and copies are those of the server."""
    tablet = held.tablet
    must(tablet.waiting == 0, f"{held.name} still has {tablet.waiting} waiting")
    for change, name in town.saved.items():
        if name == held.name:
            _, _, _, state, reason = changes[change]
            told = tablet.fate(change)
            right = told in ((state, reason), (state, ""))
            must(right, f"{held.name} believes {told}, the server holds {(state, reason)}")
    members = await town.rows("SELECT panel, resident FROM member")
    own = {who for panel, who in members if panel in held.panels}
    for panel in held.panels:
        there = {who for name, who in members if name == panel}
        must(tablet.archive.members(panel) == there, f"{held.name} has other people than its panel")
        must(not tablet.state.ask.get(panel.hex()), f"digests of {held.name} disagree")
    wanted = {
        (row[0], row[1]) for row in await town.rows(f"SELECT change, rev, resident FROM change c "
        f"WHERE {SHOWN} AND c.cls='A'") if row[2] in own
    } | {row[:2] for row in await town.rows("SELECT resident, rev FROM resident")
         if row[0] in own}  # fmt: skip
    found = {tuple(row) for row in tablet.disk.rows("SELECT id, rev FROM entity")}
    must(found == wanted, f"{held.name} holds {len(found - wanted)} too many, "
         f"{len(wanted - found)} too few")  # fmt: skip
    copies = {who: state for who, device, state in await town.rows(
        "SELECT resident, device, state FROM copy") if device == held.device}  # fmt: skip
    for who in NAMES:
        state = copies.get(who, "")
        right = state in GIVEN if who in own else state in ("", "purged")
        must(right, f"{held.name}: {NAMES[who]} is noted as '{state}', on it: {who in own}")
