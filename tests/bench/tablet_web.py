"""The tablet app in a real Chromium, slowed down fourfold: what a doctor waits for on a tablet that
holds a full panel of 2,000 residents and 50,000 records.

The browser's own throttle reaches a page but no worker, and the engine is a worker. So the process
in which both run is stopped for three quarters of the time, in steps too short to see; how much
slower page and worker became is measured and stands beside the figures.
"""

import asyncio
import os
import random
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import msgspec

from server.actions.archives import afterwork
from server.actions.places.district import Loader, NewRecord, NewResident
from server.actions.tablets.intake import civil_day
from server.logs import configure
from tests.bench import tablet_hall
from tests.bench.figures import Report, say
from tests.bench.slow import draws, slowed
from tests.bench.work import SEED, Size, follow_up, id_of
from tests.cast_forms import good
from tests.tablet_app import PASSPHRASE, Tablet, in_the_field, processes_of
from tests.world import QINGHE, SU, TEAM_A, World, check_digit

SPINS: Final = 3
VILLAGES: Final = ("前双岛村", "后双岛村", "石岭村", "青禾街", "柳树底村", "东马庄", "泊于村")
SURNAMES: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN: Final = ("立春", "雨水", "惊蛰", "清明", "谷雨", "立夏", "小满", "芒种", "白露", "霜降")
DAYS_BACK: Final = 1_000
TAKES_S: Final = 600

# Counts in the thread it runs in, for as long as it takes.
_SPIN: Final = """(() => {
  const from = performance.now();
  let sum = 0;
  for (let n = 0; n < 6e7; n += 1) sum += Math.sqrt(n);
  return performance.now() - from + sum * 0;
})()"""
# From a press, or a name typed, until each of these has been drawn, by the page's own clock.
_TIMED: Final = """async ([act, seen]) => {
  const find = (words) => document.evaluate(words, document, null, 9, null).singleNodeValue;
  const drawn = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
  const from = performance.now();
  if (act.type === undefined) find(act.press).click();
  else {
    const box = document.querySelector("#find");
    box.value = act.type;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const took = [];
  for (const each of seen) {
    while (!find(each) && performance.now() < from + 120000) await drawn();
    if (!find(each)) throw new Error(`never drawn: ${each}`);
    took.push(performance.now() - from);
  }
  return took;
}"""
_SAVED: Final = """async (record) => {
  const from = performance.now();
  await window.askEngine("save", [record]);
  return performance.now() - from;
}"""
_OPEN: Final = "//nav[contains(@class, 'rail')]"
_HOME: Final = "//main//button[contains(@class, 'visit')]"
_FOUND: Final = "//*[@id='find-count'][starts-with(., '找到') or starts-with(., '前')]"
_ARCHIVE: Final = "//main[contains(@class, 'archive')]//button"


async def run(folder: Path, size: Size, report: Report) -> None:
    """`folder` exists and is empty."""
    configure("error")
    async with in_the_field(folder, on_disk=True) as field:
        names = await _panel(field.world, size)
        began = time.monotonic()
        tablet = await field.enrolled(seconds=TAKES_S)
        report.figure("web_first_copy_s", time.monotonic() - began, "s", records=size.web_records)
        await _unlock(tablet, report)
        await _daily(tablet, names, report)
        await tablet_hall.run(field, tablet, report)


