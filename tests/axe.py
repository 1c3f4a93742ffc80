"""axe-core over a page that a browser shows, and the house's own look at widths and weights."""

from functools import cache
from importlib.resources import files
from typing import Final

from playwright.async_api import Page, expect

RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN: Final = """async (rules) => {
  const found = await axe.run(document, { runOnly: { type: "tag", values: rules } });
  return found.violations.map(v => `${v.id}: ${v.help}: ` + v.nodes.map(n => n.html).join(" | "));
}"""
# Letters are those of the page, and what was asked to be drawn has been drawn, twice over: what one
# drawing asks for itself is there too.
_DRAWN: Final = """async () => {
  await document.fonts.ready;
  for (let n = 0; n < 2; n += 1) await new Promise((drawn) => requestAnimationFrame(drawn));
}"""
_WIDE: Final = """(wide) => {
  const over = [];
  for (const each of document.querySelectorAll("body *")) {
    const box = each.getBoundingClientRect();
    const styled = getComputedStyle(each);
    if (styled.position === "absolute" || !box.width || each.closest(".tablebox")) continue;
    if (box.right > wide + 1) over.push(each.tagName + "." + each.className + " " + box.right);
  }
  return over;
}"""
_SMALL: Final = """(least) => {
  const small = [];
  for (const each of document.querySelectorAll("a[href], button, select, summary, label.pick")) {
    const box = each.getBoundingClientRect();
    if (!box.width || each.closest(".skip, p")) continue;
    if (box.height < least - 0.5) small.push(each.outerHTML.slice(0, 120) + " " + box.height);
  }
  return small;
}"""


@cache
def source() -> str:
    """axe-core itself, as the locked package carries it."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


async def is_there(page: Page) -> None:
    """Until the page that is meant stands there: what was touched last has been drawn, a heading
    is to be seen, and what came with that has been drawn as well.
    """
    for _ in range(2):
        await page.evaluate(_DRAWN)
        await expect(page.locator("h1").first).to_be_visible()


async def violations(page: Page) -> list[str]:
    """What axe finds wrong, a line each; evaluated from outside, so the page's policy holds."""
    await is_there(page)
    await page.evaluate(source())
    found: list[str] = await page.evaluate(_RUN, RULES)
    return found


async def too_wide(page: Page, width: int) -> list[str]:
    """Elements that reach past the right edge of a window of that width. (Under a phone's
    emulation scrollWidth minus innerWidth is always 0, so the width that was set is compared.)
    """
    await expect(page.locator("h1").first).to_be_visible()
    found: list[str] = await page.evaluate(_WIDE, width)
    return found


async def too_small(page: Page, least: int) -> list[str]:
    """Targets lower than so many CSS pixels; links within running text are none."""
    await expect(page.locator("h1").first).to_be_visible()
    found: list[str] = await page.evaluate(_SMALL, least)
    return found


async def double_text(page: Page) -> None:
    """200 % text, as a reader sets it."""
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
