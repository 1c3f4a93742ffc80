"""One seed from its first step to rest, and what is printed when it does not come to rest."""

import traceback
from dataclasses import dataclass
from pathlib import Path
from random import Random

from server.errors import NoRoom
from tests.sim import faults, hall, office, pictures
from tests.sim.checks import check_all, must
from tests.sim.databases import Databases, ServerDied
from tests.sim.deeds import AT_SERVER, DEEDS
from tests.sim.script import Script, Step
from tests.sim.tablets import Carried
from tests.sim.world import Sim, simulated

EXCHANGES_TO_REST = 80
ROUNDS_TO_REST = 25


class Failed(AssertionError):
    """A seed did not hold."""

    def __init__(self, error: Exception, trace: list[str]) -> None:
        super().__init__(str(error))
        self.kind = type(error).__name__
        self.where = "".join(traceback.format_exception(error)[-6:])
        self.trace = trace


@dataclass(slots=True)
class Played:
    """What one seed came to."""

    saved: int
    failed: Failed | None = None


async def run_script(script: Script, databases: Databases, folder: Path, kek_file: Path) -> Played:
    """Whatever goes wrong is in the answer, with all that was done."""
    async with simulated(script, databases, folder, kek_file) as sim:
        try:
            await _play(sim, script)
        except Exception as error:  # noqa: BLE001 (it is what is looked for)
            return Played(len(sim.oracle.saved), Failed(error, sim.trace))
        return Played(len(sim.oracle.saved))


async def _play(sim: Sim, script: Script) -> None:
    if any(step.deed == "hall_step" for step in script.steps):
        await hall.opens(sim)
    for held in sim.usable():
        if sim.rng.random() < 0.8:
            await _quiet(sim, held)
    for step in script.steps:
        sim.rng = Random(step.chance)
        sim.clock.pass_(ms=sim.rng.randrange(120_000))
        if not sim.usable():
            break
        await _do(sim, step)
        for held in sim.tablets:
            held.cut_off = max(0, held.cut_off - 1)
    sim.rng = Random(script.seed)
    await come_to_rest(sim)
    facts = await check_all(sim)
    await hall.check(sim, facts)
    await pictures.check(sim, facts)


async def _do(sim: Sim, step: Step) -> None:
    """At the server's own steps it may die or have no room; then it is up again."""
    if step.deed in AT_SERVER:
        faults.server_befalls(sim, 4)
    try:
        await DEEDS[step.deed](sim)
    except ServerDied:
        await sim.reboot()
    except NoRoom:
        sim.say("   no room")
    finally:
        sim.store.fuse = sim.store.spare = None


async def come_to_rest(sim: Sim) -> None:
    """The network is well again; jobs run, the administrator confirms, days pass."""
    sim.say("everything settles")
    for held in sim.tablets:
        held.late.clear()
        held.cut_off = 0
        if held.state == "wiped":
            await _hand_over(sim, held)
    before: object = None
    waited = False
    for turn in range(ROUNDS_TO_REST):
        for held in sim.usable():
            await _quiet(sim, held)
            await pictures.send_all(sim, held)
        await office.confirm_epochs(sim)
        await office.chores(sim)
        sim.clock.pass_(minutes=1)
        now = await _mark(sim)
        if now == before and waited:
            return
        if now == before or turn == 0:  # what was let in late waits as long again
            faults.let_holds_run_out(sim)
        waited = now == before
        before = now
    must(False, "never comes to rest")


async def _quiet(sim: Sim, held: Carried) -> None:
    result = None
    for _ in range(EXCHANGES_TO_REST):
        if held.tablet.state.behind:
            sim.say(f"{held.name} starts its next epoch")
            held.tablet.outbox.start_epoch()
        result = await faults.go(sim, held)
        if result is None or result.wiped:
            if held.state == "wiped":
                await _hand_over(sim, held)
            return
        if not (result.more or result.receipts):
            return
    state = held.tablet.state
    must(
        held.liar,
        f"{held.name} never settles: own {(state.chain_epoch, state.seq)}, server "
        f"{(state.head_epoch, state.head_seq)}, ask {sorted(state.ask.values())}, {result}",
    )


async def _hand_over(sim: Sim, held: Carried) -> None:
    """A wiped tablet still delivers what lies sealed on its disk."""
    for (body,) in held.tablet.disk.rows(
        "SELECT body FROM batch WHERE state='ready' ORDER BY epoch, seq"
    ):
        await sim.serve(body)
    await pictures.send_all(sim, held)


async def _mark(sim: Sim) -> object:
    tables = ("change", "feed", "outcome", "batch", "task")
    counts = [await sim.rows(f"SELECT COUNT(*) FROM {name}") for name in tables]
    waiting = [
        (held.name, held.tablet.waiting, held.tablet.photos.waiting) for held in sim.usable()
    ]
    return counts, waiting
