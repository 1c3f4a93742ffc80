"""Two versions of a form live side by side: both are taken, an old record opens as today's form."""

from datetime import date
from typing import Any

import pytest

from server.actions.archives import afterwork
from server.records.check import check, hard
from server.records.kinds import UnknownKind, current, get, offered
from server.records.upcast import upcast
from sync import wire
from tests.cast_forms import ON, TODAY, good, good_bytes
from tests.console import desk, offices, text_of
from tests.desk_page import page_of
from tests.forge import forger
from tests.world import SU, ZHOU, World, an_id

RECEIVED: dict[str, Any] = {
    "direction": "3", "answers": an_id("转诊").hex(), "from_org": "张村镇卫生院",
    "to_org": "环翠区人民医院", "to_doctor": "李医生", "received_on": "2026-03-09",
}  # fmt: skip


def faults(version: int, **body: Any) -> set[str]:
    found = check(get("referral", version), wire.encode(body), on=ON, today=TODAY)
    return {each.field for each in hard(found)}


def test_a_version_is_in_force_from_its_day_to_the_day_before_the_next() -> None:
    assert current("referral", on=date(2017, 1, 1)).version == 1
    assert current("referral", on=date(2025, 12, 31)).version == 1
    assert current("referral", on=date(2026, 1, 1)).version == 2
    with pytest.raises(UnknownKind):
        current("referral", on=date(2016, 12, 31))
    assert [k.version for k in offered(("A",), on=TODAY) if k.id == "referral"] == [2]


def test_each_half_of_a_referral_asks_for_its_own() -> None:
    sent = good("referral")
    assert faults(2, **sent) == faults(1, **sent) == set()
    assert "impression" in faults(2, **{**sent, "impression": ""})
    for name in ("to_dept", "to_doctor", "history", "treatment", "from_doctor"):
        assert faults(2, **{k: v for k, v in sent.items() if k != name}) == set(), "only asked"
    for name in ("to_org", "impression", "reason"):
        assert faults(2, **{k: v for k, v in sent.items() if k != name}) == {name}
    assert faults(2, **RECEIVED) == set()
    for name in ("answers", "received_on"):
        assert faults(2, **{k: v for k, v in RECEIVED.items() if k != name}) == {name}
    back = {
        **RECEIVED, "direction": "2", "back_dx": "高血压 3 级", "back_treatment": "调整用药",
        "rehab_advice": "低盐，两周后复诊", "back_date": "2026-03-10",
    }  # fmt: skip
    assert faults(2, **back) == set()
    assert "direction" in faults(1, **RECEIVED)


def test_an_old_sheet_is_a_good_sheet_of_the_new_version() -> None:
    lifted = upcast("referral", 1, good("referral"), to=2)
    assert lifted == good("referral")
    assert faults(2, **lifted) == set()


async def test_both_versions_are_taken_and_both_are_shown(world: World) -> None:
    await offices(world)
    await afterwork.catch_up(world.site)
    liar = await forger(world)
    old = {"history": "十年高血压，旧表", "follow_due": "2025-06-16"}
    new = {"history": "头晕两周，新表", "follow_due": "2026-12-04"}
    reply = await liar.send(
        liar.event(
            ZHOU, good_bytes("referral", **old), kind="referral", v=1, day="2025-06-02"
        ),
        # An app that was not renewed yet still writes the old version.
        liar.event(
            ZHOU, good_bytes("referral", follow_due="2026-12-03"), kind="referral", v=1,
            day="2026-11-19",
        ),
        liar.event(
            ZHOU, good_bytes("referral", **new), kind="referral", v=2, day="2026-11-20"
        ),
        liar.event(ZHOU, b"{}", kind="referral", v=3, day="2026-11-20"),
    )  # fmt: skip
    states = [reply.state(n) for n in range(4)]
    assert states == [*[("applied", "")] * 3, ("held", "unknown_kind")]
    async with desk(world, SU) as su:
        page = text_of(await su.get(page_of(ZHOU)))
        assert page.count("转诊") >= 3
        assert "十年高血压，旧表" in page
        assert "头晕两周，新表" in page
        form = await su.get(page_of(ZHOU, "/form/referral"))
        assert "接诊确认" in form.text
