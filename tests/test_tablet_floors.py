"""The lower floors of the app in a real Chromium: its own cryptography, its own storage."""

import json
import mimetypes
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from playwright.async_api import Page, Route

from tests.browser import browser
from tests.source import REPOSITORY

WEB = REPOSITORY / "sync" / "tablet_web"
VECTORS = REPOSITORY / "tests" / "vectors"
PLACE = "http://localhost/"  # a secure context, and nothing listens there


async def _served(route: Route) -> None:
    path = WEB / route.request.url.removeprefix(PLACE)
    if not path.is_file():
        await route.fulfill(status=200, content_type="text/html", body="<!doctype html>")
        return
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    await route.fulfill(status=200, content_type=kind, body=path.read_bytes())


@pytest_asyncio.fixture(loop_scope="session")
async def page() -> AsyncIterator[Page]:
    async with browser() as opened:
        shown = await opened.new_page()
        await shown.route(f"{PLACE}**", _served)
        await shown.goto(PLACE)
        yield shown


async def _told(page: Page, name: str, given: Any = None) -> Any:
    asked = f"async (given) => (await import('/tests/floors.js')).{name}(given)"
    return await page.evaluate(asked, given)


async def test_the_browsers_storage_keeps_to_what_a_disk_keeps_to(page: Page) -> None:
    assert await _told(page, "disks") == []
    assert await _told(page, "upgrade") == []


async def test_a_full_disk_takes_nothing_of_a_write_and_still_lets_go(page: Page) -> None:
    line = await page.context.new_cdp_session(page)
    room = {"origin": PLACE.removesuffix("/"), "quotaSize": 1_000_000}
    await line.send("Storage.overrideQuotaForOrigin", room)
    assert await _told(page, "full") == []


async def test_the_envelopes_of_the_vectors_meet_their_end_in_the_browser(page: Page) -> None:
    """A browser that lacks the curves of suite 1 is let in with suite 3."""
    here = await _told(page, "suite")
    for suite in (1, 3) if here == 1 else (3,):
        given = json.loads((VECTORS / f"envelope_suite{suite}.json").read_text("utf-8"))
        assert await _told(page, "envelopes", given) == [], suite


async def test_a_passphrase_as_dear_as_on_a_tablet_unlocks_in_the_browser(page: Page) -> None:
    assert await _told(page, "passphrase") == "周谷雨"
