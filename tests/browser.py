"""Debian's Chromium, driven for the tests of pages. `python -m tests.browser` makes sure that it
and a font with the rare signs of names are there, and installs them if not.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.patience import drive_patiently, take_time

drive_patiently()

PACKAGES = ("chromium", "fonts-noto-cjk")
HOW = (
    "The tests of pages need Chromium and the Noto CJK fonts: apt install chromium fonts-noto-cjk "
    "(or name a Chromium with GONGWEI_TEST_CHROMIUM), then run make test again."
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


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of its own for one test."""
    program = chromium()
    if program is None:
        raise RuntimeError(HOW)
    async with async_playwright() as play:
        opened = await play.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        opened.on("context", take_time)
        try:
            yield opened
        finally:
            await opened.close()


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
