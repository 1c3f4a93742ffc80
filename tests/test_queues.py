"""The queues: who sees which tasks, how each is ended, and what a decision must have seen."""

import re
from typing import Any

import pytest

from server.actions.accounts.sessions import Signed, signed_in
from server.actions.archives import conflicts, matters
from server.actions.archives.conflicts import Choice
from server.actions.archives.decision_notes import notes_of
from server.actions.archives.ledger import TASK_DAYS
from server.actions.archives.matters import Act
from server.actions.queues import queues
from server.actions.queues.queue_lines import listing
from server.actions.queues.queues import Which
from server.console.home import path_of
from server.errors import NotAllowed, NotYours, RuleSaysNo
from tests.console import CHEN, desk, offices, session_of, text_of
from tests.queues import TODAY, Day, busy_day
from tests.world import HE, QIN, SU, WU, XIE, ZHOU, World, an_id, field

CELLS = ("drug_allergy/2", "blood_abo")


async def person(world: World, staff: bytes) -> Signed:
    found = await signed_in(world.site, await session_of(world, staff))
    assert isinstance(found, Signed)
    return found


async def shown(world: World, signed: Signed, change: bytes) -> conflicts.Conflict:
    return await conflicts.open_conflict(world.site, signed, change, "核对")


def choice(found: conflicts.Conflict, **more: Any) -> Choice:
    """The first saying of each cell, as the page showed it."""
    values = {each.cell: each.sayings[0].value for each in found.disputed}
    seen = {each.cell: frozenset(each.heads) for each in found.disputed}
    return Choice(**{"values": values, "seen": seen, "note": "", "reason": "核对", **more})


async def result(world: World, kind: str, subject: bytes) -> str:
    return await world.one("SELECT result FROM task WHERE kind=? AND subject=?", kind, subject)


async def test_tasks_are_listed_by_days_left_with_whose_they_are(world: World) -> None:
    day = await busy_day(world)
    qin = await person(world, QIN)
    found = await listing(world.site, qin, (), Which.ALL, 0)
    assert [each.task.kind for each in found.lines] == [
        "conflict", "quarantine", "quarantine", "held", "identity", "possible_duplicate",
    ]  # fmt: skip
    first = found.lines[0]
    assert first.card is not None
    assert (first.card.name, first.about.cells) == ("周谷雨", CELLS)
    assert (first.tablets, first.about.hidden) == (("07", "11"), 0)
    assert (found.sums.all, found.sums.soon, found.sums.late, found.more) == (6, 3, 0, 0)
    world.clock.pass_(days=4)
    later = (await listing(world.site, qin, (), Which.ALL, 0)).sums
    assert (later.late, later.soon) == (3, 5)
    only = await listing(world.site, qin, ("held",), Which.ALL, 0)
    assert [each.task.subject for each in only.lines] == [day.held]


async def test_whoever_takes_a_task_has_it_until_it_is_given_back(world: World) -> None:
    day = await busy_day(world)
    qin, su = await person(world, QIN), await person(world, SU)
    await queues.claim(world.site, qin, "conflict", day.conflict)
    mine = await listing(world.site, qin, (), Which.MINE, 0)
    assert [(each.task.subject, each.holder) for each in mine.lines] == [(day.conflict, "秦霜降")]
    assert (mine.sums.mine, mine.sums.nobodys) == (1, 5)
    await queues.give_back(world.site, su, "conflict", day.conflict)
    assert (await listing(world.site, qin, (), Which.MINE, 0)).sums.mine == 1, "not hers to give"
    await queues.claim(world.site, su, "conflict", day.conflict)
    assert (await listing(world.site, su, (), Which.MINE, 0)).sums.mine == 1
    await queues.give_back(world.site, su, "conflict", day.conflict)
    assert (await listing(world.site, qin, (), Which.NOBODYS, 0)).sums.nobodys == 6


async def test_another_places_task_is_like_one_that_does_not_exist(world: World) -> None:
    day = await busy_day(world)
    subject, nobodys = day.conflict.hex(), an_id("没有这件").hex()
    async with desk(world, HE) as he:
        for id_ in (subject, nobodys, "0" * 31, "x" * 32):
            for path in (
                f"/console/task/conflict/{id_}/panel", f"/console/conflict/{id_}",
                f"/console/matter/held/{id_}", f"/console/quarantine/{id_}",
            ):  # fmt: skip
                answer = await he.get(path)
                assert (answer.status_code, "not_yours" in answer.text) == (403, True), path
            for path in (f"/console/task/conflict/{id_}/claim", f"/console/conflict/{id_}"):
                assert (await he.post(path)).status_code == 403, path
        home = await he.get("/console/")
        assert "周谷雨" not in home.text
    assert await world.one("SELECT COUNT(*) FROM task_claim") == 0
    assert await world.one("SELECT COUNT(*) FROM access_log") == 0


