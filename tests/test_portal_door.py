"""The way into the portal: shut by default, one archive at a time, nothing kept by the browser."""

import re

from resident_portal.door import OPEN, OWN_CSRF, WHO
from resident_portal.frame import Portal, asset
from resident_portal.rooms import ROOMS
from server.actions.residents import drafts, visits
from tests.console import settings_of
from tests.portal import bind, phone, visit_of
from tests.world import WU, YANG, ZHOU, World


async def test_the_style_sheet_is_kept_by_the_browser_and_small(world: World) -> None:
    async with phone(world) as anybody:
        sheet = await anybody.get(asset("portal.css"))
        assert sheet.status_code == 200
        assert sheet.headers["cache-control"].endswith("immutable")
        assert int(sheet.headers["content-length"]) < 9_000
        assert (await anybody.get("/portal/static/000000000000/portal.css")).status_code == 404


async def test_an_address_that_nobody_has_is_a_page_with_a_way_on(world: World) -> None:
    async with phone(world) as anybody:
        lost = await anybody.get("/portal/no/such/page")
        assert lost.status_code == 404
        assert 'href="/portal/"' in lost.text
        assert lost.headers["cache-control"] == "no-store"


async def test_the_size_is_a_link_that_leads_back_and_nowhere_else(world: World) -> None:
    async with phone(world) as anybody:
        large = await anybody.get("/portal/size/elder?to=/portal/plan")
        assert (large.status_code, large.headers["location"]) == (303, "/portal/plan")
        assert 'data-size="elder"' in (await anybody.get("/portal/no/such/page")).text
        away = await anybody.get("/portal/size/elder?to=https://elsewhere.test/portal/")
        assert away.headers["location"] == "/portal/"
        assert (await anybody.get("/portal/size/huge")).status_code == 404


async def test_a_form_token_is_another_in_each_page_and_of_one_session(world: World) -> None:
    await bind(world, ZHOU)
    token, other = await visit_of(world, ZHOU), await visit_of(world, ZHOU)
    first, second = visits.form_token(token), visits.form_token(token)
    assert first != second
    assert visits.is_form_token(token, first)
    assert visits.is_form_token(token, second)
    assert not visits.is_form_token(other, first)
    assert not visits.is_form_token(token, "")
    assert not visits.is_form_token(token, first[:-2])


async def test_no_form_of_somebody_signed_in_is_taken_without_its_token(world: World) -> None:
    await bind(world, ZHOU)
    portal = Portal(world.site, settings_of(world))
    forms = [
        (re.sub(r"\{[^}]+\}", "0" * 32, path), handler.opt.get(OWN_CSRF))
        for room in ROOMS
        for handler in room.handlers(portal)
        for path in handler.paths
        if "POST" in handler.http_methods and handler.opt[WHO] != OPEN
    ]
    assert len(forms) > 20
    async with phone(world, ZHOU) as zhou, phone(world, ZHOU) as other:
        token = visits.form_token(other.token)  # good, and of another session
        for path, uploads in forms:
            files = {"file": ("a.jpg", b"a")} if uploads else None
            for typed in ({}, {"csrf": "0" * 32}, {"csrf": token}):
                answer = await zhou.client.post(path, data=typed, files=files)
                assert (answer.status_code, "form_not_ours" in answer.text) == (403, True), path


async def test_a_session_ends_by_idleness_and_by_its_length(world: World) -> None:
    await bind(world, ZHOU)
    token = await visit_of(world, ZHOU)
    assert isinstance(await visits.found(world.site, token), visits.Visitor)
    world.clock.pass_(minutes=31)
    assert isinstance(await visits.found(world.site, token), visits.RanOut)
    long = await visit_of(world, ZHOU)
    for _ in range(30):
        world.clock.pass_(minutes=25)
        last = await visits.found(world.site, long)
    assert isinstance(last, visits.RanOut)
    assert await visits.found(world.site, "of-nobody") is None


async def test_a_session_on_somebody_elses_archive_needs_a_link_that_stands(world: World) -> None:
    await bind(world, ZHOU)
    token = await visit_of(world, ZHOU, YANG)  # nobody has linked these two
    found = await visits.found(world.site, token)
    assert isinstance(found, visits.Visitor)
    assert found.resident == ZHOU


async def test_a_visitor_says_whether_the_notice_was_agreed_to(world: World) -> None:
    token = await visit_of(world, WU)
    found = await visits.found(world.site, token)
    assert isinstance(found, visits.Visitor)
    assert (found.noticed, found.full) == (False, False)
    assert "吴" not in repr(found)


async def test_words_typed_beside_a_picture_outlive_the_session(world: World) -> None:
    await bind(world, ZHOU)
    async with phone(world, ZHOU) as own:
        form = {"csrf": visits.form_token(own.token), "text": "药盒上写的不是这样"}
        world.clock.pass_(minutes=31)
        late = await own.client.post(
            "/portal/correct/field/blood_abo", data=form,
            files={"photo": ("box.jpg", b"\xff\xd8\xff", "image/jpeg")},
        )  # fmt: skip
        assert late.headers["location"] == "/portal/sign-in?why=kept"
        found = await drafts.newest(world.site, ZHOU, ZHOU)
        assert found is not None
        assert found[1:] == ("/portal/correct/field/blood_abo", {"text": ["药盒上写的不是这样"]})
        own.client.cookies.clear()
        shown = await own.client.post(
            "/portal/correct/field/blood_abo", data=form,
            files={"photo": ("box.jpg", b"\xff\xd8\xff", "image/jpeg")},
        )  # fmt: skip
        assert (shown.status_code, "药盒上写的不是这样" in shown.text) == (401, True)


async def test_every_row_that_says_not_right_leads_to_a_form(world: World) -> None:
    await bind(world, ZHOU)
    async with phone(world, ZHOU) as own:
        page = (await own.get("/portal/archive")).text
        links = set(re.findall(r'href="(/portal/correct/[^"]+)"', page))
        assert len(links) > 10
        for each in sorted(links):
            assert (await own.get(each)).status_code in (200, 303), each
