"""Steps of the network, of processes that end and of clocks that lie."""

from server.errors import NotAnEnvelope, TooLarge
from sync.tablet_state import NotTheServer, Result
from tests.sim.oracle import SETTLED_AFTER_MS
from tests.sim.world import Carried, Sim

FAULTS = (
    "none", "none", "none", "none", "lost_up", "lost_down", "doubled", "late", "other", "flip_up",
    "flip_down", "cut_up", "cut_down", "tablet_dies", "server_dies", "server_dies",
)  # fmt: skip


class Broken(AssertionError):
    """A promise of the product does not hold."""


async def go(sim: Sim, held: Carried) -> Result | None:
    """One exchange without a fault."""
    request = held.tablet.request()
    assert request is not None
    held.sent.append(request)
    answer = await sim.serve(request)
    return take(sim, held, request, answer) if answer is not None else None


def take(sim: Sim, held: Carried, request: bytes, answer: bytes) -> Result:
    result = held.tablet.take(request, answer)
    if result.wiped:
        held.state = "wiped"
        sim.say(f"{held.name} wiped itself")
    return result


async def exchange(sim: Sim) -> None:
    """One exchange, with whatever the network does to it."""
    held = sim.rng.choice(sim.usable())
    fault = sim.rng.choice(FAULTS)
    request = held.tablet.request()
    assert request is not None
    held.sent.append(request)
    sim.say(f"{held.name} exchanges ({fault}) {request[-3:].hex()}")
    if fault == "lost_up":
        return
    if fault in ("flip_up", "cut_up"):
        await _refused(sim, _damaged(sim, request, cut=fault == "cut_up"))
        return
    if fault == "server_dies":
        sim.store.fuse = (sim.rng.randrange(2), sim.rng.random() < 0.5)
        sim.say(f"   at {sim.store.fuse}")
    answer = await sim.serve(request)
    if fault == "doubled":
        second = await sim.serve(request)
        answer = sim.rng.choice((answer, second))
    if answer is not None:
        _delivered(sim, held, request, answer, fault)


def _delivered(sim: Sim, held: Carried, request: bytes, answer: bytes, fault: str) -> None:
    if fault == "lost_down":
        return
    if fault == "tablet_dies":
        sim.reopen(held)
    elif fault == "late":
        held.late.append((request, answer))
    elif fault == "other":
        _not_taken(sim, held, sim.rng.choice(held.sent[:-1] or [b"GWB1"]), answer, request)
    elif fault in ("flip_down", "cut_down"):
        damaged = _damaged(sim, answer, cut=fault == "cut_down")
        _not_taken(sim, held, request, damaged, None)
    else:
        take(sim, held, request, answer)


def _not_taken(sim: Sim, held: Carried, request: bytes, answer: bytes, but: bytes | None) -> None:
    if request == but:
        take(sim, held, request, answer)
        return
    try:
        held.tablet.take(request, answer)
    except NotTheServer:
        return
    raise Broken(f"{held.name} took an answer that was not one to its request")


def _damaged(sim: Sim, data: bytes, *, cut: bool) -> bytes:
    if cut:
        return data[: sim.rng.randrange(len(data))]
    place = sim.rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << sim.rng.randrange(8)]) + data[place + 1 :]


async def _refused(sim: Sim, damaged: bytes) -> None:
    try:
        await sim.serve(damaged)
    except (NotAnEnvelope, TooLarge):
        return
    raise Broken("the server took a damaged envelope")


async def deliver_late(sim: Sim) -> None:
    """An answer that hung in the network comes after later ones."""
    waiting = [each for each in sim.usable() if each.late]
    if not waiting:
        return
    held = sim.rng.choice(waiting)
    request, answer = held.late.pop(sim.rng.randrange(len(held.late)))
    sim.say(f"{held.name} gets a late answer to {request[-3:].hex()}")
    try:
        take(sim, held, request, answer)
    except NotTheServer:
        sim.say("   and leaves it")


async def replay(sim: Sim) -> None:
    """Somebody sends an old envelope again; nobody reads the answer."""
    recorded = [each for each in sim.tablets if each.sent]
    if recorded:
        held = sim.rng.choice(recorded)
        old = sim.rng.choice(held.sent)
        sim.say(f"an old envelope of {held.name} is replayed {old[-3:].hex()}")
        await sim.serve(old)


async def crash(sim: Sim) -> None:
    held = sim.rng.choice(sim.usable())
    sim.say(f"{held.name} is killed and opened again")
    sim.reopen(held)


async def crash_between(sim: Sim) -> None:
    """Killed after the request was made, before or after it was sent."""
    held = sim.rng.choice(sim.usable())
    request = held.tablet.request()
    assert request is not None
    sim.say(f"{held.name} makes {request[-3:].hex()} and is killed")
    sim.reopen(held)
    if sim.rng.random() < 0.5:
        held.sent.append(request)
        await sim.serve(request)


async def pass_time(sim: Sim) -> None:
    minutes = sim.rng.choice((1, 30, 600, 1440, 3 * 1440, 8 * 1440))
    if sim.rng.random() < 0.05:
        minutes = 370 * 1440
    sim.clock.pass_(minutes=minutes)
    sim.say(f"{minutes} minutes pass")


async def clock_jumps(sim: Sim) -> None:
    held = sim.rng.choice(sim.usable())
    held.clock.off_ms += sim.rng.choice((-2, -1, 1, 2)) * sim.rng.choice(
        (60_000, 86_400_000, 365 * 86_400_000)
    )
    sim.say(f"the clock of {held.name} jumps, now off by {held.clock.off_ms}")


def let_holds_run_out(sim: Sim) -> None:
    sim.clock.pass_(ms=SETTLED_AFTER_MS)
