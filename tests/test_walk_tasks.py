"""Every kind of task, made as the system makes it, opened and ended on its own page."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest
from msgspec import Raw

from server.actions.archives import kin_requests, life, twins
from server.actions.archives.kin_requests import Applicant
from server.actions.archives.ledger import TASK_DAYS
from server.actions.archives.opening import Given, open_for
from server.actions.keeping import backup
from server.actions.places import cases
from server.actions.queues.queue_lines import DEVICE_KINDS, listing
from server.actions.queues.queues import Which
from server.actions.tablets import devices
from server.actions.tablets.attachments import ask_for_missing
from server.console.home import path_of
from server.rules.consent import Purpose
from server.rules.life import Asked, Life, May
from server.settings import Settings
from sync import wire
from tests.cast_forms import good
from tests.console import CHEN, TIAN, Desk, desk, offices, text_of
from tests.forge import Forger, forger
from tests.queues import busy_day
from tests.test_console_desk import NEW_FIELDS, typed_from
from tests.test_move import EVE, both, moves, visit
from tests.test_queues import hidden, person
from tests.test_special_cases import claim, moved_here
from tests.walks import RESIDENTS, Walk
from tests.world import (
    HE,
    LIUWAN,
    QIN,
    SU,
    WU,
    YANG,
    ZHOU,
    World,
    basics,
    check_digit,
    field,
    new_world,
)


async def conflict(world: World) -> Walk:
    day = await busy_day(world)
    path = f"/console/conflict/{day.conflict.hex()}"
    async with desk(world, QIN) as qin:
        form = hidden((await qin.get(path)).text)
    picks = {each.replace("seen:", "pick:"): seen.split(",")[0] for each, seen in form.items()}
    return Walk(day.conflict, QIN, {**form, **picks})


async def identity(world: World) -> Walk:
    return Walk((await busy_day(world)).name, QIN, {"way": "accept"})


async def held(world: World) -> Walk:
    return Walk((await busy_day(world)).held, SU, {"way": "release"})


async def possible_duplicate(world: World) -> Walk:
    return Walk((await busy_day(world)).twice, SU, {"way": "keep_both"})


async def quarantine(world: World) -> Walk:
    day = await busy_day(world)
    return Walk(day.strangers[0], QIN, {"way": "decline", "text": "不是本院的居民"})


async def quarantine_of_a_tablet(world: World) -> Walk:
    day = await busy_day(world)
    path = f"/console/quarantine/{day.he.tablet.state.device.hex()}"
    return Walk(day.strangers[0], QIN, {"way": "release"}, path)


async def quarantine_of_a_batch(world: World) -> Walk:
    """One that cannot be read as a batch at all."""
    await offices(world)
    liar = await forger(world)
    await liar.post(liar.envelope(liar.visit(ZHOU), spoil=lambda _: b"{}"))
    subject = await world.one("SELECT subject FROM task WHERE kind='quarantine'")
    return Walk(subject, TIAN, {"way": "close"})


async def proposal(world: World) -> Walk:
    """A stranger's edit that was let in."""
    await offices(world)
    liar = await forger(world)
    await liar.send(liar.edit(YANG, {"address": "村东头"}))
    subject = await world.one("SELECT subject FROM task WHERE kind='quarantine'")
    async with desk(world, HE) as he:
        path = f"/console/matter/quarantine/{subject.hex()}"
        assert (await he.post(path, way="release")).status_code == 303
    return Walk(subject, HE, {"way": "accept"})


async def switch_request(world: World) -> Walk:
    await offices(world)
    su = await field(world, "07")
    await su.settle()
    wish = su.tablet.save_edit(ZHOU, {"responsible_facility": LIUWAN.hex()}, EVE)
    await su.settle()
    return Walk(wish, QIN, {"way": "decline", "text": "居民说不换了"})


async def late_visit(world: World) -> Walk:
    await offices(world)
    su, _ = await both(world)
    before = visit(su, EVE, 151)
    await moves(world)
    world.clock.pass_(days=2)
    await su.settle()
    return Walk(before, HE, {"way": "close"})


async def photo(world: World) -> Walk:
    """Named by a visit, and not there a month later."""
    await offices(world)
    su = await field(world, "07")
    body = wire.encode(good("htn_followup", next_date="2027-02-18"))
    on_its_way = wire.Attach(id=bytes(32), key=bytes(range(32)), size=99, type="image/jpeg")
    blank = su.tablet.blank(ZHOU, "htn_followup", "2026-11-20")
    with_it = msgspec.structs.replace(blank, body=Raw(body), attach=(on_its_way,))
    named = su.tablet.save(with_it)
    await su.settle()
    world.clock.pass_(days=31)
    assert await ask_for_missing(world.site) == 1
    return Walk(named, QIN, {"way": "close"})


async def fork(world: World) -> Walk:
    await offices(world)
    liar = await forger(world)
    other = Forger(world, liar.keys)
    await liar.send(liar.visit(ZHOU))
    await other.send(other.visit(WU))
    return Walk(await world.one("SELECT subject FROM task WHERE kind='fork'"), TIAN,
                {"way": "close"})  # fmt: skip


async def epoch(world: World) -> Walk:
    await offices(world)
    liar = await forger(world)
    liar.epoch = 2
    await liar.send(liar.visit(ZHOU))
    return Walk(liar.keys.device, TIAN, {"way": "confirm"})


async def suspended(world: World) -> Walk:
    await offices(world)
    world.site.rules = replace(world.site.rules, strangers_per_day=1)
    liar = await forger(world)
    await liar.send(liar.visit(YANG), liar.visit(YANG))
    return Walk(liar.keys.device, CHEN, {"way": "reinstate"})


