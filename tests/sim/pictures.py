"""Photos of a visit in a seed: named by a change, sent in pieces over the same network.

At rest each one that a surviving tablet named is at the server: taken and whole, or refused because
it never was a picture. What a tablet has let go is in a verified backup.
"""

import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image

from crypto.slip import Verb
from server.actions.attachments import sealed
from server.actions.tablets import attachments
from server.errors import NoRoom, Refusal
from sync import wire
from sync.limits import ATTACHMENT_PIECE_BYTES
from sync.tablet_photos import Call, NoPictures, Reply
from tests.sim.checks import Facts, Row, must, short
from tests.sim.databases import ServerDied
from tests.sim.faults import befalls, server_befalls
from tests.sim.saving import save_visit
from tests.sim.tablets import NAMES_PHOTOS, Carried
from tests.sim.world import Sim

PIECES: Final = ATTACHMENT_PIECE_BYTES * 2  # of what is no picture: three pieces with the seal


class _Lost(Exception):
    """No answer to this call."""


@dataclass(frozen=True, slots=True)
class Named:
    """A photo that a change names, as the server's rows of changes tell it."""

    id: bytes
    change: Row


async def photograph(sim: Sim) -> None:
    """A visit with a photo. Some are none: a text under the name of a picture, large or small."""
    able = [each for each in sim.usable() if each.schema >= NAMES_PHOTOS]
    if not able:
        return
    held, real = sim.rng.choice(able), sim.rng.random() < 0.4
    content = _photo(sim) if real else sim.rng.randbytes(sim.rng.choice((40, PIECES)))
    with befalls(sim, held):
        try:
            made = held.tablet.photos.make(content)
        except NoPictures as no:
            sim.say(f"{held.name} takes in no photo: {no}")
            return
        if real:
            sim.photos.add(made.id)
        save_visit(sim, held, attach=(made,))


def _photo(sim: Sim) -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 6), tuple(sim.rng.randbytes(3))).save(out, "JPEG")
    return out.getvalue()


# Sending.


async def send(sim: Sim) -> None:
    """A tablet sends what waits, until the network, an app or the server ends it."""
    held = sim.rng.choice(sim.usable())
    with befalls(sim, held):
        if held.cut_off:
            return
        server_befalls(sim, 6)
        try:
            done = await _deliver(sim, held, faults=True)
        except _Lost:
            sim.say(f"{held.name} is cut off from sending photos")
        else:
            sim.say(f"{held.name} has sent photos, {done} of them at an end")
        finally:
            sim.store.fuse = sim.store.spare = None


async def send_all(sim: Sim, held: Carried) -> None:
    """Without a fault."""
    await _deliver(sim, held, faults=False)


async def _deliver(sim: Sim, held: Carried, *, faults: bool) -> int:
    calls = held.tablet.photos.delivery()
    try:
        call = next(calls)
        while True:
            call = calls.send(await _carried(sim, call, faults=faults))
    except StopIteration as end:
        return end.value
    finally:
        calls.close()


async def _carried(sim: Sim, call: Call, *, faults: bool) -> Reply:
    """Raises _Lost: it never came, or its answer did not."""
    options, drawn = sim.options, sim.rng.random() if faults else 1.0
    if drawn < options.lost_up:
        raise _Lost
    drawn -= options.lost_up
    if drawn < options.flipped and call.piece:
        call = Call(call.verb, call.file, call.slip, _flipped(sim, call.piece))
    reply = await _answer(sim, call)
    if 0 <= drawn - options.flipped < options.doubled:
        again = await _answer(sim, call)
        reply = sim.rng.choice((reply, again))
    if reply is None or 0 <= drawn - options.flipped - options.doubled < options.lost_down:
        raise _Lost
    return reply


def _flipped(sim: Sim, piece: bytes) -> bytes:
    place = sim.rng.randrange(len(piece))
    return piece[:place] + bytes([piece[place] ^ 1]) + piece[place + 1 :]


async def _answer(sim: Sim, call: Call) -> Reply | None:
    """None: the server died on the way (it is up again after it), or had no room."""
    try:
        slip = await attachments.proved(sim.site, call.slip, Verb[call.verb], call.file)
        if slip.verb is Verb.HEAD:
            return Reply(200, arrived=await attachments.arrived_so_far(sim.site, slip))
        return Reply(200, wire.encode(await attachments.take_piece(sim.site, slip, call.piece)))
    except ServerDied:
        await sim.reboot()
    except NoRoom:
        sim.say("   the server has no room for a photo")
    except Refusal as no:
        return Reply(no.status)
    return None


# At rest.


async def check(sim: Sim, facts: Facts) -> None:
    """Raises Broken with a sentence."""
    secured = set[bytes]().union(*(kept.photos for kept in sim.kept))
    for held in sim.usable():
        held.tablet.photos.forget_loose()
        must(held.liar or not held.tablet.photos.waiting, f"{held.name} still has photos to send")
    for named in _named(facts):
        saved = sim.oracle.saved.get(named.change.id)
        if saved is None:
            continue
        (held, *_) = (each for each in sim.tablets if each.name == saved.tablet)
        found = await _content(sim, named, held.keys.device)
        here = held.tablet.photos.state_of(named.id)[0] if held.usable else ""
        last = sim.kept[-1].photos if sim.kept else set[bytes]()
        bound = (held.usable and not held.liar) or named.id in last
        if not bound:
            continue
        if named.id in sim.photos:
            must(found, f"a photo of {short(named.change.id)} is not at the server")
            must(
                here in ("", "held"),
                f"a photo of {short(named.change.id)} is {here} on {held.name}",
            )
            must(
                here or named.id in secured or not held.usable,
                f"{held.name} let go a photo before a backup",
            )
        else:
            must(found is None, f"what is no picture is kept for {short(named.change.id)}")
            must(not held.usable or here == "refused", f"{held.name} does not know of a refusal")


def _named(facts: Facts) -> Iterator[Named]:
    for row in facts.changes.values():
        for each in json.loads(row.raw).get("attach", ()):
            yield Named(b64decode(each["id"]), row)


async def _content(sim: Sim, named: Named, device: bytes) -> bytes | None:
    """What is kept of it, opened; None when nothing is."""

    async def read(tx):  # noqa: ANN001, ANN202
        kept = await sealed.find(tx, sim.site, named.id, device)
        return kept and await sealed.content_of(tx, sim.site, kept)

    found = await sim.store.read(read)
    return found[1] if found else None
