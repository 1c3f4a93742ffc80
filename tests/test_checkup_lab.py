"""A laboratory's list is matched by specimen number, shown first, taken in whole or not at all."""

from typing import Any

import pytest

from server.actions.accounts import sessions
from server.actions.checkup import lab as labs
from server.actions.checkup.desk_many import NewStep, save_steps_in
from server.actions.checkup.desk_steps import save_step
from server.actions.checkup.lab import Lab, Looked
from server.actions.checkup.lab_match import Entry, Verdict
from server.actions.checkup.people import people_of
from server.actions.checkup.steps import parts_of
from server.actions.lists.sheet_parts import SheetEmpty, SheetRefused
from server.actions.lists.sheets import write_csv
from server.errors import NotYours, RuleSaysNo
from server.store.tx import Tx
from sync.hall import SHEET
from tests.busy_hall import DAY, prepared
from tests.checkup_days import TODAY, a_day, planned
from tests.checkup_days import desk as signed_in
from tests.console import Desk, desk, text_of
from tests.test_checkup_lab_rules import number
from tests.world import HE, QIN, SU, WU, ZHOU, World

HEAD = ("条码号", "姓名", "空腹血糖", "ALT")


@pytest.fixture
async def day(world: World) -> bytes:
    await planned(world)
    made = await a_day(world, on=TODAY)
    await world.store.write(lambda tx: tx.run("UPDATE checkup_day SET serial=7"))
    return made


async def labelled(world: World, day: bytes, who: bytes, *numbers: str) -> None:
    labels = [
        {"tube": {"1": "serum", "2": "edta", "3": "glucose", "4": "urine"}[each[10]],
         "number": each}
        for each in numbers
    ]  # fmt: skip
    await save_step(world.site, await signed_in(world), day, who, SHEET, {"labels": labels})


def sheet(*lines: tuple[str, ...], head: tuple[str, ...] = HEAD) -> bytes:
    return write_csv([head, *lines])


async def looked(world: World, day: bytes, data: bytes, name: str = "县医院检验科") -> Looked:
    signed = await signed_in(world)
    lab = await labs.upload(world.site, signed, day, name, data)
    return await labs.looked_at(world.site, signed, day, lab)


def entries(found: Looked) -> dict[str, Entry]:
    assert found.preview is not None
    return {each.number: each for each in found.preview.entries}


def faults(found: Looked) -> dict[str, list[str]]:
    return {n: [fault.code for _, fault in each.faults] for n, each in entries(found).items()}


async def take(world: World, found: Looked, *left_out: str) -> Lab:
    signed = await signed_in(world)
    return await labs.take_in(world.site, signed, found.day.day, found.lab.lab, left_out)


async def values(world: World, day: bytes, who: bytes) -> dict[str, Any]:
    parts = await world.store.read(lambda tx: parts_of(tx, world.site, day, [who]))
    found: dict[str, Any] = {}
    for each in parts[who]:
        found |= each.values
    return found


async def steps(world: World) -> int:
    return int(await world.one("SELECT COUNT(*) FROM checkup_step"))


async def test_a_list_is_looked_at_first_and_then_taken_in_by_specimen_number(
    world: World, day: bytes
) -> None:
    await labelled(world, day, ZHOU, number(1), number(1, 4))
    await labelled(world, day, WU, number(2))
    before = await steps(world)
    found = await looked(
        world, day, sheet((number(1), "周谷雨", "5.6", "20"), (number(2), "吴𠮷祥", "6.1", "31.5"))
    )
    assert [each.verdict for each in entries(found).values()] == [Verdict.NEW, Verdict.NEW]
    assert await steps(world) == before, "looking changes nothing"
    done = await take(world, found)
    assert (done.state, done.taken, done.same, done.refused) == ("done", 2, 0, 0)
    assert await values(world, day, ZHOU) == {"fpg": 560, "alt": 200}
    assert await values(world, day, WU) == {"fpg": 610, "alt": 315}
    parts = await world.store.read(lambda tx: parts_of(tx, world.site, day, [ZHOU]))
    assert [each.specimen for each in parts[ZHOU]] == [number(1)]
    assert await world.one("SELECT sealed FROM checkup_lab") is not None
    assert (
        await labs.looked_at(world.site, await signed_in(world), day, found.lab.lab)
    ).content.lines == ()


