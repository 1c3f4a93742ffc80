"""Debian's Chromium, driven for the tests of pages. `python -m tests.browser` makes sure that it
and a font with the rare signs of names are there, and installs them if not.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from playwright.async_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Playwright,
    async_playwright,
)
from playwright.async_api import Error as BrowserError

from tests.patience import drive_patiently, take_time

drive_patiently()

PACKAGES = ("chromium", "fonts-noto-cjk")
HOW = (
    "The tests of pages need Chromium and the Noto CJK fonts: apt install chromium fonts-noto-cjk "
    "(or name a Chromium with GONGWEI_TEST_CHROMIUM), then run make test again."
)
# Of every Chromium that is started. There is no graphics card to look for; a camera is a picture.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


def chromium() -> str | None:
    """The program, from the environment or the path."""
    named = os.environ.get("GONGWEI_TEST_CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser")


def has_font() -> bool:
    listed = shutil.which("fc-list")
    if listed is None:
        return False
    found = subprocess.run(
        [listed, ":lang=zh-cn"], capture_output=True, text=True, check=False
    ).stdout
    return bool(found.strip())


def install() -> None:
    """Brings what is missing; raises SystemExit with what to do where that cannot be."""
    if chromium() and has_font():
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SystemExit(HOW)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES, "fontconfig"],
    ):
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{HOW}\n{done.stderr.strip()[-500:]}")
    if not chromium():
        raise SystemExit(HOW)


@dataclass(slots=True)
class Driver:
    """Playwright, and the Chromium that the tests of one loop share: its start costs as much as
    many a test. Each test has windows of its own, which share nothing and go with it.
    """

    play: Playwright
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _opened: Browser | None = None
    _line: CDPSession | None = None

    async def browser(self) -> Browser:
        """The one that is open; if it broke, another."""
        if self._opened is None or not self._opened.is_connected():
            program = chromium()
            if program is None:
                raise RuntimeError(HOW)
            self._opened = await self.play.chromium.launch(
                executable_path=program, args=list(ARGUMENTS)
            )
            self._opened.on("context", take_time)
            self._line = None
        return self._opened

    async def line(self) -> CDPSession:
        """To the browser itself: what was permitted on it holds while it is there."""
        opened = await self.browser()
        if self._line is None:
            self._line = await opened.new_browser_cdp_session()
        return self._line

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()


_of_the_run: list[Driver] = []


@asynccontextmanager
async def one_for_the_run() -> AsyncIterator[Driver]:
    """The driver that everybody on this loop is given from here on."""
    async with driver() as made:
        _of_the_run.append(made)
        try:
            yield made
        finally:
            _of_the_run.remove(made)


@asynccontextmanager
async def driver() -> AsyncIterator[Driver]:
    """That of the run; where there is none on this loop, one for as long as this lasts."""
    for each in _of_the_run:
        if each.loop is asyncio.get_running_loop():
            yield each
            return
    async with async_playwright() as play:
        made = Driver(play)
        try:
            yield made
        finally:
            await made.close()


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """The Chromium of this loop; every window that is opened meanwhile is closed at the end."""
    async with driver() as drive:
        opened = await drive.browser()
        before = set(opened.contexts)
        try:
            yield opened
        finally:
            for context in set(opened.contexts) - before:
                with suppress(BrowserError):
                    await context.close()


@asynccontextmanager
async def window(
    opened: Browser, url: str, token: str = "", *, width: int = 1440, height: int = 900
) -> AsyncIterator[BrowserContext]:
    """A fresh window; with a session's token its owner is signed in to the console."""
    context = await opened.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    if token:
        await context.add_cookies(
            [{"name": "gongwei_console", "value": token, "url": f"{url}/console"}]
        )
    try:
        yield context
    finally:
        await context.close()


if __name__ == "__main__":
    install()
    print(f"Chromium: {chromium()}", file=sys.stderr)
