"""Several people and one archive: two values of one cell, a resident who moves, a colleague who
leaves; each with a tablet of the app that was out of reach meanwhile.
"""

from pathlib import Path

from playwright.async_api import expect

from server.actions.tablets import devices, staff_keys
from tests.tablet_app import in_the_field, one_row
from tests.test_move import moves
from tests.world import SU, WU, XIE, ZHENG, ZHOU, field

OTHERS = "另一个人的口令一句"


async def test_two_values_stand_side_by_side_until_somebody_decides(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        reference = await field(here.world, "07", staff=XIE)
        await reference.settle()
        await here.door.stop()
        day = (await tablet.ask("status"))["today"]
        cells = {"drug_allergy/3": True}
        await tablet.ask("edit", {"resident": WU.hex(), "on": day, "cells": {"blood_abo": "1"}})
        reference.tablet.save_edit(WU, {"blood_abo": "2"}, day)
        reference.tablet.save_edit(ZHENG, cells, day)
        await reference.settle()
        await here.door.start()
        await tablet.ask("sync")
        await tablet.until("s.sync.waiting === 0 && s.sync.conflicts === 1")
        await expect(tablet.page.locator("header.state")).to_contain_text("说法不一 1 处")
        archive = await tablet.ask("open", WU.hex(), "service")
        cell = archive["cells"]["blood_abo"]
        assert cell["conflict"]
        assert sorted(head["value"] for head in cell["heads"]) == ["1", "2"]
        assert (await tablet.ask("open", ZHENG.hex(), "service"))["cells"]["drug_allergy/3"][
            "shown"
        ]

        page = tablet.page
        await page.get_by_role("button", name="居民").click()
        await (await one_row(page, "吴")).click()
        await expect(page.locator("main")).to_contain_text("血型有两个说法")
        await page.get_by_role("button", name="核对").first.click()
        await page.locator("label.side", has_text="A 型").first.click()
        await page.get_by_role("button", name="为准，存在本机").click()
        await tablet.until("s.sync.conflicts === 0")
        await tablet.taken()
        await reference.settle()
        held = reference.tablet.archive.cells(WU)["blood_abo"]
        assert [head.value for head in held.heads] == ["1"]


async def test_a_resident_who_moved_meanwhile_takes_the_visit_along(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        await here.door.stop()
        change = await tablet.visit(ZHOU, 151)
        here.world.clock.pass_(minutes=10)  # two clocks agree to within what a message takes
        await moves(here.world)
        await here.door.start()
        await tablet.ask("sync")
        await tablet.until("s.sync.waiting === 0")
        rows = await here.world.rows(
            "SELECT state FROM change WHERE change=?", bytes.fromhex(change)
        )
        assert rows == [("applied",)]
        assert (await tablet.ask("home"))["residents"] == 2
        assert await tablet.ask("search", "周") == []
        mine = await tablet.ask("mine")
        assert [each["state"] for each in mine if each["change"] == change] == ["applied"]


async def test_what_is_signed_with_an_ended_key_waits_for_a_person_and_a_colleagues_visit_does_not(
    tmp_path: Path,
) -> None:
    """Each with a key and a passphrase; the key of one ends while both have unsent visits."""
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        device = bytes.fromhex((await tablet.ask("status"))["device"])
        site = here.world.site
        asked = await staff_keys.staff_offer(site, device, staff=XIE)
        digits = (await tablet.ask("addStaff", asked.code))["digits"]
        await devices.confirm(site, asked.offer, digits)
        assert await tablet.ask("staffAdded") == "confirmed"
        await tablet.ask("finishStaff", "谢芒种", OTHERS)
        await here.door.stop()
        first = await tablet.visit(WU, 151)
        await tablet.ask("lock")
        await tablet.ask("unlock", XIE.hex(), OTHERS)
        second = await tablet.visit(WU, 152)
        status = await tablet.ask("status")
        assert (status["sync"]["waiting"], status["sync"]["waiting_of_others"]) == (2, 1)
        await tablet.ask("lock")
        await staff_keys.end_staff_key(site, device, staff=XIE)
        await here.door.start()
        await tablet.ask("unlock", SU.hex(), "青山绿水长流不息")
        await tablet.ask("sync")
        status = await tablet.until("s.sync.waiting === 0")
        assert status["sync"]["quarantined"] == 1, "a person at the server looks at it"
        rows = await here.world.rows(
            "SELECT change, state, staff FROM change WHERE device=?", device
        )
        states = {bytes(row[0]).hex(): (row[1], bytes(row[2])) for row in rows}
        assert states[first] == ("applied", SU)
        assert states[second] == ("quarantined", XIE)
