"""Schedules against the app's engine that lost a visit, left a copy behind, or never settled."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from server.actions.tablets import devices, staff_keys
from tests.copies import Copies
from tests.engine_tablet import PASSPHRASE, Engine, Fault, Killed, app, faulty
from tests.pictures import a_photo
from tests.test_move import moves
from tests.test_tablet_engine_chain import device_of, forget_the_key, no_alarm
from tests.test_tablet_engine_people import HERS, arrived, with_xie, wrong_tries
from tests.world import SU, TEAM_A, TEAM_A2, WANG, WU, XIE, ZHENG, ZHOU, World

__all__ = ["app"]
DAY = 86_400_000


@pytest.fixture
def database_url(tmp_path: Path, copies: Copies) -> str:
    """What a server stores is tested elsewhere, on both engines."""
    return copies.sqlite(tmp_path)


async def is_forgotten(world: World, device: bytes) -> None:
    """The server does not know this tablet, as after a restore from before its enrolment."""

    async def forget(tx: Any) -> None:
        for table in ("device_key", "device_panel", "device"):
            await tx.run(f"DELETE FROM {table} WHERE device=?", device)

    await world.store.write(forget)


async def test_enrolled_anew_for_other_panels_nobody_of_the_old_ones_stays(app: Engine) -> None:
    await app.enrol(panels=(TEAM_A, TEAM_A2))
    await app.call("sync")
    assert (await app.call("home"))["residents"] == 4
    draft = {"key": "v", "resident": WANG.hex(), "kinds": ["htn_followup"], "at": 1, "typed": {}}
    await app.call("keepDraft", draft)
    waits = await app.visit(WANG, "2026-11-19")
    await app.enrol(panels=(TEAM_A,))
    assert WANG.hex() not in await app.do("keys", store="person")
    assert await app.call("drafts") == []
    with faulty("no_such_resident"):
        await app.archive(WANG)
    assert await app.waiting() == 1
    await app.call("sync")
    assert (await app.call("home"))["residents"] == 3
    assert await app.waiting() == 0
    assert (await app.fate(waits))[0] != ""
    await app.call("sync")
    assert await app.do("keys", store="gone") == []


async def test_enrolled_anew_the_order_of_saving_goes_on(app: Engine) -> None:
    await app.enrol()
    await app.call("sync")
    before = [await app.visit(ZHOU, "2026-11-18", sbp=110 + n) for n in range(3)]
    await app.enrol()
    after = await app.visit(ZHOU, "2026-11-19")
    mine = [each["change"] for each in await app.call("mine")]
    assert mine == [after, *reversed(before)]


async def test_enrolled_anew_what_was_read_before_is_still_told(world: World, app: Engine) -> None:
    await app.enrol()
    await app.call("sync")
    await app.do("set", online=False)
    await app.call("open", ZHOU.hex(), "service")
    await app.do("set", online=True)
    await app.enrol()
    await app.call("sync")
    await app.call("sync")
    said = "SELECT resident, staff, purpose FROM access_log WHERE device IS NOT NULL"
    assert await world.rows(said) == [(ZHOU, SU, "service")]


async def test_a_lock_while_it_is_enrolled_anew_destroys_nothing(world: World, app: Engine) -> None:
    """The administrator took his time, and the tablet locked itself."""
    await app.enrol()
    await app.call("sync")
    visit = await app.visit(ZHOU, "2026-11-18")
    await is_forgotten(world, await device_of(app))
    offer = await devices.enrol_offer(
        world.site, staff=SU, panels=(TEAM_A,), label="平板", suite=1, restricted=False
    )
    told = await app.call("enrol", offer.qr, "平板")
    await app.call("lock")
    await devices.confirm(world.site, offer.offer, told["digits"])
    assert await app.call("enrolled") == "confirmed"
    with faulty("locked"):
        await app.call("finish", "苏清明", PASSPHRASE)
    await app.unlock()
    await app.call("finish", "苏清明", PASSPHRASE)
    await app.call("sync")
    assert await app.fate(visit) == ("applied", "")


async def test_old_bytes_of_a_colleague_leave_also_after_a_wipe_and_a_new_enrolment(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    await with_xie(world, app)
    visits = [await app.visit(ZHOU, "2026-11-17", sbp=120 + n) for n in range(4)]
    await app.unlock(XIE, HERS)
    await app.do("set", instead=[413])
    await app.call("sync")
    assert (await app.status())["sync"]["needs"] == [SU.hex()]
    await app.call("lock")
    await wrong_tries(world, app)
    await app.enrol()
    await app.call("sync")
    assert set(visits) <= await arrived(world)
    assert await app.waiting() == 0


async def test_bytes_of_a_tablet_nobody_knows_are_not_in_the_way_of_others(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    await app.visit(ZHOU, "2026-11-17")
    lost = await device_of(app)
    await app.call("lock")
    await wrong_tries(world, app)
    await is_forgotten(world, lost)
    await app.enrol()
    await app.do("set", online=False)
    second = await app.visit(WU, "2026-11-18")
    await app.call("lock")
    await wrong_tries(world, app)
    await app.do("set", online=True)
    with faulty("not_an_envelope"):
        await app.call("sync")  # it says so, and sends what can be taken
    assert second in await arrived(world)
    await app.restart()
    await app.enrol()
    await app.call("sync")
    assert (await app.status())["stage"] == "open"


async def test_a_colleague_whose_key_was_ended_does_not_take_her_visit_along(
    world: World, app: Engine
) -> None:
    """It waits for an author who cannot come back: then its bytes go as they are, to a person."""
    await app.enrol()
    await app.call("sync")
    await with_xie(world, app)
    await app.unlock(XIE, HERS)
    await app.do("set", online=False)
    hers = [await app.visit(WU, "2026-11-17", sbp=120 + n) for n in range(2)]
    with faulty("no_connection"):
        await app.call("sync")
    await app.unlock()
    await app.do("set", online=True, instead=[413])
    mine = await app.visit(ZHOU, "2026-11-18")
    await app.call("sync")
    assert (await app.status())["sync"]["needs"] == [XIE.hex()]
    await staff_keys.end_staff_key(world.site, await device_of(app), staff=XIE)
    await app.do("set", lose=1)
    with faulty("no_connection"):
        await app.call("sync")
    # She comes by, is told so, and is out.
    await app.do("end", staff=XIE.hex())
    await app.call("sync")
    status = (await app.status())["sync"]
    assert (status["needs"], status["waiting"]) == ([], 0)
    assert {await app.fate(each) for each in hers} == {("quarantined", "device_not_trusted")}
    assert await app.fate(mine) == ("applied", "")
    await no_alarm(world)


async def test_who_unlocks_while_an_answer_about_another_is_on_the_way_is_not_put_out(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    await with_xie(world, app)
    await app.unlock(XIE, HERS)
    await staff_keys.end_staff_key(world.site, await device_of(app), staff=XIE)
    await app.do("meanwhile", method="unlock", args=[SU.hex(), PASSPHRASE])
    await app.call("sync")
    status = await app.status()
    assert {each["id"]: each["state"] for each in status["staff"]} == {
        SU.hex(): "active", XIE.hex(): "ended",
    }  # fmt: skip
    assert (status["stage"], status["me"]) == ("open", SU.hex())


async def test_a_last_word_of_a_wipe_that_did_not_happen_is_not_sent(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    device = await device_of(app)
    await devices.revoke(world.site, device, "lost_and_found")
    for writes in range(1, 40):
        await app.do("set", writes_left=writes)
        with suppress(Fault):
            await app.unlock()
            await app.call("sync")
        await app.restart()
        if any(key.startswith("f.") for key in await app.do("keys", store="batch")):
            break
    assert (await app.status())["stage"] == "locked"
    assert await app.do("keys", store="person")
    await app.call("sync")
    copies = "SELECT COUNT(*) FROM copy WHERE device=? AND state='purged'"
    assert await world.one(copies, device) == 0
    world.clock.pass_(minutes=1)  # a try that was killed counts, and the next one waits
    await app.do("set", now=world.clock())
    await app.unlock()
    await app.call("sync")
    assert (await app.status())["stage"] == "wiped"
    assert await world.one(copies, device) == 3


async def test_a_line_that_takes_no_change_at_all_is_not_asked_for_ever(app: Engine) -> None:
    await app.enrol()
    await app.call("sync")
    visit = await app.visit(ZHOU, "2026-11-18")
    await app.do("set", narrow=450)  # a proxy on the way
    await app.do("sent")
    with faulty("too_large"):
        await app.call("sync")
    assert len(await app.do("sent")) < 10
    assert await app.waiting() == 1
    await app.do("set", narrow=0)
    await app.call("sync")
    assert await app.fate(visit) == ("applied", "")


async def test_a_clock_that_is_set_back_does_not_stop_the_sending(
    world: World, app: Engine
) -> None:
    await app.enrol()
    visit = await app.visit(ZHOU, "2026-11-18")
    await app.do("set", instead=[503], after="900", now=world.clock() + 4000 * DAY)
    for code in ("broken", "busy"):
        with faulty(code):
            await app.call("sync")
    await app.do("set", now=world.clock())
    await app.call("sync")
    assert await app.fate(visit) == ("applied", "")


async def test_a_clock_that_is_set_right_takes_no_picture_of_an_open_form(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    await app.do("set", now=world.clock() - 2000 * DAY)
    photo = await app.call("addPicture", ZHOU.hex(), a_photo(300, 200), "image/jpeg")
    typed = {"pictures": [photo]}
    draft = {"key": "v", "resident": ZHOU.hex(), "kinds": ["htn_followup"], "at": 1, "typed": typed}
    await app.call("keepDraft", draft)
    await app.do("set", now=world.clock())
    await app.call("sync")
    await app.call("lock")
    await app.call("sync")
    assert await app.do("keys", store="photo") == [photo]
    await app.restart()
    await app.unlock()
    await app.call("dropDraft", "v")
    await app.call("sync")
    assert await app.do("keys", store="photo") == []


async def test_a_clock_far_ahead_drops_no_bytes_that_nobody_has_vouched_for(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    await app.visit(ZHOU, "2026-11-18")
    await app.call("lock")
    await wrong_tries(world, app)
    await app.enrol()
    await app.call("sync")
    assert (await app.status())["sync"]["ready_batches"] == 0
    before = await app.do("keys", store="batch")
    await app.do("set", now=world.clock() + 2000 * DAY)
    await app.restart()
    await app.do("set", now=world.clock() + 2000 * DAY)
    try:
        await app.call("sync")
    finally:
        assert await app.do("keys", store="batch") == before


async def test_a_draft_of_somebody_who_has_left_goes_also_when_the_app_was_killed_then(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    draft = {"key": "v", "resident": ZHOU.hex(), "kinds": ["htn_followup"], "at": 1, "typed": {}}
    await app.call("keepDraft", draft)
    await moves(world)
    for writes in range(20):
        await app.do("set", writes_left=writes)
        with pytest.raises(Killed):
            await app.call("sync")
        await app.restart()
        if ZHOU.hex() not in await app.do("keys", store="person"):
            break
        await app.unlock()
    assert len(await app.do("keys", store="draft")) == 1, "killed right after the page"
    await app.unlock()
    assert await app.call("drafts") == []
    await app.call("sync")
    assert await app.do("keys", store="draft") == []


async def test_an_emptied_tablet_gives_out_again_what_it_was_brought(app: Engine) -> None:
    await app.enrol()
    await app.visit(ZHOU, "2026-11-18")
    file = await app.call("rescueFile")
    await app.do("forget")
    await app.restart()
    await app.call("readRescue", file["bytes"])
    again = await app.call("rescueFile")
    assert (again["bytes"], again["batches"]) == (file["bytes"], 1)


async def test_a_full_disk_gives_out_its_rescue_file(app: Engine) -> None:
    await app.enrol()
    await app.call("sync")
    await app.visit(ZHOU, "2026-11-18")
    await app.do("full", **{"is": True})
    with faulty("storage_full"):
        await app.visit(ZHENG, "2026-11-18")
    assert (await app.call("rescueFile"))["changes"] == 1


async def test_a_batch_that_arrived_before_its_key_was_lost_gets_its_receipt(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    visit = await app.visit(ZHOU, "2026-11-18")
    await app.do("set", lose=1)
    with faulty("no_connection"):
        await app.call("sync")
    await forget_the_key(world)
    later = await app.visit(WU, "2026-11-19")
    await app.call("sync")
    assert [await app.fate(each) for each in (visit, later)] == [("applied", "")] * 2
    assert await app.waiting() == 0
    await no_alarm(world)
