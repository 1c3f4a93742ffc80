"""Every page of the portal in a real browser, in both sizes: as wide as small phones, with doubled
text, for fingers and for axe, within its weight, from its own origin, without a script.

Pages are asked of the application and handed to the browser as the network would, so nothing waits
for a socket. The routes are those of the application: one that is made tomorrow and has no example
in portal_life.py fails here. Pictures of the main pages are left in build/shots.
"""

import gzip
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import BrowserContext, Page, Route

from resident_portal.checkup_card import HERE as CARD
from resident_portal.door import COOKIE
from resident_portal.frame import ELDER, SIZE_COOKIE, asset
from server.actions.residents import visits
from tests.axe import too_small, too_wide, violations
from tests.browser import browser
from tests.portal import Phone, bind, phone
from tests.portal_life import Life, hidden, ways
from tests.portal_readers import filled
from tests.portal_sign_in import ask
from tests.world import PHONES, WANG, WU, ZHOU, World, id_number, new_world

ORIGIN: Final = "http://portal.test"
SHOTS: Final = Path(__file__).parent.parent / "build" / "shots"
WIDTHS: Final = (320, 375)
PAGE_BYTES, REQUESTS = 15_000, 3
LEADS_ON: Final = {"/portal/size/{size}"}
"""A link that only leads back to where it was pressed."""

_TEXT: Final = """(least) => {
  const small = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const held = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || held.closest("svg, .skip, option")) continue;
    if (!held.getClientRects().length) continue;
    const size = parseFloat(getComputedStyle(held).fontSize);
    if (size < least - 0.01) small.push(held.outerHTML.slice(0, 90) + " " + size);
  }
  return small;
}"""
_FIELDS: Final = """(least) => {
  const low = [];
  for (const each of document.querySelectorAll("input, textarea")) {
    const round = ["radio", "checkbox"].includes(each.type);
    const box = (round ? each.closest("label") : each)?.getBoundingClientRect();
    if (each.type === "hidden") continue;
    if (!box || (box.width && box.height < least - 0.5)) low.push(each.outerHTML.slice(0, 90));
  }
  return low;
}"""
_FOCUS: Final = """() => {
  const unseen = [], all = "a[href], button, input, select, textarea, summary";
  for (const each of document.querySelectorAll(all)) {
    if (each.type === "hidden" || !each.getClientRects().length) continue;
    each.focus();
    const own = getComputedStyle(each), label = each.closest("label");
    const drawn = style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    if (!drawn(own) && !(label && drawn(getComputedStyle(label)))) {
      unseen.push(each.outerHTML.slice(0, 90));
    }
  }
  return unseen;
}"""


@dataclass(slots=True)
class Shown:
    """Pages by their addresses, as the application answered."""

    pages: dict[str, httpx.Response] = field(default_factory=dict[str, httpx.Response])

    def add(self, name: str, answer: httpx.Response, status: int = 200) -> None:
        assert answer.status_code == status, (name, answer.status_code)
        self.pages[f"{len(self.pages)} {name}"] = answer


async def shown(world: World, size: str) -> Shown:
    """Every page there is, by whoever sees it, and those that a form draws."""
    here = await filled(world)
    await bind(world, WANG, PHONES[ZHOU])
    made, mine = Shown(), here.mine
    async with as_seen(world, size, ZHOU) as own, as_seen(world, size) as nobody:
        await ask(nobody, id_number(ZHOU))
        for way in ways(world):
            if way.method != "GET" or way.path in LEADS_ON:
                continue
            one = nobody if way.who == "open" and not way.path.startswith(CARD) else own
            if way.path == "/portal/pick":
                await two_archives(world, own)
            answer = await one.get(way.at(mine.ids))
            if answer.headers.get("content-type", "").startswith("text/html"):
                made.add(way.path, answer)
            else:
                assert re.search(r"static|photo|proof\.json|export/|\.png", way.path), way
        await drawn_by_forms(made, own, nobody, mine)
    async with as_seen(world, size, ZHOU) as kept:  # as on the day, when the session is over
        await kept.get(CARD)
        kept.client.cookies.delete(COOKIE)
        made.add(f"{CARD}#pass", await kept.get(CARD))
    async with as_seen(world, size, WU, ZHOU) as helper:
        made.add("/portal/#helper", await helper.get("/portal/"))
        made.add("/portal/plan#helper", await helper.get("/portal/plan"))
        made.add("/portal/archive#helper", await helper.get("/portal/archive"), 403)
    return made


