"""Attacks on the tablet app in a browser: what other doors of its origin, the line and whoever
takes the tablet home can do to it.
"""

import re
from pathlib import Path
from typing import Any

from tests.tablet_app import PASSPHRASE, in_the_field, one_row
from tests.world import WU, id_number

NAME = "吴𠮷祥"
TYPED = "秋分姑娘林小满"
PURPOSE = "入户前看看用药"
REFUSED = re.compile("Content Security [Pp]olicy|Trusted ?(HTML|Script|Type)|Fetch API")
POISON = """async () => {
  const evil = "globalThis.stolen = 1; document.documentElement.dataset.evil = '1';";
  const as = (body, type) => new Response(body, { headers: { "content-type": type } });
  let n = 0;
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const { url } of await cache.keys()) {
      if (url.endsWith(".js")) await cache.put(url, as(evil, "text/javascript"));
      n += 1;
    }
    await cache.put("/tablet/", as("<script>" + evil + "</script><h1>x</h1>", "text/html"));
    await cache.put("/tablet/evil.js", as(evil, "text/javascript"));
  }
  return n;
}"""


async def test_a_page_of_another_door_leaves_nothing_in_the_app_of_tomorrow(
    tmp_path: Path,
) -> None:
    """It shares the origin, so it can write the app's cache; the keeper gives none of that out."""
    async with in_the_field(tmp_path) as field:
        tablet = field.tablet("one")
        page = await tablet.open()
        await tablet.installed()
        await page.goto(f"{field.door.url}/portal/")
        assert await page.evaluate(POISON) > 50
        await page.goto(f"{field.door.url}/tablet/")
        await tablet.installed()
        assert await page.evaluate("document.documentElement.dataset.evil") is None
        assert await page.evaluate("globalThis.stolen") is None
        await field.door.stop()
        await page.reload()  # what was spoiled has been taken anew
        await tablet.installed()
        assert await page.evaluate("globalThis.stolen") is None


async def answered(page: Any, seconds: float = 2) -> str:
    """What a second engine says that another page of this origin has started."""
    return await page.evaluate(
        """(ms) => new Promise((told) => {
          let worker;
          try {
            worker = new Worker("/tablet/app/engine/worker.js", { type: "module" });
          } catch (error) { told(`refused: ${error.name}`); return; }
          worker.onmessage = ({ data }) => told(`answered: ${data.ok}`);
          worker.onerror = () => told("refused: error");
          worker.postMessage({ id: 1, method: "status", args: [] });
          setTimeout(() => told("silence"), ms);
        })""",
        seconds * 1000,
    )


async def test_no_second_engine_counts_tries_beside_the_first(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as field:
        tablet = field.tablet("one")
        await tablet.open()
        await tablet.installed()
        assert await tablet.ask("status")
        assert tablet.context is not None
        other = await tablet.context.new_page()
        await other.goto(f"{field.door.url}/tablet/")
        await other.wait_for_selector("main h1, main h2")  # its window waits: see main.js
        assert not (await answered(other)).startswith("answered")
        for door in ("/portal/", "/console/"):
            await other.goto(f"{field.door.url}{door}")
            assert not (await answered(other)).startswith("answered"), door
        await other.close()


async def test_what_was_typed_and_read_is_nowhere_on_the_disk_of_a_killed_tablet(
    tmp_path: Path,
) -> None:
    """Found by typing, opened, a draft begun, killed in the middle of it all, unlocked."""
    async with in_the_field(tmp_path, on_disk=True) as field:
        tablet = await field.enrolled()
        page = tablet.page
        await page.get_by_role("button", name="居民", exact=True).click()
        await (await one_row(page, "吴")).click()
        await page.locator(".who-bar").wait_for()
        await tablet.ask("open", WU.hex(), PURPOSE)
        draft = {"key": "new", "resident": None, "kind": "basic_info", "v": 1, "on": "2026-11-20"}
        await tablet.ask("keepDraft", {**draft, "body": {"name": TYPED}, "at": 1})
        await page.get_by_role("button", name="居民", exact=True).click()
        await page.locator("#find").fill(TYPED)
        assert await page.title() == "公卫平板"
        state = await page.evaluate("JSON.stringify([history.state, location.href, name])")
        assert WU.hex() not in state
        kept = await page.evaluate(
            "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        )
        assert NAME not in kept
        assert TYPED not in kept
        await page.wait_for_timeout(3000)  # a browser writes down its session every few seconds
        await tablet.kill()
        texts = [NAME, TYPED, PURPOSE, PASSPHRASE, id_number(WU), NAME.encode().hex()]
        for each in texts:
            assert tablet.on_disk(each) == [], each
        await tablet.open()  # and the browser restores nothing of it
        await tablet.page.locator("#pass").wait_for()
        assert TYPED not in await tablet.page.content()


async def test_markup_is_refused_and_nothing_of_elsewhere_is_taken(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as field:
        tablet = field.tablet("one")
        page = await tablet.open()
        await tablet.installed()
        await page.reload()  # as the keeper gives it out
        await tablet.installed()
        said = await page.evaluate(
            """async () => {
              const tries = {
                html: () => { document.createElement("div").innerHTML = "<b>x</b>"; },
                beside: () => document.body.insertAdjacentHTML("beforeend", "<b>x</b>"),
                policy: () => trustedTypes.createPolicy("evil", { createHTML: (x) => x }),
                again: () => trustedTypes.createPolicy("gongwei", { createHTML: (x) => x }),
                text: () => { document.createElement("script").text = "1"; },
                srcdoc: () => { document.createElement("iframe").srcdoc = "<b>x</b>"; },
                worker: () => new Worker("/tablet/app/engine/worker.js"),
                write: () => document.write("<b>x</b>"),
              };
              const ran = [];
              for (const [name, attack] of Object.entries(tries)) {
                try { attack(); ran.push(name); } catch (error) { /* refused */ }
              }
              try {
                await fetch("https://example.org/");
                ran.push("fetch");
              } catch { /* refused */ }
              const head = (await fetch("/tablet/")).headers;
              return [ran, head.get("content-security-policy"), head.get("x-frame-options"),
                head.get("cross-origin-opener-policy"), head.get("referrer-policy")];
            }"""
        )
        assert said[0] == []
        assert "frame-ancestors 'none'" in said[1]
        assert said[2:] == ["DENY", "same-origin", "no-referrer"]
        tablet.faults = [each for each in tablet.faults if not REFUSED.search(each)]
