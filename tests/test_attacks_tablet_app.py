"""Attacks on the tablet app in a browser: what other doors of its origin, the line and whoever
takes the tablet home can do to it.
"""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.tablet_app import PASSPHRASE, Field, Tablet, in_the_field
from tests.world import SU, ZHOU

NAME = "周谷雨"
TYPED = "周谷雨的女儿秋分"
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
