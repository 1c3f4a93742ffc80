"""What belongs to an archive beside its records follows a merge, and comes back with it."""

from server.actions.archives.decisions import decide_cells
from server.actions.archives.kin_requests import Applicant, about, ask, requests_of
from server.actions.archives.life import history, step
from server.actions.archives.merging import Wish, merge
from server.actions.archives.newborns import children, mother_of
from server.actions.archives.told import told
from server.actions.archives.unmerging import unmerge
from server.actions.lists.import_people import Seat, look_up
from server.actions.lists.import_places import Place
from server.actions.lists.import_steps import Outcome
from server.actions.lists.sheet_parts import Line
from server.records.sheet_lines import Read
from server.rules.life import Life
from tests.console import CHEN, TIAN
from tests.test_corrections import asks, ready
from tests.test_life import asked
from tests.test_merging import TODAY, signed, sound
from tests.test_queues import an_id
from tests.world import DISTRICT, QIN, SU, WU, ZHENG, ZHOU, World

OPEN_CONFLICTS = "SELECT subject, resident FROM task WHERE kind='conflict' AND closed_at IS NULL"


async def test_kin_and_the_history_of_steps_follow_the_archive_and_come_back(
    world: World,
) -> None:
    row = (DISTRICT, ZHENG, WU, "mother", 1, 1, SU)
    await world.store.write(lambda tx: tx.insert("kin", [row]))
    tian, qin = await signed(world, TIAN), await signed(world, QIN)
    await step(world.site, qin, WU, asked(Life.DEAD))
    request = await ask(world.site, qin, WU, Applicant("吴晨", "子", "身份证", "继承"))
    assert [each.resident for each in await children(world.site, tian, WU)] == [ZHENG]

    merge_id = await merge(world.site, tian, Wish(ZHOU, WU, frozenset()))
    assert [each.resident for each in await children(world.site, tian, ZHOU)] == [ZHENG]
    assert await mother_of(world.site, ZHENG) == ZHOU
    assert [each.id for each in await requests_of(world.site, qin, ZHOU)] == [request]
    assert await about(world.site, tian, request) == ZHOU
    told = await history(world.site, tian, ZHOU)
    assert {each.after for each in told.steps} == {Life.DEAD, Life.MERGED}
    assert (told.state, told.may_undo) == (Life.USUAL, False)

    await unmerge(world.site, tian, merge_id)
    assert await requests_of(world.site, qin, ZHOU) == []
    assert [each.id for each in await requests_of(world.site, qin, WU)] == [request]
    assert (await children(world.site, tian, ZHOU), await mother_of(world.site, ZHENG)) == ([], WU)
    assert (await history(world.site, tian, ZHOU)).steps == []


async def test_the_countys_matters_stay_the_countys(world: World) -> None:
    case = an_id("特殊情形")
    task = (DISTRICT, "special_case", case, WU, None, 1, 2, None, None, "")
    await world.store.write(lambda tx: tx.insert("task", [task]))
    chen = await signed(world, CHEN)
    where = "SELECT resident, facility FROM task WHERE kind='special_case'"
    merge_id = await merge(world.site, chen, Wish(ZHOU, WU, frozenset()))
    assert await world.one(where) == (ZHOU, None)
    await unmerge(world.site, chen, merge_id)
    assert await world.one(where) == (WU, None)


async def test_a_document_only_the_gone_archive_has_leads_a_list_to_the_kept_one(
    world: World,
) -> None:
    index = await world.one("SELECT id_index FROM resident WHERE resident=?", WU)
    await merge(world.site, await signed(world, TIAN), Wish(ZHOU, WU, frozenset()))
    seat = Seat(Line(2, ()), Read(), Place(), index, None)
    await look_up(world.site, [seat])
    assert seat.ending is not None
    assert (seat.ending.outcome, seat.ending.resident) == (Outcome.MATCHED, ZHOU)


async def test_a_dispute_of_the_kept_archive_that_the_merge_settled_is_open_again(
    world: World,
) -> None:
    first, second = await ready(world)
    first.tablet.save_edit(ZHOU, {"blood_abo": "1"}, TODAY)
    later = second.tablet.save_edit(ZHOU, {"blood_abo": "2", "remarks": "常在地里"}, TODAY)
    await first.settle()
    await second.settle()
    before = await world.rows(OPEN_CONFLICTS)
    assert before == [(later, ZHOU)]
    await asks(world, ZHOU, blood_abo="3")  # her own matter; the answer waits for the doctors'
    first.tablet.save_edit(WU, {"blood_abo": "4"}, TODAY)
    await first.settle()
    tian = await signed(world, TIAN)
    merge_id = await merge(world.site, tian, Wish(ZHOU, WU, frozenset({"blood_abo"})))
    await sound(world, first, second)
    assert await world.rows(OPEN_CONFLICTS) == []
    assert second.tablet.fate(later) == ("applied", "")

    await unmerge(world.site, tian, merge_id)
    await sound(world, first, second)
    assert await world.rows(OPEN_CONFLICTS) == before
    assert second.tablet.fate(later) == ("conflict", "")
    unlike = (await world.store.read(lambda tx: told(tx, world.site, {later})))[later].unlike
    assert unlike == {"remarks": "applied"}
    await decide_cells(world.site, ZHOU, {"blood_abo": "2"}, staff=SU)
    assert await world.rows(OPEN_CONFLICTS) == []
