"""The tablet app's engine against a real server: from a code to receipts, beside the reference
tablet, through lost answers and kills between any two steps.
"""

import pytest

from server.records.initials import initials
from tests.copies import Copies
from tests.engine_tablet import Engine, Killed, app, faulty
from tests.test_move import moves
from tests.world import NAMES, WU, XIE, ZHENG, ZHOU, World, field

__all__ = ["app"]


@pytest.fixture
def database_url(tmp_path: object, copies: Copies) -> str:
    """What a server stores is tested elsewhere, on both engines."""
    return copies.sqlite(tmp_path)  # type: ignore[arg-type]


@pytest.mark.parametrize("suite", [1, 3])
async def test_from_a_code_to_receipts_in_both_suites(
    world: World, app: Engine, suite: int
) -> None:
    assert (await app.status())["stage"] == "new"
    await app.enrol(suite=suite)
    await app.call("sync")
    status = await app.status()
    assert (status["stage"], status["suite"]) == ("open", suite)
    assert status["facility"] == "青禾镇卫生院"
    home = await app.call("home")
    assert home["residents"] == 3
    visit = await app.visit(ZHOU, "2026-11-20")
    edit = await app.edit(ZHOU, phone="19900009999")
    assert await app.waiting() == 2
    await app.call("sync")
    assert await app.waiting() == 0
    assert await app.fate(visit) == ("applied", "")
    assert await app.fate(edit) == ("applied", "")
    records = (await app.archive(ZHOU))["records"]
    assert [(each["on"], each["own"]) for each in records] == [
        ("2026-11-20", False), ("2026-08-14", False),
    ]  # fmt: skip
    assert records[0]["by"] == "苏清明 \u00b7 青禾镇卫生院"
    status = await app.status()
    assert not status["sync"]["audit_alarm"]
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='digest'") == 0


async def test_what_one_tablet_writes_the_other_sees(world: World, app: Engine) -> None:
    await app.enrol()
    await app.call("sync")
    other = await field(world, "07", staff=XIE)
    await other.settle()
    await app.visit(ZHOU, "2026-11-19")
    await app.call("sync")
    await other.settle()
    assert len(other.tablet.archive.events(ZHOU)) == 2
    other.tablet.save_edit(WU, {"phone": "19900008888"}, "2026-11-20")
    await other.settle()
    await app.call("sync")
    cell = (await app.archive(WU))["cells"]["phone"]
    assert cell["shown"] == "19900008888"
    assert cell["heads"][0]["by"] == "谢芒种 \u00b7 青禾镇卫生院"


