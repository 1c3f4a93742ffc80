"""All of the hall is on the tablet once it has heard of a day: also where nobody has opened it."""

from pathlib import Path

from server import tablet_files
from tests.tablet_app import ANSWERS_WITHIN_S, in_the_field
from tests.tablet_hall import a_hall

KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname);
  }
  return found;
}"""


async def test_a_tablet_that_heard_of_a_day_opens_its_hall_with_no_network(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as field:
        tablet = await field.enrolled()
        there = await a_hall(field)
        await there.assign(tablet)
        later = {
            f"/tablet/{name}"
            for name in tablet_files.files()
            if name.startswith(tablet_files.LATER) and not name.startswith("vendor/")
        }
        assert len(later) > 30
        for _ in range(10 * ANSWERS_WITHIN_S):
            if later <= set(await tablet.page.evaluate(KEPT)):
                break
            await tablet.page.wait_for_timeout(100)
        assert later - set(await tablet.page.evaluate(KEPT)) == set()
        await tablet.cut()
        await tablet.page.reload()
        await tablet.unlock()
        await tablet.until("s.stage === 'open'")
        (day,) = await tablet.ask("hallDays")
        assert day["people"] == 3
        await tablet.page.locator(".rail").get_by_role("button", name="体检日").click()
        await tablet.page.locator(".hall h1").first.wait_for()
