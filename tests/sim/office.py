"""Steps of the office: moves, consents, lost tablets, decisions, keys and backups."""

from server.actions.archives import consent, decisions
from server.actions.archives.register_edit import hold
from server.actions.archives.standing import MERGED
from server.actions.keeping import upkeep
from server.actions.keeping.audit_tree import number_leaves
from server.actions.keeping.keyring import renew_kem
from server.actions.keeping.site import district_key_blob
from server.actions.places import move
from server.actions.residents.correction_edit import lay_edit
from server.actions.tablets import compaction, devices, release
from server.actions.tablets.settle import settle_conflicts
from server.errors import NotFound, RuleSaysNo
from server.records.kinds import REGISTER
from server.rules.corrections import lane_of
from server.rules.switch import CaseState, SpecialCase
from server.store.ids import new_id
from server.store.tx import Tx
from server.store.vault import NOBODY
from tests.sim.saving import CELLS, RESIDENTS
from tests.sim.world import Sim
from tests.world import DISTRICT, NAMES, QIN, SU, TEAM_A, TEAM_A2, TEAM_B

AUTHORS = ("staff", "registrar")
PANELS = (TEAM_A, TEAM_A2, TEAM_B)
LABEL = {TEAM_A: "青禾一队", TEAM_A2: "青禾二队", TEAM_B: "柳湾一队"}


async def switch(sim: Sim) -> None:
    who, panel = sim.rng.choice(RESIDENTS), sim.rng.choice(PANELS)
    ask = move.Ask(
        resident=who, panel=panel, ground="move", by=QIN, at_new_desk=sim.rng.random() < 0.8,
        special_case=SpecialCase("other", has_evidence=True, state=CaseState.ALLOWED),
    )  # fmt: skip
    try:
        outcome = await move.switch(sim.site, ask)
    except RuleSaysNo as no:
        sim.say(f"{NAMES[who]} cannot ask for {LABEL[panel]}: {no.detail}")
        return
    sim.say(f"{NAMES[who]} asks for {LABEL[panel]}: {type(outcome).__name__}")


async def undo(sim: Sim) -> None:
    who = sim.rng.choice(RESIDENTS)
    try:
        await move.undo(sim.site, who)
    except RuleSaysNo as no:
        sim.say(f"{NAMES[who]} cannot go back: {no}")
    else:
        sim.say(f"{NAMES[who]} goes back")


async def grant(sim: Sim) -> None:
    who, panel = sim.rng.choice(RESIDENTS), sim.rng.choice(PANELS)
    until = sim.clock() + sim.rng.choice((1, 40, 400)) * 86_400_000
    try:
        given = await consent.grant(
            sim.site, who, panel=panel, purpose="service", classes="A", until=until,
            text_version="1",
        )  # fmt: skip
    except RuleSaysNo as no:
        sim.say(f"{NAMES[who]} cannot consent: {no.detail}")
        return
    sim.consents.append(given)
    sim.say(f"{NAMES[who]} consents that {LABEL[panel]} reads")


async def take_back(sim: Sim) -> None:
    if sim.consents:
        try:
            await consent.revoke(sim.site, sim.rng.choice(sim.consents))
        except (NotFound, RuleSaysNo):
            return  # given after the backup that was restored, or gone to another archive
        sim.say("a consent is taken back")


async def decide(sim: Sim) -> None:
    who = sim.rng.choice(RESIDENTS)
    cell, values = sim.rng.choice(CELLS[:8])
    chosen, author = {cell: sim.rng.choice(values)}, sim.rng.choice(AUTHORS)
    try:
        made = await decisions.decide_cells(sim.site, who, chosen, staff=SU, author=author)
    except RuleSaysNo as no:
        sim.say(f"{cell} of {NAMES[who]} is not decided: {no.detail}")
        return
    sim.say(f"{cell} of {NAMES[who]} is decided -> {made[-4:].hex()}")


async def resident_says(sim: Sim) -> None:
    """In the portal: changed at once, or claimed beside what staff wrote."""
    who = sim.rng.choice(RESIDENTS)
    cell, values = sim.rng.choice(CELLS[:7])
    value = sim.rng.choice([each for each in values if each is not None])
    field = REGISTER.field_of(cell)
    lane = lane_of(field) if field is not None else None
    assert lane is not None
    made = new_id(sim.clock())

    async def write(tx: Tx) -> bool:
        ledger = await hold(tx, sim.site, {who})
        if ledger.archives[who].row.status == MERGED:
            return False
        lay_edit(sim.site, ledger, who, made, lane, {cell: value})
        ledger.task("correction", made, resident=who, facility=ledger.archives[who].row.facility)
        await settle_conflicts(tx, sim.site, ledger, who)
        await ledger.flush(tx, "act", b"decision" + made)
        return True

    try:
        done = await sim.store.write(write)
    except RuleSaysNo as no:
        sim.say(f"{NAMES[who]} cannot say {cell}: {no.detail}")
        return
    sim.say(f"{NAMES[who]} says {cell}={value}: {done} -> {made[-4:].hex()}")


