"""A checkup day on the tablet app: a day of today with people of the cast, tablets that are used on
it, their codes, and what a camera sees of one.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import qrcode
import zxingcpp
from PIL import Image
from playwright.async_api import Page, expect

from crypto.card import CardType, seal_card, text_of
from crypto.keys import SigningKeyPair
from server.actions.checkup import codes
from server.actions.tablets.intake import civil_day
from server.store.ids import new_id
from tests.halls import a_day
from tests.tablet_app import Field, Tablet, offer
from tests.world import QIN, SU, WU, ZHENG, ZHOU, World

INVITED = (ZHOU, WU, ZHENG)
STATIONS = ("basic", "blood", "urine", "ecg", "ultrasound", "life", "elder", "review")


@dataclass(slots=True)
class HallDay:
    """One day of today, and its tablets."""

    field: Field
    day: bytes

    @property
    def world(self) -> World:
        return self.field.world

    async def card(self, who: bytes) -> codes.Code:
        found = await self.world.store.write(
            lambda tx: codes.issue_cards(tx, self.world.site, [who], QIN)
        )
        return found[who]

    async def phone_code(self, who: bytes) -> codes.Code:
        return await self.world.store.write(
            lambda tx: codes.day_code(tx, self.world.site, self.day, who)
        )

    def other(self, kind: CardType, days: int, signer: SigningKeyPair | None = None) -> str:
        """A code of nobody that ends so many days from now."""
        site = self.world.site
        ends = codes.day_ends_ms(civil_day(site.clock()) + timedelta(days=days)) // 1000
        made = seal_card(kind, new_id(site.clock()), ends, signer=signer or site.keys.newest_code)
        return text_of(made)

    async def assign(self, tablet: Tablet) -> None:
        """Used on this day, with the list on it and the page open."""
        device = bytes.fromhex((await tablet.ask("status"))["device"])
        there = await self.world.rows(
            "SELECT device FROM checkup_tablet WHERE day=? AND device=?", self.day, device
        )
        if not there:  # a new tablet of the facility is used on its open days by itself
            row: tuple[Any, ...] = (1, self.day, device, 0, None, None)
            await self.world.store.write(lambda tx: tx.insert("checkup_tablet", [row]))
        await tablet.taken()
        await tablet.until("s.halls > 0")

    async def enrolled(self, tablet: Tablet) -> None:
        """One that was made with a camera of its own: let in, and used on this day."""
        await tablet.open()
        await tablet.installed()
        code, confirm = await offer(self.world)
        await tablet.let_in(confirm, code, "苏清明")
        await tablet.taken()
        await self.assign(tablet)

    async def tablet(self, name: str = "one", **more: Any) -> Tablet:
        """Enrolled, assigned and at the checkup day."""
        made = await self.field.enrolled(name, **more)
        await self.assign(made)
        await made.page.locator(".rail").get_by_role("button", name="体检日").click()
        await expect(made.page.locator(".hall h1").first).to_be_visible()
        return made

    async def person(self, tablet: Tablet, who: bytes) -> Mapping[str, Any]:
        return await tablet.ask("hallPerson", self.day.hex(), who.hex())


async def a_hall(
    field: Field,
    invited: tuple[bytes, ...] = INVITED,
    *,
    lead: bytes = SU,
    on: date | None = None,
    stations: tuple[str, ...] = STATIONS,
) -> HallDay:
    """The standing county has a checkup day today."""
    on = on or civil_day(field.world.clock())
    day = await a_day(field.world, invited, lead=lead, on=str(on), stations=stations)
    return HallDay(field, day)


async def scan(page: Page, text: str) -> None:
    """A scanner that types: wherever the focus is, then the end of the line."""
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")


async def turn_to(page: Page, mode: str) -> None:
    """What this tablet does in the hall."""
    await page.locator(".hall-head").get_by_text(mode, exact=True).click()
    if mode in ("签到", "离开"):
        await expect(page.locator("#hall-scan")).to_be_focused()


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


def film(text: str, path: Path) -> None:
    """What a camera sees that is held at a code; a few pictures, shown over and over."""
    wide, high, side = 640, 480, 420
    made = qrcode.QRCode(border=4, error_correction=qrcode.ERROR_CORRECT_Q)
    made.add_data(text)
    code = made.make_image().get_image().convert("L").resize((side, side))
    seen = Image.new("L", (wide, high), 255)
    seen.paste(code, ((wide - side) // 2, (high - side) // 2))
    grey = bytes([128]) * (wide * high // 2)
    picture = b"FRAME\n" + seen.tobytes() + grey
    path.write_bytes(f"YUV4MPEG2 W{wide} H{high} F10:1 Ip A1:1 C420jpeg\n".encode() + picture * 5)


async def outcome(page: Page, name: str, says: str = "") -> str:
    """The words of the screen for this outcome, read in the moment it stands there and says that:
    it may go by itself.
    """
    found = await page.wait_for_function(
        """([name, says]) => {
          const text = document.querySelector(`[data-outcome=${name}]`)?.innerText ?? "";
          return text.includes(says) && text;
        }""",
        arg=[name, says],
    )
    return await found.json_value()


async def sound(page: Page) -> str:
    return await page.evaluate("document.documentElement.dataset.sound ?? ''")


def labels_in(pdf: bytes) -> list[str]:
    """What a decoder reads on each page, and how large the page is."""
    found: list[str] = []
    coarse: Any = 203 / 72  # as a label printer
    for sheet in pypdfium2.PdfDocument(io.BytesIO(pdf)):
        size = [round(length / 72 * 25.4) for length in sheet.get_size()]
        picture = sheet.render(scale=coarse).to_pil()
        read = [each.text for each in zxingcpp.read_barcodes(picture)]
        found.append(f"{size[0]}x{size[1]} {' '.join(read)}")
    return found