async def test_the_panel_beside_a_queue_shows_no_value_and_opens_nothing(world: World) -> None:
    day = await busy_day(world)
    async with desk(world, QIN) as qin:
        panel = await qin.get(f"/console/task/conflict/{day.conflict.hex()}/panel")
        home = await qin.get("/console/")
        for shown in (panel.text, home.text):
            assert "药物过敏史、血型" in shown
            assert "平板 07、11" in shown
            assert "打开会记入「谁看过我的档案」" in shown
            for value in ("青霉素", "A 型", "B 型", "过敏</span>"):
                assert value not in shown, value
        assert await world.one("SELECT COUNT(*) FROM access_log") == 0
        await qin.get(f"/console/conflict/{day.conflict.hex()}")
    assert await world.one("SELECT COUNT(*) FROM access_log") == 1


async def test_a_decision_is_a_change_that_saw_both_and_its_words_are_kept(world: World) -> None:
    day = await busy_day(world)
    qin = await person(world, QIN)
    found = await shown(world, qin, day.conflict)
    assert [each.name for each in found.writers] == ["苏清明", "谢芒种"]
    assert [(each.cell, each.known) for each in found.disputed] == [(c, True) for c in CELLS]
    assert [each.safer for each in found.disputed[0].sayings] == [True, False]
    assert [(each.cell, each.how) for each in found.settled] == [("marital", "same")]
    made = await conflicts.decide(
        world.site, qin, day.conflict, choice(found, note="您当面说过，用青霉素起过皮疹。")
    )
    assert made is not None
    assert await result(world, "conflict", day.conflict) == "settled"
    for each in (day.su, day.xie):
        await each.settle()
        heads = each.tablet.archive.cells(ZHOU)["drug_allergy/2"].heads
        assert [(head.change, head.value) for head in heads] == [(made, True)]
    notes = await world.store.write(lambda tx: notes_of(tx, world.site, day.conflict))
    assert [(n.audience, n.made, n.text) for n in notes] == [
        ("resident", made, "您当面说过，用青霉素起过皮疹。")
    ]
    sealed = await world.one("SELECT sealed FROM decision_note")
    assert "青霉素".encode() not in bytes(sealed)
    assert await world.one("SELECT COUNT(*) FROM access_log WHERE resident=?", ZHOU) == 1
    assert await conflicts.decide(world.site, qin, day.conflict, choice(found)) is None


async def test_nothing_is_decided_when_another_saying_has_come_meanwhile(world: World) -> None:
    third = await field(world, "33")
    await third.settle()  # and sees neither of the two that are to come
    day = await busy_day(world)
    async with desk(world, QIN) as qin:
        path = f"/console/conflict/{day.conflict.hex()}"
        page = await qin.get(path)
        form = hidden(page.text)
        third.tablet.save_edit(ZHOU, {"blood_abo": "3"}, TODAY)
        await third.settle()
        picks = {f"pick:{each}": form[f"seen:{each}"].split(",")[0] for each in CELLS}
        answer = await qin.post(path, data={**form, **picks, "note": "原来的说明"})
        assert answer.status_code == 409
        assert "刚才又传来一个说法" in answer.text
        assert "O 型" in answer.text
        assert "原来的说明" in answer.text
        assert "checked" in answer.text, "what was chosen stays"
    assert await world.one("SELECT COUNT(*) FROM change WHERE device IS NULL AND author<>?",
                           "import") == 0  # fmt: skip


def hidden(page: str) -> dict[str, str]:
    """The heads that a page carries."""
    return dict(re.findall(r'name="(seen:[^"]+)" value="([0-9a-f,]+)"', page))


async def test_another_value_is_checked_and_what_was_typed_stays(world: World) -> None:
    day = await busy_day(world)
    async with desk(world, QIN) as qin:
        path = f"/console/conflict/{day.conflict.hex()}"
        form = hidden((await qin.get(path)).text)
        kept = form["seen:drug_allergy/2"].split(",")[0]
        chosen = {**form, "pick:drug_allergy/2": kept, "note": "说明"}
        assert (await qin.post(path, data=chosen)).status_code == 422, "one is missing"
        wrong = {**chosen, "pick:blood_abo": "other", "other:blood_abo": "9"}
        answer = await qin.post(path, data=wrong)
        assert answer.status_code == 422
        assert "说明" in answer.text
        right = {**chosen, "pick:blood_abo": "other", "other:blood_abo": "3"}
        assert (await qin.post(path, data=right)).status_code == 303
        done = text_of(await qin.get(path))
        assert "定下来了" in done
        assert "O 型" in done


