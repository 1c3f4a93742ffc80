"""What is played: each scene brings two to four acts to the point where they begin."""

from collections.abc import Awaitable, Callable
from functools import partial
from hashlib import sha256

from server.actions.archives import consent
from server.actions.archives.merging import Wish, merge
from server.actions.archives.unmerging import unmerge
from server.actions.checkup import booking, spreading
from server.actions.keeping import backup, job_ledger
from server.actions.keeping.keyring import renew_kem
from server.actions.keeping.site import Site, district_key_blob
from server.actions.places import move
from server.actions.residents.acting import Acting
from server.actions.tablets import devices, release
from server.actions.tablets.exchange import exchange
from server.store.tx import Tx
from server.store.vault import NOBODY
from tests.sim.turns_deeds import (
    COUNTY,
    DAY_MS,
    DESK,
    PANELS,
    Answered,
    Deed,
    act,
    corrects,
    decides,
    edits,
    elsewhere,
    of_tablet,
    quietly,
    sends,
    switches,
    visits,
    works,
)
from tests.sim.turns_town import RESIDENTS, Town
from tests.world import DISTRICT, SU

Scene = Callable[[Town], Awaitable[list[Deed]]]


async def doubled(town: Town) -> list[Deed]:
    held = town.some()
    if held is None:
        return []
    works(town, held, of_tablet(town, held))
    request = held.asks()
    return [sends(town, held, request) for _ in range(town.rng.choice((2, 2, 3)))]


async def push_and_move(town: Town) -> list[Deed]:
    held = town.some()
    if held is None:
        return []
    who, chance = of_tablet(town, held), town.rng.random()
    works(town, held, who)
    if chance < 0.6:
        return [sends(town, held), switches(town, who, elsewhere(town, held))]
    later = chance < 0.8
    await quietly(switches(town, who, elsewhere(town, held), later=int(later)))
    town.clock.pass_(ms=DAY_MS if later else 0)
    moved = move.begin_due if later else partial(move.undo, resident=who)
    return [sends(town, held), act(town, "begin_due" if later else "undo", moved)]


async def page_and_move(town: Town) -> list[Deed]:
    """A page is packed while somebody leaves whom its feed has just named, or whom a snapshot is
    about to name.
    """
    held = town.some()
    if held is None:
        return []
    who = of_tablet(town, held)
    await quietly(decides(town, who))
    if town.rng.random() < 0.3:
        held.begins_afresh()
    other = town.some()
    if other is not None and other is not held and town.rng.random() < 0.5:
        return [sends(town, held), sends(town, other), switches(town, who, elsewhere(town, held))]
    return [sends(town, held), switches(town, who, elsewhere(town, held))]


async def comes_and_goes(town: Town) -> list[Deed]:
    """The first page with somebody is packed while they leave again."""
    held = town.some()
    if held is None:
        return []
    if not await town.settle(held):
        return []
    away = [who for who in RESIDENTS
            if not any(held.tablet.archive.belongs(each, who) for each in held.panels)]  # fmt: skip
    if not away:
        return []
    who = town.rng.choice(away)
    await quietly(switches(town, who, town.rng.choice(held.panels)))
    leaves = act(town, "undo", partial(move.undo, resident=who))
    if town.rng.random() < 0.5:
        leaves = switches(town, who, elsewhere(town, held))
    return [sends(town, held), leaves]


async def push_and_revoke(town: Town) -> list[Deed]:
    held = town.some()
    if held is None:
        return []
    who, panel = town.rng.choice(RESIDENTS), town.rng.choice(held.panels)
    soon = town.rng.random() < 0.4
    given = await quietly(
        act(
            town, "grant",
            lambda site: consent.grant(
                site, who, panel=panel, purpose="service", classes="A", text_version="1",
                until=town.clock() + (DAY_MS if soon else 40 * DAY_MS),
            ),
        )
    )  # fmt: skip
    if town.rng.random() < 0.7 and not await town.settle(held):
        return []
    works(town, held, who)
    town.clock.pass_(ms=DAY_MS if soon else 0)
    ends = consent.end_due if soon else partial(consent.revoke, consent=given or bytes(16))
    return [sends(town, held), act(town, "consent ends", ends)]


