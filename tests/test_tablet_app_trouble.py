"""What may go wrong with a tablet of the app, and that no visit is lost by it."""

import asyncio
import re
from pathlib import Path
from typing import Any

from playwright.async_api import Error as BrowserError
from playwright.async_api import expect

from sync.limits import DAY_MS
from tests.tablet_app import PASSPHRASE, Field, Meddle, Tablet, in_the_field, offer
from tests.world import SU, WU, ZHENG, ZHOU, World

TRIES = 10
# The waits between wrong tries, taken off as whoever holds the disk can take them off.
PATIENCE = """() => new Promise((done, failed) => {
  const opening = indexedDB.open("gongwei");
  opening.onerror = failed;
  opening.onsuccess = () => {
    const disk = opening.result;
    const step = disk.transaction("staff", "readwrite");
    const walk = step.objectStore("staff").openCursor();
    walk.onsuccess = () => {
      const here = walk.result;
      if (!here) return;
      here.update({ ...here.value, wait: 0 });
      here.continue();
    };
    step.oncomplete = () => { disk.close(); done(); };
  };
})"""

BACK = re.compile("读回来 [1-3] 批")  # as often as the app has sealed by itself meanwhile
DAMAGES: tuple[Meddle, ...] = (
    lambda body: body[:-1] + bytes([body[-1] ^ 1]),
    lambda body: body[: len(body) // 2],
    lambda body: bytes(len(body)),
)


async def arrived(world: World) -> list[tuple[str, ...]]:
    """Follow-ups of tablets that the server holds: state and who signed, oldest first."""
    rows = await world.rows(
        "SELECT state, staff FROM change WHERE kind='htn_followup' AND device IS NOT NULL "
        "ORDER BY change"
    )
    return [(str(row[0]), bytes(row[1]).hex()) for row in rows]


async def fault_of(call: Any) -> str:
    """The code with which a call of the engine was refused."""
    try:
        await call
    except BrowserError as error:
        return str(error)
    return ""


async def let_in_again(here: Field, tablet: Tablet) -> None:
    code, confirm = await offer(here.world)
    await tablet.let_in(confirm, code, "苏清明")


async def test_twenty_visits_outlive_ten_wrong_passphrases(tmp_path: Path) -> None:
    """The readable copies go, the ready batches stay, and arrive after a re-enrolment."""
    async with in_the_field(tmp_path, on_disk=True) as here:
        tablet = await here.enrolled()
        await here.door.stop()
        for n in range(20):
            await tablet.visit((ZHOU, WU, ZHENG)[n % 3], 130 + n)
        await tablet.ask("lock")
        for n in range(TRIES):
            await tablet.page.evaluate(PATIENCE)
            said = await fault_of(tablet.ask("unlock", SU.hex(), f"不是这一句 {n}"))
            assert ("wiped" if n == TRIES - 1 else "wrong_passphrase") in said
        status = await tablet.until("s.stage === 'wiped' && s.wiped_why === 'tries'")
        assert status["sync"]["ready_batches"] >= 1
        await expect(tablet.page.locator("h1")).to_contain_text("口令连错 10 次")
        assert tablet.on_disk("吴𠮷祥", "371002194811050017") == []
        await here.door.start()
        await tablet.ask("sync")
        assert [state for state, _ in await arrived(here.world)] == ["applied"] * 20
        await let_in_again(here, tablet)
        await tablet.taken()
        archive = await tablet.ask("open", WU.hex(), "service")
        assert len(archive["records"]) == 7


async def test_cleared_site_data_loses_nothing_with_a_rescue_file(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        await here.door.stop()
        await tablet.again()
        for n in range(3):
            await tablet.visit(WU, 140 + n)
        await tablet.page.get_by_role("button", name="锁上").click()
        await tablet.page.get_by_role("button", name="存救援文件").click()
        async with tablet.page.expect_download() as coming:
            await tablet.page.get_by_role("button", name="存救援文件到「下载」").click()
        kept = tmp_path / "kept.gwr1"
        await (await coming.value).save_as(kept)
        assert "吴𠮷祥".encode() not in kept.read_bytes()
        line = await tablet.line()
        where = {"origin": here.door.url, "storageTypes": "all"}
        await line.send("Storage.clearDataForOrigin", where)
        await here.door.start()
        await tablet.page.reload()
        await tablet.installed()
        await tablet.page.get_by_role("button", name="从救援文件找回").click()
        await tablet.page.set_input_files("input[type=file]", kept)
        await expect(tablet.page.locator("main")).to_contain_text(BACK)
        await let_in_again(here, tablet)
        await tablet.taken()
        assert [state for state, _ in await arrived(here.world)] == ["applied"] * 3


async def test_a_damaged_or_lost_answer_costs_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        here.door.damage = DAMAGES[0]
        await tablet.visit(WU, 151)
        for each in DAMAGES:
            here.door.damage = each  # of what it asks by itself as well
            await fault_of(tablet.ask("sync"))
            status = await tablet.ask("status")
            assert status["sync"]["waiting"] == 1, "without a receipt it waits"
        here.door.damage = None
        await tablet.taken()
        assert [state for state, _ in await arrived(here.world)] == ["applied"]


async def test_a_wrong_clock_is_said_and_the_visit_is_of_the_servers_day(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        here.world.clock.now = 3 * DAY_MS
        await tablet.visit(WU, 151)
        await tablet.ask("sync")
        status = await tablet.until("s.sync.waiting === 0")
        assert abs(status["clock_off"] - 3 * DAY_MS) < 60_000
        await expect(tablet.page.locator("body")).to_contain_text("时间")
        assert [state for state, _ in await arrived(here.world)] == ["applied"]


async def test_a_full_tablet_says_so_loses_nothing_and_goes_on_where_there_is_room(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path, on_disk=True) as here:
        tablet = await here.enrolled()
        await here.door.stop()
        await tablet.close()
        await tablet.open()
        # A browser looks at what is left once in a while, so it is told before the first write.
        line, origin = await tablet.line(), {"origin": here.door.url}
        used = (await tablet.page.evaluate("navigator.storage.estimate()"))["usage"]
        await line.send("Storage.overrideQuotaForOrigin", {**origin, "quotaSize": used + 600_000})
        await tablet.unlock()
        await tablet.until("s.stage === 'open'")
        saved, said = 0, ""
        while not said and saved < 100:
            said = await fault_of(tablet.visit(WU, 130 + saved % 60))
            saved += not said
        assert "storage_full" in said
        status = await tablet.ask("status")
        assert (status["sync"]["waiting"], status["storage"]["full"]) == (saved, True)
        await expect(tablet.page.locator("body")).to_contain_text("本机存储满了")
        await here.door.start()
        await tablet.close()
        await tablet.open()
        await tablet.unlock()
        await tablet.until("s.stage === 'open'")
        await tablet.visit(WU, 150)
        await tablet.taken()
        assert [state for state, _ in await arrived(here.world)] == ["applied"] * (saved + 1)


async def test_it_locks_by_itself_and_another_passphrase_opens_nothing(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        await tablet.page.get_by_role("button", name="锁上").click()
        await tablet.unlock("不是这一句话呀")
        await expect(tablet.page.locator("main")).to_contain_text("还可以试 9 次")
        for call in (("home",), ("search", "吴"), ("open", WU.hex(), "service"), ("drafts",)):
            assert "locked" in await fault_of(tablet.ask(*call))
        await tablet.page.evaluate(PATIENCE)
        await asyncio.sleep(0)
        await tablet.ask("unlock", SU.hex(), PASSPHRASE)
        assert (await tablet.ask("home"))["residents"] == 3
