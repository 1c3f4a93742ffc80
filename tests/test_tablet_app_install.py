"""The tablet app as a browser installs it: small, whole, and there without a network."""

from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.async_api import expect

from server import tablet_files
from tests.tablet_app import Field, Tablet, in_the_field

MOST_BYTES = 300_000
ICONS = {192, 512}


async def installed(field: Field) -> Tablet:
    made = field.tablet("one")
    await made.open()
    await made.installed()
    return made


async def test_a_browser_offers_to_install_it_and_its_icons_are_what_the_manifest_says(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path, on_disk=True) as field:
        tablet = await installed(field)
        line = await tablet.line()
        found = await line.send("Page.getAppManifest")
        assert found["errors"] == []
        errors = await line.send("Page.getInstallabilityErrors")
        assert errors["installabilityErrors"] == []
        async with httpx.AsyncClient(
            base_url=field.door.url, trust_env=False, timeout=120
        ) as client:
            manifest = (await client.get("/tablet/manifest.webmanifest")).json()
            sizes = {await _size(client, icon) for icon in manifest["icons"]}
    assert sizes >= ICONS
    assert any("maskable" in each["purpose"] for each in manifest["icons"])
    assert manifest["start_url"] == manifest["scope"] == manifest["id"] == "/tablet/"


async def _size(client: httpx.AsyncClient, icon: dict[str, Any]) -> int:
    answer = await client.get(icon["src"])
    assert answer.headers["content-type"] == icon["type"]
    if icon["sizes"] == "any":
        return 0
    wide, high = Image.open(BytesIO(answer.content)).size
    assert icon["sizes"] == f"{wide}x{high}"
    return wide


async def test_a_first_visit_takes_the_app_once_and_no_more_than_was_promised(
    tmp_path: Path,
) -> None:
    """Counted at the server's end of the line, bodies as they were sent."""
    async with in_the_field(tmp_path) as field:
        await installed(field)
    assert field.door.sent <= MOST_BYTES
    assert field.door.sent >= tablet_files.first_load_bytes() * 0.9, "the figure is the real one"


async def test_once_installed_it_starts_without_a_server_or_a_network(tmp_path: Path) -> None:
    async with in_the_field(tmp_path, on_disk=True) as field:
        tablet = await installed(field)
        title = await tablet.page.locator("h1").inner_text()
        await field.door.stop()
        await tablet.page.reload()
        await expect(tablet.page.locator("h1")).to_have_text(title)
        await tablet.kill()
        page = await tablet.open()
        await expect(page.locator("h1")).to_have_text(title)
        await tablet.cut()
        await page.reload()
        await expect(page.locator("h1")).to_have_text(title)
