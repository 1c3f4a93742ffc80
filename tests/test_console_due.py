"""The due list as a page: which dose, a baby's age, and the way to the form."""

import re

from server.actions.archives import afterwork
from server.actions.archives.decisions import decide_cells
from server.actions.plan import nightly
from tests.console import desk, offices, text_of
from tests.world import QIN, SU, WU, World, field

BORN = "2026-02-20"  # nine months before the day of these tests


async def with_a_baby(world: World) -> None:
    await offices(world)
    await (await field(world, "07")).settle()
    await decide_cells(world.site, WU, {"birth_date": BORN}, staff=QIN, author="registrar")
    await afterwork.catch_up(world.site)
    await nightly.keep(world.site)


async def test_a_vaccination_says_which_vaccine_and_dose_and_leads_to_its_form(
    world: World,
) -> None:
    await with_a_baby(world)
    async with desk(world, SU) as su:
        pages = [
            await su.get(f"/console/due?panel=all&rule=P53&view={view}")
            for view in ("overdue", "week", "open")
        ]
        said = "".join(text_of(each) for each in pages)
        assert "预防接种：乙肝疫苗（HepB）第 1 剂" in said
        assert "预防接种：麻腮风疫苗（MMR）第 1 剂" in said
        assert "9 个月" in said
        ways = {
            way for each in pages for way in re.findall(r'href="([^"]+/form/[^"]+)"', each.text)
        }
        assert ways == {f"/console/archive/{WU.hex()}/form/vaccination"}
        form = await su.get(ways.pop())
        assert form.status_code == 200


async def test_the_archive_of_a_baby_says_months_and_lists_first_what_is_due(
    world: World,
) -> None:
    await with_a_baby(world)
    async with desk(world, SU) as su:
        page = await su.get(f"/console/archive/{WU.hex()}")
        assert "9 个月" in text_of(page)
        menu = page.text.partition('class="choices forms"')[2].partition("</ul>")[0]
        now, _, rest = menu.partition("其他")
        assert "现在该做的" in now
        assert "/form/vaccination" in now
        assert "/form/vaccination" not in rest
        assert "/form/htn_followup" in rest
