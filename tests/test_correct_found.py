"""What a new user found about corrections, and how it is instead."""

from server.rules.corrections import Outcome
from tests.console import desk
from tests.console import text_of as desk_text
from tests.portal import phone, text_of
from tests.test_correct_pages import filled, send
from tests.test_corrections import TODAY, answers, file_of, ready, shown_on
from tests.world import QIN, SU, ZHOU, World


async def test_a_claim_against_none_is_one_choice_and_no_page_says_both(world: World) -> None:
    su, _ = await ready(world)
    su.tablet.save_edit(ZHOU, {"drug_allergy/1": True, "drug_allergy/2": False}, TODAY)
    await su.settle()
    async with phone(world, ZHOU) as zhou:
        path = "/portal/correct/field/drug_allergy"
        typed = filled(await zhou.get(path))
        assert typed["drug_allergy"] == ["1"]
        done = await send(zhou, path, typed, drug_allergy=["1", "3", "4"], why="1")
        claim = bytes.fromhex(done.headers["location"].rpartition("/")[2])
        form = text_of(await zhou.get(path))
        assert "档案里写的 无" in form
        assert "您自己改的" not in form
        seen = [done.headers["location"], "/portal/archive", "/portal/passport", "/portal/correct"]
        for page in [text_of(await zhou.get(each)) for each in seen]:
            assert "没有无" not in page
            assert "无，磺胺" not in page
        assert "过敏史，原来 无 您要改成 磺胺" in text_of(await zhou.get(seen[0]))
    async with desk(world, SU) as doctor:
        page = await doctor.get(f"/console/archive/{ZHOU.hex()}")
        assert page.status_code == 200
        assert "没有无" not in desk_text(page)
        assert "无 苏清明" in desk_text(page), "who had said 无 stands beside the claim"
    async with desk(world, QIN) as qin:
        shown = desk_text(await qin.get(f"/console/correction/{claim.hex()}"))
        assert "没有无" not in shown
        assert "药物过敏史 无 磺胺" in shown
    await answers(world, QIN, claim, text="链霉素没有查到", drug_allergy__3=True)
    file = await file_of(world, claim)
    assert file.outcome is Outcome.PARTLY
    assert file.content.verdicts == {
        "drug_allergy/1": True, "drug_allergy/3": True, "drug_allergy/4": False,
    }  # fmt: skip
    await su.settle()
    assert [shown_on(su, f"drug_allergy/{n}") for n in (1, 3, 4)] == [False, True, False]