async def test_a_restricted_conflict_is_only_for_those_who_may_see_it(world: World) -> None:
    await offices(world)
    su = await field(world, "07", restricted=True)
    xie = await field(world, "11", staff=XIE, restricted=True)
    for each in (su, xie):
        await each.settle()
    cell = "hx_disease_restricted/8"
    su.tablet.save_edit(ZHOU, {cell: {"since": "2020-01"}}, TODAY)
    await su.settle()
    await xie.settle()
    su.tablet.save_edit(ZHOU, {cell: {"since": "2020-02"}}, TODAY)
    change = xie.tablet.save_edit(ZHOU, {cell: None}, TODAY)
    await su.settle()
    await xie.settle()
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='conflict'") == 1
    qin, county = await person(world, QIN), await person(world, CHEN)
    for each in (qin, county):
        found = await shown(world, each, change)
        assert (found.disputed, found.hidden) == ((), 1)
    line = (await listing(world.site, qin, (), Which.ALL, 0)).lines[0]
    assert (line.about.cells, line.about.hidden) == ((), 1)
    doctor = await world.one(
        "SELECT staff FROM staff WHERE panel=(SELECT panel FROM resident WHERE resident=?) "
        "ORDER BY staff LIMIT 1", ZHOU,
    )  # fmt: skip
    found = await shown(world, await person(world, doctor), change)
    assert [each.cell for each in found.disputed] == [cell]
    with pytest.raises(NotAllowed):
        await conflicts.decide(world.site, qin, change, choice(found))
    assert await conflicts.decide(world.site, await person(world, doctor), change, choice(found))


async def end(world: World, staff: bytes, kind: str, subject: bytes, way: str, text: str) -> None:
    await matters.end(world.site, await person(world, staff), kind, subject, Act(way, text, "核对"))


async def test_a_declined_proposal_needs_a_reason_and_its_writer_reads_it(world: World) -> None:
    day = await busy_day(world)
    with pytest.raises(RuleSaysNo, match="reason_missing"):
        await end(world, QIN, "identity", day.name, "decline", "")
    with pytest.raises(NotYours):
        await end(world, SU, "identity", day.name, "accept", "")
    await end(world, QIN, "identity", day.name, "decline", "证件上是𠮷，不是吉。")
    async with desk(world, XIE) as xie:
        listed = await xie.get("/console/queue/proposal?which=done")
        assert "没有采用" in listed.text
        page = await xie.get(f"/console/matter/identity/{day.name.hex()}")
        assert "证件上是𠮷，不是吉。" in page.text
    await day.xie.settle()
    assert day.xie.tablet.fate(day.name)[1] == "declined"


async def test_an_accepted_name_reaches_the_tablets(world: World) -> None:
    day = await busy_day(world)
    await end(world, QIN, "identity", day.name, "accept", "看过身份证")
    await day.su.settle()
    assert day.su.tablet.archive.cells(WU)["name"].heads[0].value == "吴吉祥"


async def test_a_held_record_says_why_and_is_let_in(world: World) -> None:
    day = await busy_day(world)
    async with desk(world, SU) as su:
        path = f"/console/matter/held/{day.held.hex()}"
        page = text_of(await su.get(path))
        assert "收缩压应在" in page
        assert "700 mmHg" in page
        assert (await su.post(path, way="decline", text="")).status_code == 422
        assert (await su.post(path, way="release", text="")).status_code == 303
    assert await world.one("SELECT state FROM change WHERE change=?", day.held) == "applied"


async def test_a_tablet_in_quarantine_is_let_in_as_a_whole(world: World) -> None:
    day = await busy_day(world)
    qin, tablet = await person(world, QIN), day.he.tablet.state.device
    assert len(await matters.quarantined(world.site, qin, tablet)) == 2
    with pytest.raises(NotYours):
        await matters.quarantined(world.site, await person(world, HE), tablet)
    done = await matters.end_all(world.site, qin, tablet, Act("release", "", "核对"))
    assert done == (2, 0)
    states = await world.rows("SELECT state FROM change WHERE device=?", tablet)
    assert {row[0] for row in states} == {"applied_guest"}


async def test_a_possible_duplicate_is_closed_with_what_it_was(world: World) -> None:
    day = await busy_day(world)
    async with desk(world, QIN) as qin:
        path = f"/console/matter/possible_duplicate/{day.twice.hex()}"
        page = await qin.get(path)
        assert page.text.count("苏清明") >= 1
        assert (await qin.post(path, way="keep_both")).status_code == 303
    assert await result(world, "possible_duplicate", day.twice) == "kept_both"


OWN_PAGES = {
    "conflict", "special_case", "unassigned", "twin", "kin_request", "correction", "appeal",
    "handover", "denial", "denial_reply", "access_report", "access_review", "family_freeze",
    "mandate_review",
}  # fmt: skip


def test_every_kind_of_task_has_a_page_that_ends_it() -> None:
    ended = set(matters.WAYS) | OWN_PAGES
    assert ended == {*TASK_DAYS, "lost", "revoked"}


async def test_each_row_leads_to_a_page_that_opens(world: World) -> None:
    day: Day = await busy_day(world)
    qin = await person(world, QIN)
    found = await listing(world.site, qin, (), Which.ALL, 0)
    async with desk(world, QIN) as window:
        for each in found.lines:
            assert (await window.get(path_of(each))).status_code == 200, each.task.kind
        for key in ("conflict", "proposal", "held", "quarantine", "tablets", "duplicate"):
            for which in Which:
                answer = await window.get(f"/console/queue/{key}?which={which.value}&page=3")
                assert answer.status_code == 200
        assert (await window.get("/console/queue/special")).status_code == 403
    assert day.conflict
