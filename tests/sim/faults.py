"""Steps of the network, of processes that end, of disks without room and of clocks that lie."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager, nullcontext

from server.errors import NotAnEnvelope, TooLarge
from sync.tablet_state import NotTheServer, Result
from tests.sim.options import OF_EXCHANGE
from tests.sim.oracle import SETTLED_AFTER_MS
from tests.sim.tablet_faults import AppDied, is_full, no_room
from tests.sim.tablets import YEAR_MS, Carried
from tests.sim.world import Sim

FACTORY = -56 * YEAR_MS  # a wall clock that lost its battery, give or take


class Broken(AssertionError):
    """A promise of the product does not hold."""


@contextmanager
def befalls(sim: Sim, held: Carried) -> Generator[None]:
    """What may happen to the app in the middle of a step: it dies at a commit, or there is no room.

    Without room nothing is half-written; the app goes on, or is begun again.
    """
    died, full = (sim.rng.random() < getattr(sim.options, name) for name in (
        "tablet_dies", "tablet_full"))  # fmt: skip
    disk, tablet = held.disk, held.tablet
    if died:
        disk.fuse = (sim.rng.randrange(4), sim.rng.random() < 0.5)
    try:
        with no_room(disk, sim.rng.choice((0, 0, 1, 4))) if full else nullcontext():
            yield
    except AppDied:
        sim.say(f"   {held.name} died at a commit")
        sim.reopen(held)
    except sqlite3.Error as error:
        if not is_full(error):
            raise
        sim.say(f"   {held.name} has no room")
        if sim.rng.random() < 0.5:
            sim.reopen(held)
    finally:
        disk.fuse = None
        if held.tablet is tablet:
            sim.find_saved(held)


def server_befalls(sim: Sim, most: int) -> None:
    """What may happen to the server in one of the next transactions."""
    died, full = (sim.rng.random() < getattr(sim.options, name) for name in (
        "server_dies", "server_full"))  # fmt: skip
    if died:
        sim.store.fuse = (sim.rng.randrange(most), sim.rng.random() < 0.5)
        sim.say(f"   the server dies at {sim.store.fuse}")
    elif full:
        sim.store.spare = sim.rng.randrange(6)
        sim.say(f"   the server has room for {sim.store.spare}")


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
    with befalls(sim, held):
        await _exchange(sim, held)


def _fault(sim: Sim) -> str:
    drawn = sim.rng.random()
    for name in OF_EXCHANGE:
        drawn -= getattr(sim.options, name)
        if drawn < 0:
            return name
    return ""


async def _exchange(sim: Sim, held: Carried) -> None:
    fault = "lost_up" if held.cut_off else _fault(sim)
    request = held.tablet.request()
    assert request is not None
    held.sent.append(request)
    sim.say(f"{held.name} exchanges ({fault or 'well'}) {request[-3:].hex()}")
    if fault == "lost_up":
        return
    damage = fault in ("flipped", "cut")
    if damage and sim.rng.random() < 0.5:
        await _refused(sim, _damaged(sim, request, cut=fault == "cut"))
        return
    server_befalls(sim, 3)
    answer = await sim.serve(request)
    sim.store.fuse = sim.store.spare = None
    if fault == "doubled":
        second = await sim.serve(request)
        answer = sim.rng.choice((answer, second))
    if answer is not None:
        _delivered(sim, held, request, answer, fault)


def _delivered(sim: Sim, held: Carried, request: bytes, answer: bytes, fault: str) -> None:
    if fault == "lost_down":
        return
    if fault == "late":
        held.late.append((request, answer))
    elif fault == "other":
        _not_taken(sim, held, sim.rng.choice(held.sent[:-1] or [b"GWB1"]), answer, request)
    elif fault in ("flipped", "cut"):
        damaged = _damaged(sim, answer, cut=fault == "cut")
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
    with befalls(sim, held):
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


async def killed(sim: Sim) -> None:
    """At rest, or after a request was made, before or after it was sent."""
    held = sim.rng.choice(sim.usable())
    if sim.rng.random() < 0.5:
        sim.say(f"{held.name} is killed and opened again")
        sim.reopen(held)
        return
    request = held.tablet.request()
    assert request is not None
    sim.say(f"{held.name} makes {request[-3:].hex()} and is killed")
    sim.reopen(held)
    if sim.rng.random() < 0.5 and not held.cut_off:
        held.sent.append(request)
        await sim.serve(request)


async def rebooted(sim: Sim) -> None:
    """The monotonic clock begins again; a wall clock may have lost its battery, or find its time
    again.
    """
    held = sim.rng.choice(sim.usable())
    held.clock.off_ms = sim.rng.choice((held.clock.off_ms, 0, FACTORY))
    sim.say(f"{held.name} is rebooted, its clock is off by {held.clock.off_ms}")
    sim.reopen(held)


async def partitioned(sim: Sim) -> None:
    """Some tablets are cut off for a while."""
    cut = [held for held in sim.usable() if sim.rng.random() < 0.5]
    for held in cut:
        held.cut_off = sim.rng.randrange(4, 20)
    sim.say(f"{'、'.join(held.name for held in cut)} cut off")


async def pass_time(sim: Sim) -> None:
    minutes = sim.rng.choice((1, 30, 600, 1440, 3 * 1440, 8 * 1440))
    sim.clock.pass_(minutes=minutes)
    sim.say(f"{minutes} minutes pass")


async def years_pass(sim: Sim) -> None:
    days = sim.rng.choice((40, 370, 800))
    sim.clock.pass_(days=days)
    sim.say(f"{days} days pass")


async def clock_jumps(sim: Sim) -> None:
    held = sim.rng.choice(sim.usable())
    held.clock.off_ms += sim.rng.choice((-2, -1, 1, 2)) * sim.rng.choice(
        (60_000, 86_400_000, YEAR_MS, 20 * YEAR_MS)
    )
    sim.say(f"the clock of {held.name} jumps, now off by {held.clock.off_ms}")


def let_holds_run_out(sim: Sim) -> None:
    sim.clock.pass_(ms=SETTLED_AFTER_MS)
