"""A new version of the app is taken whole, and only while nothing is open that could be lost."""

import shutil
from pathlib import Path

import pytest
from playwright.async_api import expect

from server import tablet_files
from tests.tablet_app import in_the_field


def renewed(folder: Path) -> Path:
    """The app as it is, but for one word on its rail."""
    made = folder / "renewed"
    shutil.copytree(tablet_files.ROOT, made, ignore=shutil.ignore_patterns("node_modules", "tests"))
    words = made / "app" / "words" / "zh" / "shell.js"
    text = words.read_text("utf-8")
    assert 'home: "今天"' in text
    words.write_text(text.replace('home: "今天"', 'home: "今日"'), "utf-8")
    return made


async def test_a_new_version_waits_until_the_tablet_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        async with in_the_field(tmp_path) as field:
            tablet = await field.enrolled()
            page = tablet.page
            rail = page.get_by_role("navigation", name="主要页面")
            monkeypatch.setattr(tablet_files, "ROOT", renewed(tmp_path))
            tablet_files.files.cache_clear()
            await rail.get_by_role("button", name="设置").click()
            await page.get_by_role("button", name="看有没有新版").click()
            await page.get_by_text("有新版，锁上平板时自动换上").wait_for()
            await expect(rail).to_contain_text("今天")
            async with page.expect_event("load"):  # a step within the app is a navigation too
                await rail.get_by_role("button", name="锁上").click()
            await tablet.unlock()
            await rail.wait_for()
            await expect(rail).to_contain_text("今日")
            await tablet.cut()
            await page.reload()
            await tablet.unlock()
            await rail.wait_for()
            await expect(rail).to_contain_text("今日")
    finally:
        tablet_files.files.cache_clear()
