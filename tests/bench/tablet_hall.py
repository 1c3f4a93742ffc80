"""The checkup day on a slowed tablet: from a scan in the hall until the person stands there to be
confirmed, and from the press until the ticket, on a list of a thousand.
"""

import random
from typing import Final

from server.actions.checkup import codes
from tests.bench.figures import Report, say
from tests.bench.slow import slowed
from tests.bench.work import SEED
from tests.tablet_app import Field, Tablet
from tests.tablet_hall import a_hall
from tests.world import QIN

INVITED: Final = 1_000

# A scanner that types: the line, its end, and until this has been drawn.
_SCANNED: Final = """async ([text, seen]) => {
  const drawn = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
  const box = document.querySelector("#hall-scan");
  const from = performance.now();
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.form.requestSubmit();
  while (!document.querySelector(seen) && performance.now() < from + 60000) await drawn();
  return performance.now() - from;
}"""
_PRESSED: Final = """async ([press, seen]) => {
  const drawn = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
  const from = performance.now();
  document.querySelector(press).click();
  while (!document.querySelector(seen) && performance.now() < from + 60000) await drawn();
  return performance.now() - from;
}"""
_CONFIRM: Final = "[data-outcome=valid]"
_TICKET: Final = "[data-outcome=checked_in]"


async def run(field: Field, tablet: Tablet, report: Report) -> None:
    """On the tablet of the panel, which comes back to its network for the list."""
    repeats = 12 if report.timed else 2
    world = field.world
    rows = await world.rows("SELECT resident FROM resident ORDER BY resident")
    people = [bytes(row[0]) for row in rows][:INVITED]
    hall = await a_hall(field, tuple(people))
    chosen = random.Random(SEED + 2).sample(people, repeats + 1)
    cards = await world.store.write(lambda tx: codes.issue_cards(tx, world.site, chosen, QIN))
    await tablet.cut(off=False)
    await hall.assign(tablet)
    say(f"a hall of {len(people)} people")
    page = tablet.page
    await page.evaluate("window.print = () => {}")
    await page.locator(".rail").get_by_role("button", name="体检日").click()
    await page.wait_for_selector("#hall-scan")
    await tablet.cut()
    scanned, signed = list[float](), list[float]()
    for who in chosen:
        with slowed(tablet):
            scanned.append(await page.evaluate(_SCANNED, [cards[who].text, _CONFIRM]))
            press = ".hall-full .acts .btn.main"
            signed.append(await page.evaluate(_PRESSED, [press, _TICKET]))
        await page.locator(".hall-full .acts .btn.main").click()
        await page.wait_for_selector(".hall-desk.idle")
    for kind, (first, *values) in {"scan": scanned, "check_in": signed}.items():
        report.middle(f"web_{kind}_ms", values, "ms", first=first)