async def page_and_lost(town: Town) -> list[Deed]:
    held = town.some("22", "30")
    if held is None or town.rng.random() < 0.6:
        return await page_and_move(town)
    await quietly(decides(town, of_tablet(town, held)))
    ends = partial(devices.revoke, device=held.device, reason="staff_left")
    return [sends(town, held), act(town, "revoke the tablet", ends)]


async def two_switches(town: Town) -> list[Deed]:
    who = town.rng.choice(RESIDENTS)
    both = [switches(town, who, panel) for panel in town.rng.sample(PANELS, 2)]
    if town.rng.random() < 0.5:
        both.append(act(town, "undo", partial(move.undo, resident=who)))
    return both


async def three_hands(town: Town) -> list[Deed]:
    """Resident, doctor and desk write into one register."""
    held = town.some()
    if held is None:
        return []
    who = of_tablet(town, held)
    edits(town, held, who)
    return [corrects(town, who), sends(town, held), decides(town, who)]


async def two_decisions(town: Town) -> list[Deed]:
    who = town.rng.choice(RESIDENTS)
    return [decides(town, who), decides(town, who), corrects(town, who)][: town.rng.choice((2, 3))]


async def backup_and_push(town: Town) -> list[Deed]:
    held = town.some()
    if held is None:
        return []
    works(town, held, of_tablet(town, held))
    folder = town.folder / f"backup-{town.clock()}"
    return [sends(town, held), act(town, "backup", partial(backup.backup, folder=folder))]


async def hold_and_push(town: Town) -> list[Deed]:
    """A correction of a record arrives before the record."""
    first, second = town.tablets["17"], town.tablets["30"]
    if first.over or second.over:
        return []
    who = of_tablet(town, first)
    base = visits(town, first, who)
    visits(town, second, who, amends=base)
    if not await town.settle(second):
        return []
    wakes = town.rng.choice((release.release_waiting, release.expire_holds))
    if wakes is release.expire_holds:
        town.clock.pass_(ms=(town.site.rules.hold_days + 1) * DAY_MS)
    return [sends(town, first), act(town, "wake", wakes), act(town, "wake", wakes)]


async def merge_and_push(town: Town) -> list[Deed]:
    held = town.some()
    if held is None:
        return []
    kept, gone = town.rng.sample(RESIDENTS, 2)
    works(town, held, gone)
    wish = Wish(kept, gone, frozenset(town.rng.sample(("phone", "blood_abo"), 1)))
    merges: list[bytes] = town.notes.setdefault("merges", [])

    async def unite(site: Site) -> None:
        merges.append(await merge(site, COUNTY, wish))

    if merges and town.rng.random() < 0.5:
        name = merges.pop()
        parts = act(town, "unmerge", lambda site: unmerge(site, COUNTY, name))
        return [sends(town, held), parts]
    return [sends(town, held), act(town, "merge", unite)]


async def two_check_ins(town: Town) -> list[Deed]:
    who = town.rng.choice(RESIDENTS)
    deeds: list[Deed] = []
    for number, there in enumerate(town.halls):
        steps = [there.check_in(who, ticket=f"B{number + 1:03d}")]
        if town.rng.random() < 0.5:
            steps.append(there.part(who, "ecg"))
        raw, site = there.tablet.envelope(*steps), town.any_site()
        there.tablet.seq, there.tablet.prev = there.tablet.seq + 1, sha256(raw).digest()
        town.notes.setdefault("steps", []).extend(each.id for each in steps)

        async def go(site: Site = site, raw: bytes = raw) -> Answered:
            return Answered(None, raw, (await exchange(site, raw)).answer)

        deeds.append((f"hall {number + 1}", go))
    return deeds


async def last_place(town: Town) -> list[Deed]:
    """Two want one place, or one wants two."""
    same = town.rng.random() < 0.5
    people = [town.rng.choice(RESIDENTS[:3])] * 2 if same else town.rng.sample(RESIDENTS[:3], 2)
    slot = town.rng.randint(1, 2)
    deeds: list[Deed] = []
    for number, who in enumerate(people):
        day = town.booking[number % 2 if same and town.rng.random() < 0.7 else 0]
        hand = town.rng.choice((booking.book, booking.book, booking.change))
        deeds.append(
            act(town, "booking", partial(hand, who=who, day=day, slot=slot, by=Acting(who, who)))
        )
    if town.rng.random() < 0.3:
        day = town.booking[1]
        deeds.append(act(town, "spread", lambda site: spreading.spread(site, DESK, day)))
    if town.rng.random() < 0.4:
        who = town.rng.choice(people)
        back = partial(booking.cancel, who=who, day=town.booking[0], by=Acting(who, who))
        deeds.append(act(town, "giving back", back))
    return deeds