@asynccontextmanager
async def as_seen(
    world: World, size: str, person: bytes | None = None, resident: bytes | None = None
) -> AsyncIterator[Phone]:
    async with phone(world, person, resident) as one:
        one.client.cookies.set(SIZE_COOKIE, size, domain="portal.test", path="/portal")
        one.client.headers["accept-encoding"] = "gzip"
        yield one


async def two_archives(world: World, own: Phone) -> None:
    """The session remembers the telephone that got its code, which serves WANG as well."""
    index, name = world.site.index.of_phone(PHONES[ZHOU]), visits.name_of(own.token)
    await world.store.write(
        lambda tx: tx.run("UPDATE portal_session SET phone_index=? WHERE session=?", index, name)
    )


async def drawn_by_forms(made: Shown, own: Phone, nobody: Phone, mine: Life) -> None:
    """Faults all at once, answers to check, what is shown on asking."""
    facility = mine.ids["facility"]
    agreed = {"team": mine.ids["panel"], "purpose": "service", "classes": "A", "manner": "view",
              "duration": "month"}  # fmt: skip
    moved = {"panel": mine.ids["panel"], "ground": "choice", "day": "2026-12-01"}
    for path, form, status in (
        ("/portal/archive/show", {}, 200),
        ("/portal/correct/field/drug_allergy", {"id": "cd" * 16, "drug_allergy": "5"}, 422),
        (f"/portal/correct/record/{mine.ids['record']}", {"id": "ce" * 16}, 422),
        (f"/portal/consent/to/{facility}/check", {}, 422),
        (f"/portal/consent/to/{facility}/check", {"id": "cf" * 16, **agreed}, 200),
        (f"/portal/switch/to/{facility}/check", {"day": "x"}, 422),
        (f"/portal/switch/to/{facility}/check", {"id": "ca" * 16, **moved}, 200),
        (f"/portal/switch/to/{facility}/special", {"id": "cb" * 16}, 422),
        ("/portal/family/add", {"number": "1", "tail": "x"}, 422),
        (f"/portal/confirmations/{mine.ids['confirmation']}", {}, 422),
        ("/portal/account/phone/old", {}, 200),
        ("/portal/account/phone/new", {"phone": "1"}, 422),
        ("/portal/account/phone/last", {"new_code": "1", "token": "x"}, 422),
    ):
        made.add(path, await own.post(path, form), status)
    made.add("/portal/no/such", await own.get("/portal/no/such"), 404)
    token = hidden((await nobody.get("/portal/sign-in")).text, "csrf")
    wrong = await nobody.client.post("/portal/sign-in", data={"csrf": token, "number": "1"})
    made.add("/portal/sign-in", wrong, 422)
    made.add("/portal/pass/over", await spent_pass(nobody), 410)


async def spent_pass(nobody: Phone) -> httpx.Response:
    page = await nobody.get("/portal/pass/of-nobody-at-all")
    form = {"csrf": hidden(page.text, "csrf")}
    return await nobody.client.post("/portal/pass/of-nobody-at-all", data=form)


@asynccontextmanager
async def handed(
    context: BrowserContext, made: Shown, assets: Mapping[str, httpx.Response]
) -> AsyncIterator[tuple[Page, list[str]]]:
    """A page to which the answers are handed, and the addresses it asked for."""
    asked: list[str] = []
    by_number = {f"/{name.partition(' ')[0]}": each for name, each in made.pages.items()}

    async def answer(route: Route) -> None:
        url = urlsplit(route.request.url)
        asked.append(route.request.url)
        held = by_number.get(url.path) or assets.get(url.path)
        if held is None:
            await route.abort()
            return
        keep = ("content-type", "content-security-policy")
        headers = {name: held.headers[name] for name in keep if name in held.headers}
        await route.fulfill(status=held.status_code, headers=headers, body=held.content)

    page = await context.new_page()
    await page.route("**/*", answer)
    yield page, asked


