"""A tablet that lies: sealed and signed as it should be, and not true.

What it says of itself hurts nobody else, and what it signed is kept: that is all that is asked of
the server. What such a tablet believes and holds afterwards is its own affair.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable

from msgspec import Raw, structs

from sync import wire
from tests.cast_forms import good
from tests.sim.saving import RESIDENTS
from tests.sim.tablets import Carried
from tests.sim.world import Sim
from tests.world import NAMES, QIN, XIE

AHEAD = 1_000_000


async def lies(sim: Sim) -> None:
    """One lie: told in the next envelope, or kept with what waits to be sent."""
    held = sim.rng.choice(sim.usable())
    lie = sim.rng.choice(LIES)
    held.liar = True
    for other in sim.tablets:  # a copy of it counts and cuts as it does
        other.liar = other.liar or other.keys.device == held.keys.device
    sim.say(f"{held.name} lies: {lie.__name__.strip('_').replace('_', ' ')}")
    await lie(sim, held)


async def _it_knew_what_it_never_got(sim: Sim, held: Carried) -> None:
    """What was known when a form was opened: further, or of another epoch, or of another team."""
    panel = sim.rng.choice(held.keys.panels)
    claim = wire.Known(
        panel=panel, epoch=sim.rng.choice((1, 2, 9)), csn=sim.rng.choice((0, AHEAD)),
        at=sim.clock() + AHEAD,
    )  # fmt: skip
    with held.tablet.disk.step():
        held.tablet.disk.run("UPDATE own SET known=?", wire.encode(claim))


async def _another_sum(sim: Sim, held: Carried) -> None:
    said = tuple(
        wire.DigestClaim(
            panel=cursor.panel, csn=cursor.csn, root=sim.rng.randbytes(16),
            buckets=tuple(sim.rng.randbytes(16) for _ in range(64)),
        )
        for cursor in held.tablet.state.cursors.values()
    )  # fmt: skip
    held.lie = lambda batch: structs.replace(batch, digests=said)


async def _purged_what_it_keeps(sim: Sim, held: Carried) -> None:
    at = sim.clock()
    said = tuple(wire.Purged(resident=who, at=at) for who in RESIDENTS if sim.rng.random() < 0.6)
    held.lie = lambda batch: structs.replace(batch, purged=(*batch.purged, *said))


async def _further_than_it_is(sim: Sim, held: Carried) -> None:
    epoch, csn = sim.rng.choice((1, 2, 9)), sim.rng.choice((1, 3, AHEAD))
    held.lie = lambda batch: structs.replace(
        batch,
        cursors=tuple(
            structs.replace(each, epoch=epoch, csn=each.csn + csn, snap=None)
            for each in batch.cursors
        ),
        outcomes_seen=batch.outcomes_seen + csn, checkpoint=batch.checkpoint + csn,
    )  # fmt: skip


async def _somebody_else_wrote_it(sim: Sim, held: Carried) -> None:
    """Another member of staff, or nobody there is, as whoever uses it or as author of a change."""
    staff = sim.rng.choice((QIN, XIE, sim.new_id(sim.clock())))
    held.lie = lambda batch: structs.replace(batch, staff=staff)
    _save(sim, held, sim.rng.choice(RESIDENTS), by=staff)


async def _somebody_who_is_not(sim: Sim, held: Carried) -> None:
    for _ in range(sim.rng.choice((1, 3, 25))):
        _save(sim, held, sim.new_id(sim.clock()))


async def _other_bytes_under_an_id(sim: Sim, held: Carried) -> None:
    """An id that the server holds already, of this tablet or of another."""
    known = sorted(await sim.change_ids())
    own = {row[0] for row in held.tablet.disk.rows("SELECT id FROM own")}
    left = [change for change in known if change not in own]
    if not left:
        return
    stolen = sim.rng.choice(left)
    sim.made_up.add(stolen)
    _save(sim, held, sim.rng.choice(RESIDENTS), change=stolen)


async def _an_edit_that_saw_everything(sim: Sim, held: Carried) -> None:
    """Names every value there is as seen: those it was never given too."""
    who = sim.rng.choice(RESIDENTS)
    rows = await sim.rows(
        "SELECT change FROM change WHERE resident=? AND shape='edit' ORDER BY change", who
    )
    saw = tuple(row[0] for row in rows)[:60]
    edit = wire.Edit(value="4", saw=saw)
    blank = held.tablet.blank(who, "basic_info", "2026-11-20")
    change = held.tablet.save(structs.replace(blank, set={"blood_abo": edit}))
    _noted(sim, held, change, who)
    sim.say(f"   {NAMES[who]}, having seen {[b64encode(each)[-6:].decode() for each in saw]}")


def _save(
    sim: Sim, held: Carried, who: bytes, *, by: bytes | None = None, change: bytes | None = None
) -> None:
    form = wire.encode(good("htn_followup", next_date="2027-02-18", sbp=sim.rng.choice((120, 160))))
    blank = held.tablet.blank(who, "htn_followup", "2026-11-20")
    made = structs.replace(blank, body=Raw(form), by=by, id=change or blank.id)
    held.tablet.save(made)
    if change is None:
        _noted(sim, held, made.id, who)


def _noted(sim: Sim, held: Carried, change: bytes, who: bytes) -> None:
    ((sealed,),) = held.tablet.disk.rows("SELECT body FROM own WHERE id=?", change)
    sim.oracle.note(change, held.name, who, held.tablet.disk.unseal(change, sealed))


LIES: tuple[Callable[[Sim, Carried], Awaitable[None]], ...] = (
    _it_knew_what_it_never_got, _another_sum, _purged_what_it_keeps, _further_than_it_is,
    _somebody_else_wrote_it, _somebody_who_is_not, _other_bytes_under_an_id,
    _an_edit_that_saw_everything,
)  # fmt: skip
