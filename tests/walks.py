"""Tasks that residents and their families make, as the system makes them, for the walk through all
of them (tests/test_walk_tasks.py).
"""

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from server.actions.archives.opening import Given, open_for
from server.actions.residents import correction_steps, family_desk, family_life, freezes, presence
from server.actions.residents import reports as looks
from server.actions.residents.acting import Acting
from server.actions.residents.correction_gate import own_gate
from server.actions.residents.family_desk import AtDesk
from server.records import acts
from server.rules.access import Tie
from server.rules.confirmations import Answer
from server.rules.consent import Purpose
from server.rules.family import Proof
from tests.console import CHEN, TIAN, offices
from tests.portal import bind
from tests.tablet_acts import helping
from tests.test_confirmations import say, visited
from tests.test_corrections import acting, answers, asks, ready
from tests.test_move import both, moves
from tests.test_queues import person
from tests.world import HE, QIN, WU, ZHENG, ZHOU, World, id_number


@dataclass(frozen=True, slots=True)
class Walk:
    """A task that waits: who ends it, with which button. `path`: where, when not its own page."""

    subject: bytes
    staff: bytes
    form: dict[str, str] = dataclass_field(default_factory=dict[str, str])
    path: str = ""


async def correction(world: World) -> Walk:
    await ready(world)
    return Walk(await asks(world, genetic="2"), QIN, {"way": "answer", "pick:genetic": "yes"})


async def appeal(world: World) -> Walk:
    await ready(world)
    name, zhou = await asks(world, genetic="2"), acting()
    assert await answers(world, QIN, name, text="没有凭证", genetic=False)
    gate = own_gate(world.site, zhou)
    await correction_steps.appeal(world.site, zhou, gate, name, "有诊断书")
    form = {"way": "answer", "pick:genetic": "yes", "text": "县里看过诊断书"}
    return Walk(name, CHEN, form)


async def handover(world: World) -> Walk:
    """An archive that came, on the page of all that came."""
    await offices(world)
    await both(world)
    await moves(world)
    name = await world.one("SELECT handover FROM handover")
    return Walk(name, HE, {}, f"/console/transfers/{name.hex()}/seen")


async def _denied(world: World) -> bytes:
    await offices(world)
    await bind(world, ZHOU)
    await visited(world)
    await say(world, Answer.NOT)
    return await world.one("SELECT confirmation FROM denial")


async def denial(world: World) -> Walk:
    return Walk(await _denied(world), CHEN, {"way": "not_happened", "text": "没有来过。"})


async def denial_reply(world: World) -> Walk:
    return Walk(await _denied(world), TIAN, {"way": "reply", "text": "那天按门铃没人应。"})


async def _reported(world: World, staff: bytes, purpose: Purpose) -> bytes:
    """The report of a look that somebody else's desk gave a reason for."""
    await offices(world)
    await bind(world, ZHOU)
    await open_for(world.site, await person(world, staff), ZHOU, Given(purpose, "电话里问过"))
    found = await world.rows("SELECT entry FROM access_log ORDER BY at")
    return await looks.report(world.site, Acting(ZHOU, ZHOU), found[-1][0], "没有问过我")


async def access_report(world: World) -> Walk:
    return Walk(await _reported(world, QIN, Purpose.SERVICE), TIAN, {"text": "打错了号码"})


async def access_review(world: World) -> Walk:
    name = await _reported(world, HE, Purpose.EMERGENCY)
    return Walk(name, CHEN, {"way": "improper", "text": "那天没有急诊记录"})


async def _linked(world: World, tie: Tie) -> bytes:
    """Zheng's link to Wu, made at the desk where Wu stood."""
    await offices(world)
    for who in (WU, ZHENG):
        await bind(world, who)
    qin = await person(world, QIN)
    await presence.confirm(world.site, qin, WU, "本人在场，证件已核对")
    proof = Proof.DOCUMENT if tie is Tie.APPOINTED else Proof.BOTH_PRESENT
    new = AtDesk(tie, proof, id_number(ZHENG), "判决书和身份证", frozenset())
    return await family_desk.make(world.site, qin, WU, new)


async def family_freeze(world: World) -> Walk:
    link = await _linked(world, Tie.HELPER)
    await freezes.freeze(world.site, await person(world, QIN), WU, link, "本人说不认识")
    name = await world.one("SELECT subject FROM task WHERE kind='family_freeze'")
    return Walk(name, CHEN, {"way": "lift", "text": "电话问过本人"})


async def mandate_review(world: World) -> Walk:
    link = await _linked(world, Tie.APPOINTED)
    world.clock.pass_(days=340)
    assert await family_life.keep(world.site) == 1
    qin = await person(world, QIN)
    await presence.confirm(world.site, qin, WU, "本人在场，证件已核对")
    path = f"/console/archive/{WU.hex()}/family/{link.hex()}"
    return Walk(link, QIN, {"way": "renew", "text": "判决书和身份证"}, path)


async def _not_done(world: World, kind: str, **said: Any) -> bytes:
    """What a resident asked for by a tablet's hand and could not be done."""
    await offices(world)
    there = await helping(world)
    asked = there.act(kind, **said)
    await there.send(asked)
    return asked.id


async def assisted(world: World) -> Walk:
    name = await _not_done(world, acts.PHONE, phone="19900005555", number=id_number(WU))
    return Walk(name, QIN, {"way": "decline", "text": "号码记错了，请他到窗口来"})


async def assisted_county(world: World) -> Walk:
    name = await _not_done(world, acts.ANSWER, record=bytes(16).hex(), answer="not")
    return Walk(name, CHEN, {"way": "release"})


RESIDENTS = (
    correction, appeal, handover, denial, denial_reply, access_report, access_review,
    family_freeze, mandate_review, assisted, assisted_county,
)  # fmt: skip
