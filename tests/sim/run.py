"""One seed from its first step to rest, and what is printed when it does not come to rest."""

import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

from tests.sim import faults, lives, office, saving
from tests.sim.checks import check_all, must
from tests.sim.world import Carried, Databases, Sim, simulated

Step = Callable[[Sim], Awaitable[None]]
STEPS = 45
EXCHANGES_TO_REST = 80
ROUNDS_TO_REST = 25
COMMON: tuple[tuple[Step, int], ...] = (
    (faults.exchange, 40), (saving.save_event, 12), (saving.save_edit, 22),
    (saving.edit_blindly, 2), (saving.amend, 4), (saving.seal, 5), (saving.look, 1),
    (faults.deliver_late, 6), (faults.replay, 3), (faults.crash, 3), (faults.crash_between, 3),
    (faults.pass_time, 6), (faults.clock_jumps, 2), (office.switch, 6), (office.undo, 2),
    (office.grant, 4), (office.take_back, 2), (office.decide, 3), (office.resident_says, 3),
    (office.let_in, 2),
    (office.chores, 3), (lives.step, 3), (lives.step_back, 2), (lives.unite, 3), (lives.part, 2),
)  # fmt: skip
RARE: tuple[tuple[Step, int], ...] = (
    (office.clone, 3), (office.lose, 2), (office.renew_key, 2), (office.back_up, 5),
    (office.restore, 3), (office.confirm_epochs_step, 2),
)  # fmt: skip


class Failed(AssertionError):
    """A seed did not hold; the text is the report."""


async def run_seed(
    seed: int, databases: Databases, folder: Path, kek_file: Path, *, steps: int, command: str
) -> int:
    """Returns how many changes were saved. Raises Failed."""
    async with simulated(seed, databases, folder, kek_file) as sim:
        try:
            await _play(sim, seed, steps)
        except Exception as error:
            where = "".join(traceback.format_exception(error)[-6:])
            trace = "\n".join(sim.trace)
            raise Failed(
                f"seed {seed}: {error}\n\n{trace}\n\n{where}\nTo see it again: {command}"
            ) from error
        return len(sim.oracle.saved)


async def _play(sim: Sim, seed: int, steps: int) -> None:
    table = (*COMMON, *RARE) if Random(seed).random() < 0.7 else COMMON
    deeds, weights = [deed for deed, _ in table], [weight for _, weight in table]
    for held in sim.usable():
        if sim.rng.random() < 0.8:
            await _quiet(sim, held)
    for _ in range(steps):
        sim.clock.pass_(ms=sim.rng.randrange(120_000))
        if not sim.usable():
            break
        (deed,) = sim.rng.choices(deeds, weights)
        await deed(sim)
    await come_to_rest(sim)
    await check_all(sim)


async def come_to_rest(sim: Sim) -> None:
    """The network is well again; jobs run, the administrator confirms, days pass."""
    sim.say("everything settles")
    for held in sim.tablets:
        held.late.clear()
        if held.state == "wiped":
            await _hand_over(sim, held)
    before: object = None
    waited = False
    for turn in range(ROUNDS_TO_REST):
        for held in sim.usable():
            await _quiet(sim, held)
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
        False,
        f"{held.name} never settles: own {(state.chain_epoch, state.seq)}, server "
        f"{(state.head_epoch, state.head_seq)}, ask {sorted(state.ask.values())}, {result}",
    )


async def _hand_over(sim: Sim, held: Carried) -> None:
    """A wiped tablet still delivers what lies sealed on its disk."""
    for (body,) in held.tablet.disk.rows(
        "SELECT body FROM batch WHERE state='ready' ORDER BY epoch, seq"
    ):
        await sim.serve(body)


async def _mark(sim: Sim) -> object:
    tables = ("change", "feed", "outcome", "batch", "task")
    counts = [await sim.rows(f"SELECT COUNT(*) FROM {name}") for name in tables]
    return counts, [(held.name, held.tablet.waiting) for held in sim.usable()]