async def test_every_fault_is_told_by_its_line_and_none_of_them_is_taken_in(
    world: World, day: bytes
) -> None:
    await labelled(world, day, ZHOU, number(1))
    await labelled(world, day, ZHOU, number(3))  # printed anew: the first is void
    await labelled(world, day, WU, number(2))
    lines = (
        (number(3), "周谷雨", "5.6", "20"),
        (number(1), "周谷雨", "5.6", "20"),
        (number(9), "谁", "5.6", "20"),
        (number(2, serial=6), "谁", "5.6", "20"),
        (number(2), "何小满", "5.6", "20"),
        ("123456789012", "谁", "5.6", "20"),
        ("", "谁", "5.6", "20"),
    )
    found = await looked(world, day, sheet(*lines))
    assert faults(found) == {
        number(3): [], number(1): ["void"], number(9): ["unknown"],
        number(2, serial=6): ["other_day"], number(2): ["other_name"],
        "123456789012": ["misread"],
    }  # fmt: skip
    void = entries(found)[number(1)].faults[0]
    assert (void[0], void[1].what) == (3, number(3)), "its line, and the number that replaced it"
    assert found.preview is not None
    assert found.preview.nameless == (8,)
    done = await take(world, found)
    assert (done.taken, done.refused) == (1, 5)
    assert await values(world, day, WU) == {}
    after = await labs.looked_at(world.site, await signed_in(world), day, found.lab.lab)
    assert {fault[2] for fault in after.content.faults} == {
        "void", "unknown", "other_day", "other_name", "misread",
    }  # fmt: skip


async def test_the_same_list_a_second_time_changes_nothing(world: World, day: bytes) -> None:
    await labelled(world, day, ZHOU, number(1))
    data = sheet((number(1), "周谷雨", "5.6", "20"))
    first = await looked(world, day, data)
    await take(world, first)
    before = await steps(world)
    assert (await take(world, first)).taken == 1, "a second press"
    again = await looked(world, day, data)
    assert again.before is not None
    assert entries(again)[number(1)].verdict is Verdict.SAME
    done = await take(world, again)
    assert (done.taken, done.same) == (0, 1)
    assert await steps(world) == before


async def test_an_old_list_does_not_undo_what_was_put_right_since(world: World, day: bytes) -> None:
    await labelled(world, day, ZHOU, number(1))
    data = sheet((number(1), "周谷雨", "5.6", "20"))
    await take(world, await looked(world, day, data))
    corrected = await looked(world, day, sheet((number(1), "周谷雨", "6.6", "20")))
    entry = entries(corrected)[number(1)]
    assert (entry.verdict, entry.before) == (Verdict.CHANGED, {"fpg": 560})
    await take(world, corrected)
    again = await looked(world, day, data)
    assert entries(again)[number(1)].verdict is Verdict.SAME
    await take(world, again)
    assert (await values(world, day, ZHOU))["fpg"] == 660


async def test_two_who_take_the_same_list_in_at_once_take_it_in_once(
    world: World, day: bytes
) -> None:
    await labelled(world, day, ZHOU, number(1))
    data = sheet((number(1), "周谷雨", "5.6", "20"))
    one, two = await looked(world, day, data), await looked(world, day, data)
    before = await steps(world)
    assert (await take(world, one)).taken == 1
    assert (await take(world, two)).taken == 0
    assert await steps(world) == before + 1


async def test_a_specimen_that_asks_to_be_looked_at_can_be_left_out(
    world: World, day: bytes
) -> None:
    await labelled(world, day, ZHOU, number(1))
    await labelled(world, day, WU, number(2))
    found = await looked(world, day, sheet((number(1), "", "19.9", ""), (number(2), "", "5.1", "")))
    entry = entries(found)[number(1)]
    assert entry.warnings
    assert entry.critical == ("fpg",)
    done = await take(world, found, number(1))
    assert (done.taken, done.refused) == (1, 1)
    assert await values(world, day, ZHOU) == {}


async def test_a_critical_value_of_a_list_alarms(world: World, day: bytes) -> None:
    await labelled(world, day, ZHOU, number(1))
    await take(world, await looked(world, day, sheet((number(1), "", "19.9", ""))))
    (person,) = await world.store.read(lambda tx: people_of(tx, world.site, day, [ZHOU]))
    assert [each.field for each in person.progress.open] == ["fpg"]