async def digest(world: World) -> Walk:
    await offices(world)
    su = await field(world, "07")
    await su.settle()
    await world.store.write(lambda tx: tx.run("UPDATE panel SET root_open=?", bytes(15) + b"\x07"))
    await su.settle()
    return Walk(su.keys.device, TIAN, {"way": "close"})


async def restored(world: World) -> Walk:
    await offices(world)
    liar = await forger(world)
    await liar.send(liar.visit(ZHOU))
    return Walk(liar.keys.device, TIAN, {"way": "close"})


async def lost(world: World) -> Walk:
    await offices(world)
    liar = await forger(world)
    await devices.mark_lost(world.site, liar.keys.device, world.clock())
    return Walk(liar.keys.device, TIAN, {"way": "close"})


async def revoked(world: World) -> Walk:
    await offices(world)
    liar = await forger(world)
    await devices.revoke(world.site, liar.keys.device, "broken")
    return Walk(liar.keys.device, CHEN, {"way": "close"})


async def special_case(world: World) -> Walk:
    await moved_here(world)
    return Walk(
        await cases.ask(world.site, await person(world, QIN), claim()), CHEN, {"way": "allow"}
    )


async def unassigned(world: World) -> Walk:
    """A new archive at the desk, of a village that is nobody's."""
    await offices(world)
    number = "37100219550312006"
    body = {**basics(ZHOU), "name": "陈大雪", "id_no": number + check_digit(number)}
    async with desk(world, SU) as su:
        done = await su.post("/console/archive/new", typed_from(NEW_FIELDS, body))
    made = bytes.fromhex(done.headers["location"].rpartition("/")[2])
    panel = await world.one("SELECT panel FROM resident WHERE resident=?", ZHOU)
    return Walk(made, TIAN, {"panel": panel.hex()})


async def twin(world: World) -> Walk:
    await offices(world)
    pair = await world.store.write(lambda tx: twins.note(tx, world.site, WU, ZHOU, "same_phone"))
    assert pair is not None
    return Walk(pair, QIN, {}, f"/console/twin/{pair.hex()}/apart")


async def kin_request(world: World) -> Walk:
    await offices(world)
    qin = await person(world, QIN)
    died = Asked(Life.DEAD, date(2026, 11, 19), "死亡医学证明 37100220260117")
    assert isinstance(await life.step(world.site, qin, ZHOU, died), May)
    kin = Applicant("周立夏", "子女", "居民身份证 尾号 3311", "办理丧葬手续")
    asked = await kin_requests.ask(world.site, qin, ZHOU, kin)
    tian = await person(world, TIAN)  # the archive asks a manager why, and then opens the page
    await open_for(world.site, tian, ZHOU, Given(Purpose.SERVICE, "近亲属申请"))
    return Walk(asked, TIAN, {"answer": "give"})


MAKERS: dict[str, Callable[[World], Awaitable[Walk]]] = {
    each.__name__: each
    for each in (
        conflict, identity, held, possible_duplicate, quarantine, quarantine_of_a_tablet,
        quarantine_of_a_batch, proposal, switch_request, late_visit, photo, fork, epoch, suspended,
        digest, restored, lost, revoked, special_case, unassigned, twin, kin_request,
        *RESIDENTS,
    )
}  # fmt: skip


def test_every_kind_of_task_is_walked() -> None:
    assert {name.partition("_of_")[0] for name in MAKERS} == {*TASK_DAYS, "lost", "revoked"}


async def waiting(world: World, staff: bytes, subject: bytes) -> set[str]:
    """Paths of the rows in this person's queue: the county reads a facility's task beside its own,
    on the same page.
    """
    found = await listing(world.site, await person(world, staff), (), Which.ALL, 0)
    return {path_of(each) for each in found.lines if each.task.subject == subject}


async def walked(world: World, walk: Walk) -> None:
    (path,) = await waiting(world, walk.staff, walk.subject)
    if {*path.split("/")} & {*DEVICE_KINDS, "fork"}:
        await refused(world, walk)
    async with desk(world, walk.staff) as one:
        assert path in (await one.get("/console/")).text
        await opened(one, path)
        if walk.path and not walk.path.startswith(path.partition("#")[0]):
            await opened(one, walk.path)
        answer = await one.post(walk.path or path, data=walk.form)
        assert answer.status_code == 303, text_of(answer)
        assert await waiting(world, walk.staff, walk.subject) == set()
        assert path not in (await one.get("/console/")).text


async def refused(world: World, walk: Walk) -> None:
    """The desk reads what is about a tablet of its facility and cannot end it."""
    (path,) = await waiting(world, QIN, walk.subject)
    async with desk(world, QIN) as qin:
        assert (await qin.get(path)).status_code == 200
        assert (await qin.post(path, data=walk.form)).status_code == 403


async def opened(one: Desk, path: str) -> None:
    page = await one.get(path)
    if page.status_code == 303:  # a part of a page of the resident
        page = await one.get(page.headers["location"])
    assert page.status_code == 200, (path, text_of(page))
    assert 'method="post"' in page.text.partition("<main")[2]


@pytest.mark.parametrize("name", MAKERS)
async def test_a_task_is_opened_and_ended_by_whose_it_is_and_leaves_the_queue(
    name: str, tmp_path: Path
) -> None:
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world:
        walk = await MAKERS[name](world)
        if name != "restored":
            await walked(world, walk)
            return
        done = await backup.backup(world.site, tmp_path / "backup")
        url = f"sqlite:///{tmp_path}/again.sqlite3"
        where = Settings(database_url=url, kek_file=world.kek_file, clock=world.clock)
        await backup.restore(where, done.path)
    async with new_world(url, tmp_path, clock=world.clock) as again:
        await walked(again, walk)