async def test_two_values_meet_as_a_conflict_with_the_safer_one_shown(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    other = await field(world, "07", staff=XIE)
    await other.settle()
    other.tablet.save_edit(ZHOU, {"blood_abo": "1", "drug_allergy/2": True}, "2026-11-20")
    await app.edit(ZHOU, blood_abo="2")
    await other.settle()
    await app.call("sync")
    archive = await app.archive(ZHOU)
    cell = archive["cells"]["blood_abo"]
    assert (cell["conflict"], cell["shown"]) == (True, "5")
    assert sorted(head["value"] for head in cell["heads"]) == ["1", "2"]
    assert "conflict" in archive["line"]["marks"]
    assert "allergy" in archive["line"]["marks"]
    heads = [head["change"] for head in cell["heads"]]
    await app.call(
        "edit",
        {"resident": ZHOU.hex(), "on": "2026-11-20", "cells": {"blood_abo": "1"},
         "saw": {"blood_abo": heads}},
    )  # fmt: skip
    await app.call("sync")
    cell = (await app.archive(ZHOU))["cells"]["blood_abo"]
    assert (cell["conflict"], cell["shown"]) == (False, "1")


async def test_a_visit_is_sealed_when_it_is_saved_and_goes_from_a_locked_tablet(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    first = await app.visit(ZHOU, "2026-11-18")
    second = await app.visit(WU, "2026-11-19")
    status = await app.status()
    assert status["sync"]["ready_batches"] == 1  # both in the one that was never given out
    await app.call("lock")
    assert (await app.status())["sync"]["waiting"] == 2
    with faulty("locked"):
        await app.call("home")
    await app.call("sync")
    rows = await world.rows("SELECT change FROM change WHERE kind='htn_followup'")
    held = {row[0].hex() for row in rows}
    assert {first, second} <= held
    await app.restart()
    await app.unlock()
    await app.call("sync")
    assert await app.waiting() == 0
    assert await app.fate(first) == ("applied", "")


async def test_a_lost_answer_changes_nothing_and_the_same_bytes_go_again(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    visit = await app.visit(ZHOU, "2026-11-18")
    await app.do("sent")
    await app.do("set", lose=1)
    with faulty("no_connection"):
        await app.call("sync")
    assert (await app.status())["sync"]["failures"] == 1
    (lost,) = [each["digest"] for each in await app.do("sent")]
    later = await app.visit(ZHOU, "2026-11-19")  # what was given out is closed
    await app.restart()
    await app.unlock()
    await app.call("sync")
    assert lost in [each["digest"] for each in await app.do("sent")], "byte for byte"
    assert [await app.fate(each) for each in (visit, later)] == [("applied", "")] * 2
    count = "SELECT COUNT(*) FROM change WHERE kind='htn_followup' AND device IS NOT NULL"
    assert await world.one(count) == 2
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='fork'") == 0


async def test_an_answer_that_nobody_signed_and_one_of_yesterday_change_nothing(
    app: Engine,
) -> None:
    await app.enrol()
    await app.call("sync")
    for how in ("unsigned", "recorded"):
        visit = await app.visit(ZHOU, "2026-11-18")
        await app.do("set", **{how: True})
        with faulty("not_the_server"):
            await app.call("sync")
        assert await app.waiting() == 1
        await app.call("sync")
        assert await app.fate(visit) == ("applied", "")


async def test_who_leaves_goes_at_once_and_is_acknowledged_when_nothing_waits(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    assert len(await app.call("search", "zgy")) == 1
    visit = await app.visit(ZHOU, "2026-11-19")
    await moves(world)
    await app.call("sync")
    assert await app.call("search", "zgy") == []
    with faulty("no_such_resident"):
        await app.archive(ZHOU)
    assert await app.do("keys", store="person") == sorted((WU.hex(), ZHENG.hex()))
    assert (await app.fate(visit))[0] in ("applied", "applied_guest")
    await app.call("sync")
    assert await app.do("keys", store="gone") == []


async def test_every_kill_between_two_writes_loses_and_doubles_nothing(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    saved: list[str] = []
    for at in range(60):
        world.clock.pass_(minutes=1)
        await app.do("set", now=world.clock(), writes_left=at)
        try:
            saved.append(await app.visit(ZHOU, "2026-11-18", sbp=100 + at))
            saved.append(await app.visit(WU, "2026-11-18", sbp=100 + at))
            await app.edit(ZHENG, work_unit=f"第 {at} 厂")
            await app.call("sync")
        except Killed:
            await app.restart()
            await app.unlock()
        else:
            break
    else:
        raise AssertionError("never comes to the end")
    assert at > 8
    await app.restart()
    await app.unlock()
    await app.call("sync")
    assert await app.waiting() == 0
    mine = {each["change"]: each["state"] for each in await app.call("mine")}
    assert all(mine[each] == "applied" for each in saved)
    held = await world.rows("SELECT change FROM change WHERE device IS NOT NULL")
    assert len(held) == len(mine)
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind IN ('fork', 'digest')") == 0
    assert await world.one("SELECT COUNT(*) FROM change WHERE state='quarantined'") == 0


async def test_initials_are_those_of_the_server_for_every_character(app: Engine) -> None:
    signs = [chr(each) for each in range(0x3400, 0xA000)]
    plain = ["", "A·王", "𠮷祥", "Ａｂ", "単于夜", "单于夜", "尉迟恭", "王  ﻿五", "欧阳·娜"]
    pairs = [f"{a}{b}" for a, b in zip(signs[::7], signs[3::7], strict=False)]
    names = [*NAMES.values(), *plain, *signs, *pairs, "曾重长行乐", "会会会会"]
    told = await app.do("initials", names=names)
    mine = [initials(each) for each in names]
    assert [(n, a, b) for n, a, b in zip(names, told, mine, strict=True) if a != b] == []