async def test_nothing_is_taken_in_when_its_last_moment_breaks(
    world: World, day: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    await labelled(world, day, ZHOU, number(1))
    await labelled(world, day, WU, number(2))
    found = await looked(world, day, sheet((number(1), "", "5.6", ""), (number(2), "", "5.7", "")))
    before, audit = await steps(world), labs.audit

    async def broken(tx: Tx, district: int, kind: str, detail: bytes, now: int) -> None:
        await audit(tx, district, kind, detail, now)
        raise RuntimeError("the light went out")

    monkeypatch.setattr(labs, "audit", broken)
    with pytest.raises(RuntimeError):
        await take(world, found)
    assert await steps(world) == before
    assert await world.one("SELECT state FROM checkup_lab") == "ready"


async def test_columns_are_chosen_once_for_a_laboratory(world: World, day: bytes) -> None:
    await labelled(world, day, ZHOU, number(1))
    head = ("管子", "糖", "肝")
    signed = await signed_in(world)
    found = await looked(world, day, sheet((number(1), "5.6", "20"), head=head))
    assert found.lacking == "number"
    with pytest.raises(RuleSaysNo, match="columns"):
        await take(world, found)
    with pytest.raises(RuleSaysNo, match="twice"):
        await labs.set_columns(world.site, signed, day, found.lab.lab, {0: "fpg", 1: "fpg"})
    wanted = {0: "number", 1: "fpg", 2: "alt"}
    await labs.set_columns(world.site, signed, day, found.lab.lab, wanted)
    again = await looked(world, day, sheet((number(1), "5.6", "20"), head=head))
    assert (again.lacking, entries(again)[number(1)].verdict) == ("", Verdict.NEW)
    other = await looked(world, day, sheet((number(1), "5.6", "20"), head=head), "另一家")
    assert other.lacking == "number"


async def test_files_that_are_no_list_are_named_and_nothing_is_kept(
    world: World, day: bytes
) -> None:
    signed = await signed_in(world)
    for data in (b"", sheet(), b"\xff\xfe\x00", b"PK\x03\x04broken"):
        with pytest.raises(SheetRefused):
            await labs.upload(world.site, signed, day, "县医院", data)
    with pytest.raises(SheetEmpty):
        await labs.upload(world.site, signed, day, "县医院", write_csv([HEAD]))
    with pytest.raises(RuleSaysNo, match="laboratory"):
        await labs.upload(world.site, signed, day, "  ", sheet((number(1), "", "5", "")))
    assert await world.rows("SELECT 1 FROM checkup_lab") == []


async def test_what_nobody_takes_in_is_dropped(world: World, day: bytes) -> None:
    signed = await signed_in(world)
    data = sheet((number(1), "", "5", ""))
    found = await looked(world, day, data)
    await labs.drop(world.site, signed, day, found.lab.lab)
    assert await world.one("SELECT sealed FROM checkup_lab") is None
    with pytest.raises(NotYours):
        await take(world, found)
    stays = await looked(world, day, data)
    world.clock.pass_(days=8)
    await looked(world, day, data)
    assert await world.one("SELECT state FROM checkup_lab WHERE lab=?", stays.lab.lab) == "dropped"


async def test_another_facility_sees_no_list(world: World, day: bytes) -> None:
    found = await looked(world, day, sheet((number(1), "", "5", "")))
    other = await signed_in(world, HE)
    for act in (
        labs.lists(world.site, other, day),
        labs.looked_at(world.site, other, day, found.lab.lab),
        labs.take_in(world.site, other, day, found.lab.lab),
        labs.drop(world.site, other, day, found.lab.lab),
        labs.upload(world.site, other, day, "县医院", sheet((number(1), "", "5", ""))),
    ):
        with pytest.raises(NotYours):
            await act


async def test_a_thousand_specimens_are_taken_in_at_once(world: World) -> None:
    hall = await prepared(world, people=1_000)
    signed = await signed_in(world, SU)
    lines: list[tuple[str, ...]] = []
    printed: list[NewStep] = []
    for n, who in enumerate(hall.people):
        labels = [{"tube": "serum", "number": number(n)}, {"tube": "urine", "number": number(n, 4)}]
        printed.append(NewStep(who, SHEET, {"labels": labels}))
        lines.append((number(n), "", "5.6", "20"))
    await world.store.write(lambda tx: save_steps_in(tx, world.site, signed, DAY, printed))
    found = await looked(world, DAY, sheet(*lines))
    done = await labs.take_in(world.site, signed, DAY, found.lab.lab)
    assert done.taken == 1_000


async def test_the_pages_walk_from_the_file_to_the_results(world: World, day: bytes) -> None:
    await labelled(world, day, ZHOU, number(1))
    here = f"/console/checkup/{day.hex()}/lab"
    async with desk(world, QIN) as at:
        assert "上传化验室给的文件" in text_of(await at.get(here))
        data = sheet((number(1), "周谷雨", "19.9", "20"), (number(9), "谁", "5", "20"))
        token = {"csrf": (None, sessions_csrf(at)), "laboratory": (None, "县医院检验科")}
        answer = await at.client.post(here, files={**token, "file": ("a.csv", data, "text/csv")})
        assert answer.status_code == 303, text_of(answer)
        page = await at.get(answer.headers["location"])
        text = text_of(page)
        assert "今天没有发过这个标本号" in text
        assert "第 3 行" in text
        assert "危急值" in text
        done = await at.post(f"{answer.headers['location']}/take")
        assert done.status_code == 303
        after = text_of(await at.get(answer.headers["location"]))
        assert "已读入 1 支" in after
        assert "19.9" not in after
        empty = await at.client.post(here, files={**token, "file": ("a.csv", b"", "text/csv")})
        assert empty.status_code == 422
    assert (await values(world, day, ZHOU))["fpg"] == 1990


def sessions_csrf(at: Desk) -> str:
    return sessions.csrf_of(at.token)
