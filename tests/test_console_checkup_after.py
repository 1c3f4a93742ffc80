"""After a checkup day at the console: findings, letters, who did not come, the day report."""

import csv
import io
import re
from datetime import date

import pypdfium2

from server.actions.archives import afterwork
from server.actions.checkup import letter_bundles, results
from sync import hall
from tests.console import CHEN, desk, offices, text_of
from tests.halls import a_day, in_hall
from tests.world import HE, QIN, SU, WU, ZHENG, ZHOU, World

ILL = {
    "bp_l_sys": 186, "bp_l_dia": 104, "height": 1600, "weight": 640, "us_abd": "2",
    "us_abd_text": "胆囊结石",
}  # fmt: skip


async def after(world: World) -> str:
    """A day at which Zhou was checked and Wu and Zheng were missed."""
    await offices(world)
    day = await a_day(world, (ZHOU, WU, ZHENG))
    there = await in_hall(world, day)
    await there.send(
        there.check_in(ZHOU), there.part(ZHOU, "basic", values=ILL),
        there.step(hall.CHECK_OUT, ZHOU),
    )  # fmt: skip
    world.clock.pass_(minutes=1)
    await results.run(world.site)
    return day.hex()


def pdf_text(raw: bytes) -> str:
    found = pypdfium2.PdfDocument(raw)
    return "\n".join(page.get_textpage().get_text_range() for page in found)


async def test_the_list_shows_labels_and_the_page_of_one_finding_its_values(world: World) -> None:
    await after(world)
    async with desk(world, SU) as doctor:
        listed = await doctor.get("/console/checkup/findings")
        assert "血压达到危急值" in text_of(listed)
        assert "186" not in text_of(listed)
        (finding, *_) = await world.rows("SELECT finding FROM checkup_finding ORDER BY urgent DESC")
        page = await doctor.get(f"/console/checkup/finding/{finding[0].hex()}")
    said = text_of(page)
    assert "186 mmHg" in said
    assert "开转诊单" in said
    assert f"/console/archive/{ZHOU.hex()}/form/referral?for=" in page.text
    assert await world.one("SELECT COUNT(*) FROM access_log WHERE staff=?", SU) == 1


async def test_a_referral_made_from_the_finding_closes_it(world: World) -> None:
    await after(world)
    name = await world.one("SELECT finding FROM checkup_finding WHERE action='refer'")
    async with desk(world, SU) as doctor:
        page = await doctor.get(f"/console/checkup/finding/{name.hex()}")
        href = page.text.partition(f"/console/archive/{ZHOU.hex()}/form/referral?")[2]
        form = f"/console/archive/{ZHOU.hex()}/form/referral?{href.partition(chr(34))[0]}"
        drawn = await doctor.get(form.replace("&amp;", "&"))
        assert drawn.status_code == 200
        assert "青禾镇卫生院" in drawn.text


async def test_another_look_is_agreed_on_and_taken_back(world: World) -> None:
    await after(world)
    name = await world.one("SELECT finding FROM checkup_finding WHERE action='follow_up'")
    path = f"/console/checkup/finding/{name.hex()}"
    async with desk(world, SU) as doctor:
        await doctor.get(path)
        wrong = await doctor.post(path, do="agree", due="2020-01-01")
        assert wrong.status_code == 422
        assert "今天以后" in text_of(wrong)
        await doctor.post(path, do="agree", due="2026-12-04")
        assert "约了 12月4日 周五 复查" in text_of(await doctor.get("/console/checkup/findings"))
        await doctor.post(path, do="again")
        empty = await doctor.post(path, do="told", reason="")
        assert "写一句为什么" in text_of(empty)
        await doctor.post(path, do="told", reason="县医院看过")
        assert "县医院看过" in text_of(await doctor.get(path))


async def test_letters_of_a_village_are_one_pdf_with_progress(world: World) -> None:
    day = await after(world)
    async with desk(world, QIN) as clerk:
        await clerk.post(f"/console/checkup/{day}/letters", village="*")
        waiting = await clerk.get(f"/console/checkup/{day}/letters")
        assert "写好 0 / 1" in text_of(waiting)
        assert waiting.headers["refresh"] == "3"
        assert await letter_bundles.run(world.site) == 1
        listed = await clerk.get(f"/console/checkup/{day}/letters")
        (link,) = re.findall(r'href="(/console/checkup/[^"]+/letters\.pdf)"', listed.text)
        pdf = await clerk.get(link)
    said = pdf_text(pdf.content)
    assert "周谷雨女士" in said
    assert "今天就去" in said
    assert "苏清明" in said
    assert "2026年" in said
    reasons = await world.rows("SELECT purpose FROM access_log WHERE staff=? AND resident=?",
                               QIN, ZHOU)  # fmt: skip
    assert len(reasons) == 1


