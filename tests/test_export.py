"""带走档案 and 健康护照: what goes in, who may have it, and that it can be checked years later."""

import io
import zipfile

import msgspec
import pytest
from PIL import Image

from crypto.keys import SigningKeyPair, Suite
from server.actions.residents import exporting
from server.actions.residents.acting import Acting
from server.actions.residents.export_check import checked
from server.errors import NotFound, NotYours, RuleSaysNo
from tests.cast_forms import good
from tests.portal import bind, phone, text_of
from tests.world import SU, TEAM_A, WU, ZHOU, World, field

SELF = Acting(ZHOU, ZHOU)


async def taken(world: World, who: bytes = ZHOU) -> tuple[bytes, bytes]:
    """(id, ZIP file) of a packing that was asked for and made."""
    acting = Acting(who, who)
    name = await exporting.ask(world.site, acting)
    await exporting.run(world.site)
    return name, await exporting.fetch(world.site, acting, name)


def files_of(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as packing:
        return {each: packing.read(each) for each in packing.namelist()}


async def test_the_whole_archive_is_in_it_for_people_and_for_programs(world: World) -> None:
    await bind(world, WU)
    tablet = await field(world, "平板一", staff=SU, panels=(TEAM_A,))
    await tablet.settle()
    visit = good("htn_followup", next_date="2027-02-18", sbp=152, dbp=94)
    made = tablet.tablet.save_event(WU, "htn_followup", "2026-11-20", visit)
    await tablet.settle()
    _, raw = await taken(world, WU)
    files = files_of(raw)
    page, document = files["index.html"].decode(), msgspec.json.decode(files["archive.json"])
    assert "吴𠮷祥" in page
    assert "152" in page
    assert "苏清明" in page
    assert "src=" not in page.replace('src="photos/', "")
    mine = next(each for each in document["records"] if each["id"] == made.hex())
    assert (mine["form"]["sbp"], mine["by"]) == (152, "苏清明")
    assert document["register"]["name"]["value"] == "吴𠮷祥"
    assert set(document) >= {
        "register", "records", "consents", "looked", "facilities", "corrections", "family",
        "confirmations",
    }  # fmt: skip
    assert page.index("姓名") < page.index("药物过敏史")


async def test_it_can_be_checked_and_every_change_is_found(world: World) -> None:
    await bind(world, ZHOU)
    _, raw = await taken(world)
    keys = await exporting.signing_keys(world.site)
    assert checked(raw, keys).faults == ()
    for name, content in files_of(raw).items():
        for tampered in ({name: content[:-1] + b"\x00"}, {"more.txt": b"more"}, {name: None}):
            files = {**files_of(raw), **tampered}
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as packing:
                for each, put in files.items():
                    if put is not None:
                        packing.writestr(each, put)
            try:
                assert checked(out.getvalue(), keys).faults != (), (name, list(tampered))
            except ValueError:
                assert name in ("manifest.json", "manifest.sig")
    other = SigningKeyPair.generate(Suite.X25519_ED25519).public
    assert checked(raw, (other,)).faults == ("signed by a key that this district does not know",)
    with pytest.raises(ValueError, match="not an archive"):
        checked(b"no zip", keys)


async def test_packing_is_a_reading_and_in_the_log(world: World) -> None:
    await bind(world, ZHOU)
    before = len(await world.rows("SELECT 1 FROM access_log WHERE resident=?", ZHOU))
    await taken(world)
    rows = await world.rows("SELECT staff, ground FROM access_log WHERE resident=?", ZHOU)
    assert len(rows) == before + 1
    assert (ZHOU, "own") in rows


async def test_nobody_elses_packing_opens_and_a_day_has_three(world: World) -> None:
    await bind(world, ZHOU)
    name, _ = await taken(world)
    with pytest.raises(NotYours):
        await exporting.fetch(world.site, Acting(WU, WU), name)
    with pytest.raises(NotYours):
        await exporting.fetch(world.site, Acting(WU, ZHOU), name)
    waits = await exporting.ask(world.site, SELF)
    assert await exporting.ask(world.site, SELF) == waits
    await exporting.run(world.site)
    await taken(world)
    with pytest.raises(RuleSaysNo, match="too_many"):
        await exporting.ask(world.site, SELF)


async def test_after_three_days_it_is_destroyed(world: World) -> None:
    await bind(world, ZHOU)
    name, _ = await taken(world)
    assert not await exporting.waits(world.site)
    world.clock.pass_(days=exporting.KEEP_DAYS, hours=1)
    assert await exporting.waits(world.site)
    await exporting.run(world.site)
    assert await world.rows("SELECT 1 FROM export_part") == []
    with pytest.raises(NotFound):
        await exporting.fetch(world.site, SELF, name)


async def test_a_packing_that_was_cut_short_is_made_again_and_gives_up_at_last(
    world: World,
) -> None:
    name = await exporting.ask(world.site, SELF)  # no notice was agreed to: the gate is shut
    await exporting.run(world.site)
    assert await world.one("SELECT state FROM export WHERE export=?", name) == "failed"
    again = await exporting.ask(world.site, SELF)
    await world.store.write(lambda tx: tx.run("UPDATE export SET tries=3 WHERE export=?", again))
    await exporting.run(world.site)
    assert await world.one("SELECT state FROM export WHERE export=?", again) == "failed"


async def test_a_phone_asks_waits_and_fetches(world: World) -> None:
    await bind(world, ZHOU)
    async with phone(world, ZHOU) as own:
        assert (await own.post("/portal/export")).status_code == 303
        assert "正在打包" in text_of(await own.get("/portal/export"))
        await exporting.run(world.site)
        page = await own.get("/portal/export")
        assert "打好了" in text_of(page)
        name = (await world.one("SELECT export FROM export")).hex()
        fetched = await own.get(f"/portal/export/{name}")
        assert fetched.headers["content-type"] == "application/zip"
        assert fetched.headers["cache-control"] == "no-store"
        keys = await exporting.signing_keys(world.site)
        assert checked(fetched.content, keys).faults == ()
        inbox = text_of(await own.get("/portal/inbox"))
        assert "打好包" in inbox


async def test_the_passport_is_a_sheet_and_a_picture_with_the_name_on_it(world: World) -> None:
    await bind(world, WU)
    async with phone(world, WU) as own:
        page = text_of(await own.get("/portal/passport"))
        assert "吴𠮷祥" in page
        assert "青禾镇卫生院" in page
        picture = await own.get("/portal/passport.png")
        assert picture.headers["content-type"] == "image/png"
        drawn = Image.open(io.BytesIO(picture.content))
        assert drawn.size == (1240, 1748)
        head = drawn.crop((84, 120, 600, 210)).convert("L")
        assert sum(head.histogram()[:80]) > 2_000  # the name is drawn


async def test_restricted_records_are_in_it_only_after_they_were_explained(world: World) -> None:
    await bind(world, ZHOU)
    tablet = await field(world, "平板一", staff=SU, panels=(TEAM_A,), restricted=True)
    await tablet.settle()
    form = good("tb_followup", next_date="2026-12-20")
    made = tablet.tablet.save_event(ZHOU, "tb_followup", "2026-11-20", form)
    await tablet.settle()
    _, raw = await taken(world)
    assert made.hex() not in files_of(raw)["archive.json"].decode()
    row = (1, ZHOU, made, SU, SU, world.clock())
    await world.store.write(lambda tx: tx.insert("explained", [row]))
    _, later = await taken(world)
    assert made.hex() in files_of(later)["archive.json"].decode()
