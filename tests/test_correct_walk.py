"""From the resident to the facility and back, for every kind of correction: each is answered."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from server.actions.residents import correction_upkeep
from server.store.ids import new_id
from server.store.tx import Tx
from tests.console import CHEN, TIAN, Desk, desk, hire, offices, text_of
from tests.portal import Phone, bind, phone
from tests.portal import text_of as portal_text
from tests.test_correct_pages import RECORD, filled, send
from tests.test_move import moves
from tests.test_queues import hidden
from tests.world import DISTRICT, HE, LIUWAN, QIN, SU, WU, XIE, ZHOU, World, an_id

DOCTOR_B = an_id("专员医生")


@dataclass(frozen=True, slots=True)
class Ask:
    """What is filled in where, who answers, with which way; `before` happens in between."""

    path: str
    form: dict[str, Any]
    staff: bytes = QIN
    way: str = "answer"
    before: Callable[[World], Awaitable[None]] | None = None
    then: Callable[[World], Awaitable[None]] | None = None


def of(value: str, staff: bytes = QIN, way: str = "answer", **form: Any) -> Ask:
    said = {"why": "2", "text": "我记得的", **form}
    return Ask(f"/portal/correct/field/{value}", said, staff, way)


async def explained(world: World) -> None:
    """Class B was explained face to face, and a specialist works there."""
    here = await world.one("SELECT facility FROM resident WHERE resident=?", ZHOU)
    await hire(world, DOCTOR_B, "专员", role="doctor", facility=here)

    async def write(tx: Tx) -> None:
        row = (DISTRICT, ZHOU, new_id(world.clock()), SU, here, world.clock())
        await tx.insert("explained", [row])
        await tx.run("UPDATE staff SET restricted=? WHERE staff=?", True, DOCTOR_B)

    await world.store.write(write)


async def no_panel(world: World) -> None:
    await world.store.write(
        lambda tx: tx.run("UPDATE resident SET panel=NULL WHERE resident=?", ZHOU)
    )


async def nobodys(world: World) -> None:
    """No facility either: then the county answers."""
    await world.store.write(
        lambda tx: tx.run("UPDATE resident SET panel=NULL, facility=NULL WHERE resident=?", ZHOU)
    )


async def moved(world: World) -> None:
    await moves(world)


async def guest_record(world: World) -> None:
    """The visit was made by another facility, with the card seen."""
    await world.store.write(
        lambda tx: tx.run(
            "UPDATE change SET state='applied_guest', credit_facility=?, staff=? WHERE change=?",
            LIUWAN, HE, bytes.fromhex(RECORD),
        )
    )  # fmt: skip


WALKS: dict[str, Ask] = {
    "changed_at_once": of("phone", way="confirm", phone="13900000009"),
    "asked_clinical": of("genetic", genetic="2", genetic_text="色弱"),
    "asked_set": of("drug_allergy", drug_allergy=["3", "4"]),
    "asked_list": of("hx_surgery", hx_surgery="2", hx_surgery_list_new="阑尾切除"),
    "asked_identity": of("name", name="周谷宇"),
    "several_values": of("blood_abo", staff=XIE, blood_abo="2", blood_rh="1"),
    "restricted_value": Ask(
        "/portal/correct/field/hx_disease_restricted",
        {"why": "2", "text": "", "hx_disease_restricted": ["8"]}, DOCTOR_B, before=explained,
    ),
    "words_about_a_record": Ask(
        f"/portal/correct/record/{RECORD}", {"why": "2", "text": "那天刚爬完楼"}, QIN, "note"
    ),
    "words_about_a_guests_record": Ask(
        f"/portal/correct/record/{RECORD}", {"why": "2", "text": "我没去过"}, QIN, "note",
        before=guest_record,
    ),
    "words_about_the_page": of("remarks", way="decline", text="备注写的不是我"),
    "of_nobodys_panel": Ask(
        "/portal/correct/field/genetic", {"why": "2", "genetic": "2"}, TIAN, before=no_panel
    ),
    "of_no_facility": Ask(
        "/portal/correct/field/genetic", {"why": "2", "genetic": "2"}, CHEN, before=nobodys
    ),
    "moved_meanwhile": Ask(
        "/portal/correct/field/genetic", {"why": "2", "genetic": "2"}, HE, then=moved
    ),
}  # fmt: skip


async def decide(one: Desk, queue: str, path: str, way: str, verdict: str, text: str) -> None:
    """Through the queue to the page, and the answer."""
    assert path in (await one.get(queue)).text
    page = await one.get(path)
    assert page.status_code == 200, text_of(page)
    form = hidden(page.text)
    picks = dict.fromkeys(re.findall(r'name="(pick:[^"]+)"', page.text), verdict)
    data = {**form, **picks, "way": way, "text": text, "choice": "2"}
    done = await one.post(path, data=data)
    assert done.status_code == 303, text_of(done)
    assert path not in (await one.get(queue)).text
    assert "办完了" in text_of(await one.get(path))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # actions: test_corrections
@pytest.mark.parametrize("name", WALKS)
async def test_from_the_resident_to_staff_and_back(world: World, name: str) -> None:
    ask = WALKS[name]
    await offices(world)
    await bind(world, ZHOU)
    if ask.before is not None:
        await ask.before(world)
    async with phone(world, ZHOU) as zhou:
        page = await zhou.get(ask.path)
        assert page.status_code == 200, portal_text(page)
        asked = await send(zhou, ask.path, filled(page), **ask.form)
        assert asked.status_code == 303, portal_text(asked)
        status = asked.headers["location"]
        assert "最迟" in portal_text(await zhou.get(status))
        assert status in (await zhou.get("/portal/correct")).text
        if ask.then is not None:
            await ask.then(world)
        page_of_it = f"/console/correction/{status.rpartition('/')[2]}"
        async with desk(world, ask.staff) as staff:
            await decide(
                staff, "/console/queue/correction", page_of_it, ask.way, "no", "核对过，原来的对"
            )
        await answered(zhou, status)
        if ask.way == "confirm":
            return
        appealed = await zhou.post(f"{status}/appeal", appeal="有外院的证明")
        assert appealed.status_code == 303, portal_text(appealed)
        assert "县里收到了您的申诉" in portal_text(await zhou.get(status))
        async with desk(world, CHEN) as chen:
            path = page_of_it.replace("correction", "appeal")
            await decide(chen, "/console/queue/appeal", path, "answer", "yes", "县里看过证明")
        assert "按您说的改过来了" in portal_text(await zhou.get(status))
        assert "县里看过证明" in portal_text(await zhou.get(status))


async def answered(zhou: Phone, status: str) -> None:
    page = await zhou.get(status)
    assert "核对过，原来的对" in portal_text(page)
    assert "答复了：" in portal_text(page)


async def test_of_an_archive_merged_meanwhile_it_is_answered_by_the_one_that_stands(
    world: World,
) -> None:
    await offices(world)
    await bind(world, ZHOU)
    await bind(world, WU)
    number = await world.one("SELECT id_index FROM resident WHERE resident=?", WU)
    assert number
    async with phone(world, ZHOU) as zhou:
        path = "/portal/correct/field/phone"
        page = await zhou.get(path)
        asked = await send(zhou, path, filled(page), why="2", phone="13900000009")
        status = asked.headers["location"]
    name = bytes.fromhex(status.rpartition("/")[2])
    await world.store.write(lambda tx: tx.insert("merged", [(DISTRICT, ZHOU, WU)]))
    await world.store.write(
        lambda tx: tx.run("UPDATE task SET resident=? WHERE subject=?", WU, name)
    )
    async with desk(world, QIN) as qin:
        path = f"/console/correction/{name.hex()}"
        await decide(qin, "/console/queue/correction", path, "confirm", "yes", "打通了")
    async with phone(world, WU) as wu:
        assert "打通了" in portal_text(await wu.get(status))


async def test_past_its_day_the_resident_is_told_once_and_the_county_sees_it(world: World) -> None:
    await offices(world)
    await bind(world, ZHOU)
    async with phone(world, ZHOU) as zhou:
        path = "/portal/correct/field/genetic"
        asked = await send(zhou, path, filled(await zhou.get(path)), why="2", genetic="2")
        status = asked.headers["location"]
        assert await correction_upkeep.tell_overdue(world.site) == 0
        world.clock.pass_(days=world.site.rules.correction_due_days + 1)
        assert await correction_upkeep.tell_overdue(world.site) == 1
        assert await correction_upkeep.tell_overdue(world.site) == 0
        zhou.token = ""
    async with desk(world, CHEN) as chen:
        queue = await chen.get("/console/queue/correction")
        assert status.rpartition("/")[2] in queue.text
        assert "过期" in text_of(queue)
        page = await chen.get(f"/console/correction/{status.rpartition('/')[2]}")
        assert page.status_code == 200
        assert 'name="way"' not in page.text
    async with phone(world, ZHOU) as zhou:
        assert "还没有答复" in portal_text(await zhou.get(status))
        appealed = await zhou.post(f"{status}/appeal", appeal="没有人答复")
        assert appealed.status_code == 303
    rows = await world.rows("SELECT template FROM notice WHERE template='correction_overdue'")
    assert len(rows) == 1


async def test_the_desk_does_it_for_somebody_who_is_there_with_the_same_result(
    world: World,
) -> None:
    await offices(world)
    await bind(world, ZHOU)
    base = f"/console/archives/{ZHOU.hex()}/for"
    async with desk(world, QIN) as qin:
        away = await qin.get(f"{base}/correct")
        assert (away.status_code, away.headers["location"]) == (303, base)
        assert (await qin.post(base)).status_code == 303
        path = f"{base}/correct/field/genetic"
        page = await qin.get(path)
        (name,) = re.findall(r'name="id" value="(\w+)"', page.text)
        form = {"id": name}
        bare = await qin.post(path, data={**form, "why": "2", "genetic": "2"})
        assert bare.status_code == 422
        assert "选谁在场" in text_of(bare)
        done = await qin.post(
            path, data={**form, "why": "2", "genetic": "2", "person": ZHOU.hex(), "text": "说的"}
        )
        assert done.status_code == 303, text_of(done)
        listed = await qin.get(f"{base}/correct")
        assert "等答复" in text_of(listed)
        record = await qin.get(f"{base}/correct/record/{RECORD}")
        assert record.status_code == 200
        back = await qin.post(f"{base}/correct/withdraw/{name}/say", person=ZHOU.hex())
        assert back.status_code == 303, text_of(back)
    async with phone(world, ZHOU) as zhou:
        assert "秦霜降在窗口替您提出更正" in portal_text(await zhou.get(f"/portal/correct/{name}"))
    told = await world.rows("SELECT what FROM assisted ORDER BY act")
    assert told == [("correction",), ("correction",)]