async def test_nobody_else_opens_the_pdf_and_it_is_destroyed_after_days(world: World) -> None:
    day = await after(world)
    async with desk(world, QIN) as clerk, desk(world, SU) as doctor:
        await clerk.post(f"/console/checkup/{day}/letters", village="*")
        await letter_bundles.run(world.site)
        name = (await world.one("SELECT bundle FROM checkup_bundle")).hex()
        path = f"/console/checkup/{day}/letters/{name}/letters.pdf"
        assert (await doctor.get(path)).status_code == 403
        assert (await clerk.get(path)).status_code == 200
        world.clock.pass_(days=8)
        await letter_bundles.run(world.site)
        assert await world.rows("SELECT 1 FROM checkup_bundle_part") == []


async def test_letters_are_handed_over_by_ticks_and_taken_back(world: World) -> None:
    day = await after(world)
    path = f"/console/checkup/{day}/letters"
    async with desk(world, QIN) as clerk:
        assert "先勾选" in text_of(await clerk.post(f"{path}/handed", village="*"))
        await clerk.post(f"{path}/handed", village="*", who=ZHOU.hex())
        assert "11月20日 周五 发了信" in text_of(await clerk.get(path))
        await clerk.post(f"{path}/handed", village="*", undo=ZHOU.hex())
        assert "还没反馈" in text_of(await clerk.get(path))


async def test_one_letter_opens_the_archive_of_its_person(world: World) -> None:
    day = await after(world)
    async with desk(world, SU) as doctor:
        pdf = await doctor.get(f"/console/checkup/{day}/letter/{ZHOU.hex()}/letter.pdf")
        assert pdf.headers["content-type"] == "application/pdf"
        assert "周谷雨" in pdf_text(pdf.content)
        none = await doctor.get(f"/console/checkup/{day}/letter/{WU.hex()}/letter.pdf")
        assert none.status_code == 404


async def test_absentees_get_a_reason_and_a_visit_in_their_teams_due_list(world: World) -> None:
    day = await after(world)
    path = f"/console/checkup/{day}/absent"
    async with desk(world, QIN) as clerk:
        assert "2 人没有到" in text_of(await clerk.get(path))
        await clerk.post(path, {f"r{WU.hex()}": "去儿子家了"}, village="*", do="save")
        await clerk.post(path, village="*", do="visit", who=ZHENG.hex(), due="2026-12-01")
        page = await clerk.get(path)
        assert "去儿子家了" in page.text
        assert "12-01 前上门" in text_of(page)
        await afterwork.catch_up(world.site)
        assert await world.one("SELECT resident FROM plan_due WHERE rule='P65'") == ZHENG
        sheet = (await clerk.post(f"{path}/list", village="*")).text
        lines = list(csv.reader(io.StringIO(sheet.lstrip("\ufeff"))))
        assert len(lines) == 3
        assert any("去儿子家了" in line for line in lines)
        assert any("2026-12-01" in line for line in lines)
        await clerk.post(path, village="*", undo=ZHENG.hex())
        await afterwork.catch_up(world.site)
        assert await world.rows("SELECT 1 FROM plan_due WHERE rule='P65'") == []


async def test_the_day_report_is_summed_anew_after_a_late_arrival(world: World) -> None:
    day = await after(world)
    async with desk(world, QIN) as clerk:
        assert "到场 33%" in text_of(await clerk.get(f"/console/checkup/{day}/report"))
        there = await in_hall(world, bytes.fromhex(day), "二")
        await there.send(there.check_in(WU, "C001"))
        page = text_of(await clerk.get(f"/console/checkup/{day}/report"))
        assert "到场 67%" in page
        assert "血压达到危急值" in page
        pdf = await clerk.get(f"/console/checkup/{day}/report.pdf")
        assert "67%" in pdf_text(pdf.content)
        sheet = (await clerk.get(f"/console/checkup/{day}/report.csv")).text
    lines = list(csv.reader(io.StringIO(sheet.lstrip("\ufeff"))))
    (elders,) = [each for each in lines if each[:1] == ["65 岁及以上老年人"]]
    assert elders[:4] == ["65 岁及以上老年人", "3", "2", "67%"]
    assert date.fromisoformat(lines[0][1]) == date(2026, 11, 20)


async def test_another_facility_sees_nothing_of_the_day(world: World) -> None:
    day = await after(world)
    pages = ("letters", "absent", "report", "report.pdf", f"letter/{ZHOU.hex()}/letter.pdf")
    async with desk(world, HE) as stranger:
        for each in pages:
            answer = await stranger.get(f"/console/checkup/{day}/{each}")
            assert answer.status_code == 403, each
        assert "都处理了" in text_of(await stranger.get("/console/checkup/findings"))
        (finding, *_) = await world.rows("SELECT finding FROM checkup_finding")
        page = await stranger.get(f"/console/checkup/finding/{finding[0].hex()}")
        assert page.status_code == 403


async def test_the_county_reads_the_report_and_no_names(world: World) -> None:
    day = await after(world)
    async with desk(world, CHEN) as county:
        report = await county.get(f"/console/checkup/{day}/report")
        assert report.status_code == 200
        assert "周谷雨" not in report.text
        assert (await county.get(f"/console/checkup/{day}/letters")).status_code in (403, 404)