async def rotation(town: Town) -> list[Deed]:
    held = town.some()
    if held is None:
        return []
    works(town, held, of_tablet(town, held))

    async def renews(site: Site) -> None:
        async def renew(tx: Tx) -> int:
            blob = await district_key_blob(tx, DISTRICT)
            return await renew_kem(tx, site.vault, site.vault.key(NOBODY, blob), site.clock())

        await site.store.write(renew)
        await site.reload_keys()

    deeds = [sends(town, held), act(town, "new key", renews)]
    return deeds + [act(town, "new key", renews)] * (town.rng.random() < 0.3)


async def one_lease(town: Town) -> list[Deed]:
    """Processes that tick at the same time, or find the run of one that died."""
    slot = town.notes["slot"] = town.notes.get("slot", 0) + 1
    ran: list[int] = town.notes.setdefault("ran", [])
    lease = 60_000
    over = town.rng.random() < 0.5
    if over:
        await job_ledger.claim(town.site, "play", slot, owner="who died", lease_ms=lease)
        town.clock.pass_(ms=lease + 1)

    async def works_once(owner: str, site: Site) -> None:
        if over:
            stale = job_ledger.Stale("play", slot)
            mine = await job_ledger.take_over(site, stale, owner=owner, lease_ms=lease)
        else:
            mine = await job_ledger.claim(site, "play", slot, owner=owner, lease_ms=lease)
        if mine:
            ran.append(slot)
            await job_ledger.finish(site, "play", slot, owner=owner, result="done")

    return [act(town, "job", partial(works_once, f"process {n}")) for n in range(3)]


async def epoch_and_push(town: Town) -> list[Deed]:
    held = town.some()
    if held is None:
        return []
    if not await town.settle(held):  # a new chain begins at the head that the server has told
        return []
    held.tablet.outbox.start_epoch()
    works(town, held, of_tablet(town, held))
    if town.rng.random() < 0.5:
        visits(town, held, of_tablet(town, held))
        if not await town.settle(held):
            return []
        visits(town, held, of_tablet(town, held))
    confirms = partial(devices.confirm_epoch, device=held.device, staff=SU)
    return [sends(town, held), act(town, "epoch confirmed", confirms)]


async def purge_and_return(town: Town) -> list[Deed]:
    """The tablet says that a copy is gone while its resident comes back."""
    held = town.some()
    if held is None:
        return []
    who = of_tablet(town, held)
    if not await town.settle(held):
        return []
    await quietly(switches(town, who, elsewhere(town, held)))
    held.takes((await exchange(town.site, held.asks())).answer)
    if held.over:
        return []
    if town.rng.random() < 0.5:
        return [sends(town, held), switches(town, who, town.rng.choice(held.panels))]
    return [sends(town, held), act(town, "undo", partial(move.undo, resident=who))]


async def release_and_push(town: Town) -> list[Deed]:
    """Two people look at what waits, while its tablet sends more."""
    rows = await town.rows(
        "SELECT change, device FROM change WHERE state IN ('held','quarantined') ORDER BY change"
    )
    held = town.some()
    if not rows or held is None:
        return await two_switches(town)
    change = town.rng.choice(rows)[0]
    works(town, held, of_tablet(town, held))
    let_in = partial(release.release, change=change, staff=SU)
    other = town.rng.choice((release.release, release.decline))
    return [
        sends(town, held), act(town, "release", let_in),
        act(town, other.__name__, partial(other, change=change, staff=SU)),
    ]  # fmt: skip


SCENES: tuple[tuple[Scene, int], ...] = (
    (doubled, 4), (push_and_move, 6), (page_and_move, 6), (push_and_revoke, 4),
    (page_and_lost, 2), (comes_and_goes, 4), (two_switches, 3), (three_hands, 4),
    (two_decisions, 2),
    (backup_and_push, 2), (hold_and_push, 3), (merge_and_push, 3), (two_check_ins, 2),
    (last_place, 3), (rotation, 1), (one_lease, 2), (epoch_and_push, 2), (purge_and_return, 3),
    (release_and_push, 2),
)  # fmt: skip