async def _panel(world: World, size: Size) -> list[str]:
    """Residents of the team with names, villages and years of visits; the names."""
    loader, rng = Loader(world.site), random.Random(SEED)
    await loader.begin()
    today, now = civil_day(world.clock()), world.clock()
    names: list[str] = []
    each = size.web_records // size.web_residents
    for n in range(size.web_residents):
        who = id_of(f"web/{n}", now - 10**9)
        name = rng.choice(SURNAMES) + rng.choice(GIVEN)
        names.append(name)
        loader.resident(_resident(rng, n, who, name, now))
        for visit in range(each):
            on = today - timedelta(days=7 + visit * DAYS_BACK // each + n % 7)
            loader.record(_visit(rng, f"web/{n}/{visit}", who, on, today, now))
        if loader.full:
            await loader.flush()
    await loader.flush()
    await afterwork.catch_up(world.site)
    say(f"{size.web_residents} residents, {size.web_records} records at the server")
    return names


def _resident(rng: random.Random, n: int, who: bytes, name: str, now: int) -> NewResident:
    born = date(1940 + rng.randrange(25), 1 + rng.randrange(12), 1 + rng.randrange(28))
    start = f"371002{born:%Y%m%d}{n % 1000:03}"
    number = start + check_digit(start)
    basics = good(
        "basic_info", name=name, id_no=number, birth_date=str(born),
        sex="1" if n % 2 else "2", phone=f"1990{n:07}",
        address_text=f"{rng.choice(VILLAGES)} {1 + n % 90} 号",
    )  # fmt: skip
    return NewResident(
        id=who, panel=TEAM_A, facility=QINGHE, created_ms=now - 10**9,
        archive_no=f"371002001009{n:05d}", id_no=number, since_day="2024-03-11", basics=basics,
    )  # fmt: skip


def _visit(rng: random.Random, name: str, who: bytes, on: date, today: date, now: int) -> NewRecord:
    at = now - (today - on).days * 86_400_000
    body = msgspec.json.encode(follow_up(rng, SU, on))
    return NewRecord(
        id=id_of(name, at), resident=who, facility=QINGHE, staff=SU, kind="htn_followup",
        version=1, day=str(on), at_ms=at, body=body,
    )  # fmt: skip


async def _unlock(tablet: Tablet, report: Report) -> None:
    """From the passphrase to an open tablet, and on to the list of the day."""
    page = tablet.page
    await page.reload()
    await page.locator("#pass").fill(PASSPHRASE)
    with slowed(tablet):
        beside = await _slower(tablet)
        press = {"press": "//button[@type='submit']"}
        unlock, home = await page.evaluate(_TIMED, [press, [_OPEN, _HOME]])
    report.figure("web_unlock_s", unlock / 1000, "s", **beside)
    report.figure("web_home_s", (home - unlock) / 1000, "s", **beside)


async def _slower(tablet: Tablet) -> dict[str, float]:
    """How much longer the same counting takes in the page and in its worker than it would with a
    core to itself: the wall against the CPU it took. On a busy machine others slow it down too.
    """
    found: dict[str, float] = {}
    page = tablet.page
    for name, each in (("page", page), ("worker", page.workers[0])):
        spent = _cpu_ms(tablet)
        wall = sum([float(await each.evaluate(_SPIN)) for _ in range(SPINS)])
        found[f"{name}_slower"] = wall / max(1.0, _cpu_ms(tablet) - spent)
    return found


def _cpu_ms(tablet: Tablet) -> float:
    """Of all that draws and computes for this tablet, so far."""
    ticks = 0
    for number in filter(draws, processes_of(tablet.profile)):
        words = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(words[11]) + int(words[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


async def _daily(tablet: Tablet, names: list[str], report: Report) -> None:
    """Searching, opening, saving: each several times, of different residents, out of reach."""
    repeats = 12 if report.timed else 2
    found: dict[str, list[float]] = {"search": [], "open_archive": [], "save": []}
    page = tablet.page
    await tablet.cut()
    for name in random.Random(SEED + 1).sample(names, repeats + 1):
        await page.get_by_role("button", name="居民").click()
        await page.wait_for_selector("#find")
        with slowed(tablet):
            took = await page.evaluate(_TIMED, [{"type": name}, [_FOUND]])
            found["search"] += took
            await asyncio.sleep(0.5)
            took = await page.evaluate(_TIMED, [{"press": "//*[@data-row]"}, [_ARCHIVE]])
            found["open_archive"] += took
        (line, *_) = await tablet.ask("search", name)
        body = {**good("htn_followup"), "doctor": SU.hex()}
        day = (await tablet.ask("status"))["today"]
        body["next_date"] = str(date.fromisoformat(day) + timedelta(days=90))
        record = {"resident": line["id"], "kind": "htn_followup", "v": 1, "on": day, "body": body}
        with slowed(tablet):
            found["save"].append(await page.evaluate(_SAVED, record))
    for kind, (first, *values) in found.items():  # the first also brings the page itself
        report.middle(f"web_{kind}_ms", values, "ms", first=first)