async def let_in(sim: Sim) -> None:
    """A person looks at something held or quarantined."""
    rows = await sim.rows(
        "SELECT change, state FROM change WHERE state IN ('held','quarantined') ORDER BY change"
    )
    if not rows:
        return
    change, state = sim.rng.choice(rows)
    try:
        if sim.rng.random() < 0.7:
            became = await release.release(sim.site, change, staff=SU)
            sim.say(f"{change[-4:].hex()} ({state}) is released: {became.value}")
        else:
            await release.decline(sim.site, change, staff=SU)
            sim.say(f"{change[-4:].hex()} ({state}) is declined")
    except (RuleSaysNo, NotFound) as no:
        sim.say(f"{change[-4:].hex()} ({state}) stays: {no}")


async def chores(sim: Sim) -> None:
    """What the jobs do."""
    await compact_feeds(sim)
    done = {
        "moves begun": await move.begin_due(sim.site),
        "waiting changes released": await release.release_waiting(sim.site),
        "holds run out": await release.expire_holds(sim.site),
        "consents looked at": await consent.end_due(sim.site),
        "copies accounted for": await upkeep.account_copies(sim.site),
        "envelopes pruned": await upkeep.prune_envelopes(sim.site),
        "leaves numbered": await sim.store.write(lambda tx: number_leaves(tx, DISTRICT)),
        "leaves under a new checkpoint": await upkeep.checkpoint(sim.site),
    }
    told = [f"{number} {what}" for what, number in done.items() if number]
    sim.say(f"chores: {', '.join(told) or 'nothing was due'}")


async def compact_feeds(sim: Sim) -> None:
    """Far smaller feeds than in a county are worth it here."""
    if sim.rng.random() < 0.5:
        return
    sim.feeds.note(await sim.feed_rows())
    gone = await compaction.compact(sim.site, after=sim.rng.choice((1, 6, 30)))
    sim.say(f"feeds are compacted by {gone} rows")


async def confirm_epochs(sim: Sim) -> int:
    rows = await sim.rows(
        "SELECT device FROM device WHERE status='enrolled' AND chain_epoch>epoch_allowed "
        "ORDER BY device"
    )
    for (device,) in rows:
        released = await devices.confirm_epoch(sim.site, device, staff=SU)
        sim.say(f"an epoch is confirmed, {released} changes released")
    return len(rows)


async def clone(sim: Sim) -> None:
    plain = [each for each in sim.usable() if not each.cloned]
    if plain and sum(each.cloned for each in sim.tablets) < 2:
        held = sim.rng.choice(plain)
        sim.clone(held)
        sim.say(f"{held.name} is copied, both go on")


async def revoked(sim: Sim) -> None:
    """In somebody's hand, who left."""
    if len(sim.usable()) < 3:
        return
    held = sim.rng.choice(sim.usable())
    await devices.revoke(sim.site, held.keys.device, "staff_left")
    sim.say(f"{held.name} is revoked")


async def lost(sim: Sim) -> None:
    """A lost one may turn up again."""
    if len(sim.usable()) < 3:
        return
    held = sim.rng.choice(sim.usable())
    try:
        await devices.mark_lost(sim.site, held.keys.device, sim.clock() - 86_400_000)
    except RuleSaysNo:
        return
    if sim.rng.random() < 0.5:
        held.state = "destroyed"
    sim.say(f"{held.name} is marked lost ({held.state})")


async def renew_key(sim: Sim) -> None:
    async def renew(tx: Tx) -> int:
        blob = await district_key_blob(tx, DISTRICT)
        return await renew_kem(tx, sim.site.vault, sim.site.vault.key(NOBODY, blob), sim.clock())

    if sim.rng.random() < sim.options.server_dies:
        sim.store.fuse = (0, sim.rng.random() < 0.5)
    epoch = await sim.store.write(renew)
    sim.say(f"server key renewed, epoch {epoch}")
    if sim.rng.random() < 0.5:  # no tablet is given it before a backup holds it
        await back_up(sim)
    await sim.site.reload_keys()


async def back_up(sim: Sim) -> None:
    sim.clock.pass_(ms=1)
    before = len(sim.kept)
    try:
        await sim.back_up()
    finally:
        sim.say(f"backup {len(sim.kept)}" if len(sim.kept) > before else "no backup")


async def restore(sim: Sim) -> None:
    """The newest verified backup: all that may be missing is what came after it."""
    if sim.kept and sim.restores < 2:
        sim.say(f"backup {len(sim.kept)} is restored")
        sim.clock.pass_(minutes=20)  # a restore takes its time
        await sim.restore(sim.kept[-1])
        for each in sim.tablets:
            each.late.clear()


async def confirm_epochs_step(sim: Sim) -> None:
    await confirm_epochs(sim)
