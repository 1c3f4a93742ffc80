"""People and the app's engine: several on one tablet, wrong passphrases, the end of a lease, a
wipe, a full disk, a wrong clock; and what of them can be read on the disk.
"""

from typing import Any

import pytest

from server.actions.tablets import devices, staff_keys
from server.actions.tablets.rescue import Became, take_in
from sync.limits import LEASE_MS
from tests.cast_forms import good
from tests.console import serving
from tests.copies import Copies
from tests.engine_tablet import PASSPHRASE, Engine, app, engine, faulty
from tests.pictures import a_photo
from tests.test_organisations import CHEN_SIGNED
from tests.test_tablet_engine_chain import device_of, forget_the_key
from tests.world import ID_NUMBERS, NAMES, SU, WU, XIE, ZHENG, ZHOU, World

__all__ = ["app"]
HERS = "白云深处有人家呀"


@pytest.fixture
def database_url(tmp_path: Any, copies: Copies) -> str:
    return copies.sqlite(tmp_path)


async def with_xie(world: World, app: Engine) -> None:
    """谢芒种 comes to 苏清明's tablet, with a key and a passphrase of her own."""
    device = await device_of(app)
    offer = await staff_keys.staff_offer(world.site, device, staff=XIE)
    told = await app.call("addStaff", offer.qr)
    await devices.confirm(world.site, offer.offer, told["digits"])
    assert await app.call("staffAdded") == "confirmed"
    await app.call("finishStaff", "谢芒种", HERS)


async def wrong_tries(world: World, app: Engine, count: int = 10) -> None:
    for n in range(count):
        world.clock.pass_(hours=1)
        await app.do("set", now=world.clock())
        with faulty("wiped" if n == 9 else "wrong_passphrase"):
            await app.unlock(passphrase="不是这一句话啊啊")


async def arrived(world: World) -> set[str]:
    rows = await world.rows("SELECT change FROM change WHERE device IS NOT NULL")
    return {row[0].hex() for row in rows}


