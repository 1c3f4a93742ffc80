"""Attacks through the desks: who was let look does nothing in the resident's name."""

from tests.console import desk, hire, offices
from tests.portal import bind
from tests.portal_life import lived
from tests.world import HE, LIUWAN, WU, YANG, ZHOU, World, id_number


async def test_a_facility_that_may_look_by_a_consent_acts_for_nobody_who_is_not_there(
    world: World,
) -> None:
    """No switch to itself, none taken back, no sign-in, no consent ended."""
    await offices(world)
    await bind(world, ZHOU)
    await bind(world, WU)
    ids = (await lived(world, ZHOU, YANG, "只有周家知道的话")).ids
    await hire(world, HE, "何白露", role="doctor", facility=LIUWAN)
    me, before = ZHOU.hex(), await rows(world)
    forms = {
        "switch": {"facility": LIUWAN.hex(), "panel": ids["panel"], "ground": "choice",
                   "person": me, "id": "ad" * 16},
        "switch/undo": {"of": ids["switch"], "person": me},
        "switch/special": {"facility": LIUWAN.hex(), "panel": ids["panel"], "person": me,
                           "code": "pregnancy", "evidence": "手册"},
        "phone/notice": {"signed": "1", "end": "1"},
        "phone/pass": {"pass_number": id_number(ZHOU), "pass_present": "1"},
        "phone": {"number": id_number(ZHOU), "present": "1", "phone": "13900009999",
                  "way": "none"},
        "phone/end": {"end_number": id_number(ZHOU), "end_present": "1", "why": "lost"},
    }  # fmt: skip
    async with desk(world, HE) as he:
        assert (await he.get(f"/console/archive/{me}")).status_code == 200  # she may look
        for each, form in forms.items():
            answer = await he.post(f"/console/archive/{me}/{each}", form)
            assert answer.status_code == 403, each
    assert await rows(world) == before


async def rows(world: World) -> list[object]:
    tables = ("switch", "special_case", "first_opening", "portal_pass", "bound_phone", "assisted")
    return [sorted(map(repr, await world.rows(f"SELECT * FROM {each}"))) for each in tables]