def weighed(answer: httpx.Response, assets: Mapping[str, httpx.Response]) -> list[str]:
    """What is too much of a page on its way: bytes, requests, scripts, styles of its own."""
    text, faults = answer.text, list[str]()
    named = set(re.findall(r'<(?:link|script|img)[^>]*(?:href|src)="([^"]+)"', text))
    wire = int(answer.headers["content-length"])
    wire += len(gzip.compress(assets[asset("portal.css")].content, 6, mtime=0))
    if answer.headers.get("content-encoding") != "gzip" or wire > PAGE_BYTES:
        faults.append(f"{wire} bytes")
    if re.search(r"<script|\son\w+=|javascript:", text):
        faults.append("a script: with scripts off it is another page")
    if " style=" in text or "<style" in text:
        faults.append("a style within the page")
    if any(not each.startswith("/") for each in named):
        faults.append("something from another origin")
    return faults


async def looked_at(page: Page, size: str) -> list[str]:
    """What is wrong with a page as a phone shows it."""
    finger, text = (60, 24) if size == ELDER else (44, 16)
    await page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    faults = [f"axe: {each}" for each in await violations(page)]
    faults += [f"low: {each}" for each in await too_small(page, finger)]
    faults += [f"low: {each}" for each in await page.evaluate(_FIELDS, finger)]
    faults += [f"small: {each}" for each in await page.evaluate(_TEXT, text)]
    await page.keyboard.press("Tab")
    faults += [f"focus: {each}" for each in await page.evaluate(_FOCUS)]
    for percent in ("100%", "200%"):
        await page.evaluate(f"document.documentElement.style.fontSize = '{percent}'")
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 700})
            wide = await too_wide(page, width)
            whole: int = await page.evaluate("document.documentElement.scrollWidth")
            faults += [f"wide {width} {percent}: {each}" for each in wide]
            if whole > width:
                faults.append(f"wide {width} {percent}: the page is {whole}")
    return faults


MAIN: Final = {
    "/portal/": "home", "/portal/archive": "archive", "/portal/plan": "plan",
    "/portal/archive/trend/{name}": "trend", "/portal/archive/years": "years",
    "/portal/archive/record/{record}": "record", "/portal/correct": "correct",
    "/portal/correct/field/{name}": "correct-form", "/portal/correct/{name}": "correct-status",
    "/portal/switch": "switch", "/portal/consent": "consent", "/portal/looked": "looked",
    "/portal/family": "family", "/portal/confirmations": "visits", "/portal/inbox": "inbox",
    "/portal/export": "export", "/portal/passport": "passport", "/portal/sign-in": "sign-in",
    "/portal/notice": "notice", "/portal/#helper": "home-helper",
    "/portal/checkup": "checkup", "/portal/checkup/day/{day}": "checkup-day",
    "/portal/checkup/card": "card", "/portal/checkup/card#pass": "card-pass",
}  # fmt: skip
"""Of these a picture is kept, the first of each."""


@pytest.mark.parametrize("size", ["standard", ELDER])
async def test_every_page_fits_a_small_phone_a_finger_and_a_screen_reader(
    tmp_path: Path, size: str
) -> None:
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world:
        made = await shown(world, size)
        async with phone(world, ZHOU) as own:
            addresses = (asset("portal.css"), asset("brand.svg"), "/portal/passport.png")
            assets = {each: await own.get(each) for each in addresses}
    faults: list[str] = []
    pictured: set[str] = set()
    SHOTS.mkdir(parents=True, exist_ok=True)
    async with browser() as opened:
        context = await opened.new_context(locale="zh-CN", reduced_motion="reduce")
        async with handed(context, made, assets) as (page, asked):
            for name, answer in made.pages.items():
                asked.clear()
                number, _, path = name.partition(" ")
                await page.set_viewport_size({"width": 390, "height": 844})
                await page.goto(f"{ORIGIN}/{number}")
                found = weighed(answer, assets)
                if len(asked) > REQUESTS or any(not each.startswith(ORIGIN) for each in asked):
                    found.append(f"asked for {asked}")
                if path in MAIN and MAIN[path] not in pictured:
                    pictured.add(MAIN[path])
                    await page.screenshot(path=SHOTS / f"{MAIN[path]}-{size}.png", full_page=True)
                await page.set_viewport_size({"width": WIDTHS[0], "height": 700})
                found += await looked_at(page, size)
                faults += [f"{name}: {each}" for each in found]
    assert not faults, "\n".join(faults)
    assert pictured == set(MAIN.values())