async def test_two_on_one_tablet_sign_for_themselves_and_send_for_each_other(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    await with_xie(world, app)
    hers_first = await app.visit(ZHOU, "2026-11-17")
    await app.unlock(XIE, HERS)
    mine = await app.visit(WU, "2026-11-18")
    status = await app.status()
    assert status["me"] == XIE.hex()
    assert (status["sync"]["waiting"], status["sync"]["waiting_of_others"]) == (2, 1)
    assert status["sync"]["ready_batches"] == 2
    await app.call("sync")
    assert await app.waiting() == 0
    rows = dict(await world.rows("SELECT change, staff FROM change WHERE device IS NOT NULL"))
    assert rows == {bytes.fromhex(hers_first): SU, bytes.fromhex(mine): XIE}
    assert {each["state"] for each in await app.call("mine")} == {"applied"}


async def test_a_reading_is_told_by_who_has_read(world: World, app: Engine) -> None:
    await app.enrol()
    await app.call("sync")
    await with_xie(world, app)
    await app.call("open", ZHOU.hex(), "family")
    await app.call("again", ZHOU.hex())
    await app.unlock(XIE, HERS)
    await app.call("open", WU.hex(), "service")
    await app.call("sync")
    said = "SELECT resident, staff, purpose FROM access_log WHERE device IS NOT NULL ORDER BY at"
    assert await world.rows(said) == [(WU, XIE, "service")]
    await app.unlock()
    await app.call("sync")
    assert set(await world.rows(said)) == {(WU, XIE, "service"), (ZHOU, SU, "family")}


async def test_what_only_its_author_can_seal_anew_waits_for_them(world: World, app: Engine) -> None:
    await app.enrol()
    await app.call("sync")
    await with_xie(world, app)
    su_visit = await app.visit(ZHOU, "2026-11-17")
    await app.do("set", online=False)
    with faulty("no_connection"):
        await app.call("sync")
    await app.unlock(XIE, HERS)
    xie_visit = await app.visit(WU, "2026-11-18")
    await forget_the_key(world)
    await app.do("set", online=True)
    await app.call("sync")
    assert await app.fate(xie_visit) == ("applied", "")
    status = await app.status()
    assert status["sync"]["needs"] == [SU.hex()]
    assert status["sync"]["waiting"] == 1
    await app.unlock()
    assert (await app.status())["sync"]["needs"] == []
    await app.call("sync")
    assert await app.fate(su_visit) == ("applied", "")
    rows = [row for key, row in await app.do("rows", store="batch") if key.startswith("m.")]
    assert {row["state"] for row in rows} == {"held"}
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='fork'") == 0


async def test_an_ended_colleague_does_not_hold_up_the_other(world: World, app: Engine) -> None:
    await app.enrol()
    await app.call("sync")
    await with_xie(world, app)
    await app.unlock(XIE, HERS)
    hers = await app.visit(WU, "2026-11-17")
    await app.unlock()
    mine = await app.visit(ZHOU, "2026-11-18")
    await staff_keys.end_staff_key(world.site, await device_of(app), staff=XIE)
    await app.call("sync")
    assert await app.fate(hers) == ("quarantined", "device_not_trusted")
    assert await app.fate(mine) == ("applied", "")


async def test_ten_wrong_tries_take_what_is_readable_and_twenty_visits_still_arrive(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    await app.do("set", online=False)
    visits = [await app.visit(ZHOU, "2026-11-18", sbp=100 + n) for n in range(20)]
    await app.call("lock")
    await wrong_tries(world, app)
    status = await app.status()
    assert (status["stage"], status["wiped_why"]) == ("wiped", "tries")
    assert status["sync"]["waiting"] == 20
    for store in ("person", "index", "own", "draft", "looked"):
        assert await app.do("keys", store=store) == []
    await app.restart(online=True)
    with faulty("batches_wait"):
        await app.call("startOver")
    # Enrolled anew first, and still the old device's batches go as they are.
    await app.enrol()
    await app.call("sync")
    assert set(visits) <= await arrived(world)
    assert (await app.status())["stage"] == "open"
    assert len((await app.archive(ZHOU))["records"]) == 21
    assert await app.call("mine") == []
    assert await app.waiting() == 0


async def test_a_wiped_tablet_sends_by_itself_and_can_start_over(world: World, app: Engine) -> None:
    await app.enrol()
    await app.call("sync")
    visit = await app.visit(ZHOU, "2026-11-18")
    await app.call("lock")
    await wrong_tries(world, app)
    await app.call("sync")
    assert visit in await arrived(world)
    assert await app.waiting() == 0
    await app.call("startOver")
    assert (await app.status())["stage"] == "new"


async def test_the_district_wipes_and_every_visit_and_reading_is_told_first(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    device = await device_of(app)
    visit = await app.visit(ZHOU, "2026-11-18")
    await app.call("open", WU.hex(), "service")
    await devices.revoke(world.site, device, "lost_and_found")
    await app.call("sync")
    status = await app.status()
    assert (status["stage"], status["wiped_why"]) == ("wiped", "server")
    assert visit in await arrived(world)
    states = await world.rows("SELECT state FROM copy WHERE device=?", device)
    assert {row[0] for row in states} == {"purged"}
    said = "SELECT resident, staff, purpose FROM access_log WHERE device=?"
    assert await world.rows(said, device) == [(WU, SU, "service")]


async def test_a_rescue_file_is_taken_in_by_hand_or_by_an_emptied_tablet(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    await app.call("setRescue", True)
    visits = [await app.visit(ZHOU, "2026-11-18", sbp=100 + n) for n in range(3)]
    assert (await app.status())["sync"]["rescue_due"]
    await app.call("lock")
    file = await app.call("rescueFile")
    await app.call("rescueKept")
    assert not (await app.status())["sync"]["rescue_due"]
    assert (file["batches"], file["changes"]) == (1, 3)
    assert file["name"].endswith(".gwr1")
    await app.do("forget")  # somebody clears the browser's data
    await app.restart()
    assert (await app.status())["stage"] == "new"
    assert await app.call("readRescue", file["bytes"]) == {"batches": 1}
    assert await app.call("readRescue", file["bytes"]) == {"batches": 0}
    await app.call("sync")
    assert set(visits) == await arrived(world)
    lines = await take_in(world.site, CHEN_SIGNED, [("a.gwr1", file["bytes"])])
    assert [each.became for each in lines] == [Became.REPEAT]


async def test_a_lease_that_ended_locks_and_only_the_server_opens_again(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    visit = await app.visit(ZHOU, "2026-11-18")
    world.clock.pass_(ms=LEASE_MS + 60_000)
    await app.do("set", now=world.clock(), online=False)
    await app.call("idle")
    status = await app.status()
    assert (status["stage"], status["lease_over"]) == ("locked", True)
    with faulty("lease_over"):
        await app.unlock()
    assert (await app.status())["stage"] == "locked"
    await app.do("set", online=True)
    await app.unlock()
    assert (await app.status())["stage"] == "open"
    assert (await app.fate(visit))[0] == "applied"


async def test_a_full_disk_writes_nothing_by_half_and_goes_on_reading_and_sending(
    app: Engine,
) -> None:
    await app.enrol()
    await app.call("sync")
    visit = await app.visit(ZHOU, "2026-11-18")
    await app.do("full", **{"is": True})
    with faulty("storage_full"):
        await app.visit(WU, "2026-11-18")
    assert (await app.status())["storage"]["full"]
    assert await app.waiting() == 1
    assert (await app.call("open", WU.hex(), "service"))["line"]["name"] == NAMES[WU]
    await app.call("sync")
    assert await app.fate(visit) == ("applied", "")
    await app.do("full", **{"is": False})
    await app.visit(WU, "2026-11-18")
    assert not (await app.status())["storage"]["full"]


async def test_a_wrong_clock_is_said_and_the_server_knows_better(world: World, app: Engine) -> None:
    await app.enrol()
    await app.call("sync")
    await app.do("set", now=world.clock() - 3 * 3_600_000)
    await app.call("sync")
    assert (await app.status())["clock_off"] == 3 * 3_600_000
    visit = await app.visit(ZHOU, "2026-11-19")
    await app.call("sync")
    stamp = await world.one("SELECT recorded_at FROM change WHERE change=?", bytes.fromhex(visit))
    assert abs(stamp - world.clock()) < 1000


async def test_nothing_readable_lies_on_the_disk(app: Engine) -> None:
    await app.enrol()
    await app.call("sync")
    await app.visit(ZHOU, "2026-11-18", doctor="0190a1b2c3d4708090a0b0c0d0e0f001")
    draft = {"key": f"visit:{WU.hex()}", "resident": WU.hex(), "kinds": ["htn_followup"], "at": 1}
    await app.call("keepDraft", {**draft, "typed": {"note": "腿有点肿"}})
    await app.call("open", ZHOU.hex(), "family")
    whole = await app.do("whole")
    for said in (*NAMES.values(), *ID_NUMBERS.values(), "腿有点肿", "htn_followup", PASSPHRASE):
        assert said not in whole
    await app.restart()
    await app.unlock()
    assert (await app.call("drafts"))[0]["typed"] == {"note": "腿有点肿"}


async def test_a_picture_follows_its_visit_also_from_a_locked_tablet(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    photo = a_photo(900, 700)
    one = await app.call("addPicture", ZHOU.hex(), photo, "image/jpeg")
    assert (await app.call("picture", one))["bytes"] == photo
    form = {"kind": "htn_followup", "v": 1, "on": "2026-11-19"}
    await app.call(
        "save",
        {"resident": ZHOU.hex(), **form, "body": good("htn_followup", next_date="2027-02-18"),
         "pictures": [one]},
    )  # fmt: skip
    await app.call("lock")
    await app.call("sync")
    assert await world.one("SELECT state FROM attachment") == "taken"
    await app.unlock()
    await app.call("sync")
    (record,) = [each for each in (await app.archive(ZHOU))["records"] if each["attach"]]
    assert record["attach"][0]["state"] == "taken"


async def test_a_copy_that_differs_is_found_and_mended(world: World, app: Engine) -> None:
    await app.enrol()
    await app.call("sync")
    await app.visit(ZHOU, "2026-11-18")
    await app.call("sync")
    await app.do("spoil", resident=ZHOU.hex())
    assert (await app.archive(ZHOU))["records"] == []
    await app.call("sync")
    assert len((await app.archive(ZHOU))["records"]) == 2
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='digest'") == 0


async def test_somebody_new_is_here_at_once_and_waits_for_a_person(
    app: Engine,
) -> None:
    await app.enrol()
    await app.call("sync")
    new = "01a1baa5f200748891a13cf5e4ce1e3f"
    cells = {"name": "周谷雨", "sex": "2", "birth_date": "1990-01-01", "drug_allergy/1": True}
    await app.call("edit", {"resident": new, "on": "2026-11-20", "cells": cells})
    (line,) = [each for each in await app.call("search", "周谷") if each["id"] == new]
    assert "new_here" in line["marks"]
    same = {"name": "周谷雨", "birth": "", "sex": "2", "id_no": ""}
    assert {each["id"] for each in await app.call("alike", same)} == {new, ZHOU.hex()}
    await app.call("sync")
    assert (await app.call("mine"))[0]["state"] == "quarantined"
    assert (await app.call("again", new))["cells"]["name"]["shown"] == "周谷雨"


async def test_a_second_app_on_the_same_server_is_another_tablet(world: World, app: Engine) -> None:
    await app.enrol()
    await app.call("sync")
    async with serving(world) as url, engine(world, url) as other:
        await other.enrol(XIE, name="谢芒种")
        await other.call("sync")
        await app.edit(ZHENG, phone="19900007777")
        await app.call("sync")
        await other.call("sync")
        assert (await other.archive(ZHENG))["cells"]["phone"]["shown"] == "19900007777"


async def test_a_tablet_that_must_be_enrolled_again_brings_along_what_has_no_receipt(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    photo = await app.call("addPicture", ZHOU.hex(), a_photo(600, 400), "image/jpeg")
    form = {"kind": "htn_followup", "v": 1, "on": "2026-11-19", "pictures": [photo]}
    body = good("htn_followup", next_date="2027-02-18")
    visit = await app.call("save", {"resident": ZHOU.hex(), **form, "body": body})
    device = await device_of(app)

    async def forget(tx: Any) -> None:
        for table in ("device_key", "device_panel", "device"):
            await tx.run(f"DELETE FROM {table} WHERE device=?", device)

    await world.store.write(forget)
    with faulty("not_an_envelope"):
        await app.call("sync")
    await app.enrol()
    assert [each["change"] for each in await app.call("mine")] == [visit]
    await app.call("sync")  # copies come anew
    assert (await app.archive(ZHOU))["records"][0]["change"] == visit
    assert await app.fate(visit) == ("applied", "")
    assert await device_of(app) != device
    await app.call("sync")
    assert await app.waiting() == 0
    assert (await app.status())["sync"]["ready_batches"] == 0
    assert await world.one("SELECT state FROM attachment") == "taken"


async def test_old_bytes_of_a_colleague_still_count_after_a_wipe(world: World, app: Engine) -> None:
    await app.enrol()
    await app.call("sync")
    await with_xie(world, app)
    visits = [await app.visit(ZHOU, "2026-11-17", sbp=120 + n) for n in range(4)]
    await app.unlock(XIE, HERS)
    await app.do("set", instead=[413])
    await app.call("sync")  # what is too large for the line only its author can make smaller
    assert (await app.status())["sync"]["needs"] == [SU.hex()]
    hers = await app.visit(WU, "2026-11-18")
    await app.call("sync")
    assert await app.fate(hers) == ("applied", "")
    await app.call("lock")
    await wrong_tries(world, app)
    await app.call("sync")
    assert {*visits, hers} <= await arrived(world)
    rows = await world.rows("SELECT change, state FROM change WHERE kind='htn_followup'")
    there = {row[0].hex(): row[1] for row in rows}
    assert {there[each] for each in visits} == {"applied"}
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='fork'") == 0
