"""axe-core over a page that a browser shows, and the house's own look at widths and weights."""

from functools import cache
from importlib.resources import files
from typing import Final

from playwright.async_api import Page

RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN: Final = """async (rules) => {
  const found = await axe.run(document, { runOnly: { type: "tag", values: rules } });
  return found.violations.map(v => `${v.id}: ${v.help}: ` + v.nodes.map(n => n.html).join(" | "));
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


async def violations(page: Page) -> list[str]:
    """What axe finds wrong, a line each; evaluated from outside, so the page's policy holds."""
    await page.evaluate(source())
    found: list[str] = await page.evaluate(_RUN, RULES)
    return found


async def too_wide(page: Page, width: int) -> list[str]:
    """Elements that reach past the right edge of a window of that width. (Under a phone's
    emulation scrollWidth minus innerWidth is always 0, so the width that was set is compared.)
    """
    found: list[str] = await page.evaluate(_WIDE, width)
    return found


async def too_small(page: Page, least: int) -> list[str]:
    """Targets lower than so many CSS pixels; links within running text are none."""
    found: list[str] = await page.evaluate(_SMALL, least)
    return found


async def double_text(page: Page) -> None:
    """200 % text, as a reader sets it."""
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
