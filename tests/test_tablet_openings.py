"""A new archive opened on a tablet without a network: there before what follows for its resident is
judged; one person with two archives is a registrar's matter and loses nothing.
"""

from typing import Any

from server.actions.archives import merging, twins
from server.actions.archives.merging import Wish
from server.actions.tablets import devices, release
from server.records import acts
from server.rules import first_notice
from server.store.ids import new_id
from sync import wire
from sync.limits import OPENINGS_PER_DAY
from tests.console import CHEN, offices
from tests.lists import number as id_number
from tests.lists import signed
from tests.tablet_acts import DONE, TODAY, Helping, helping, number
from tests.world import LIUWAN, QIN, QINGHE, SU, TEAM_A, TEAM_B, YANG, ZHOU, World

BORN = "1950-05-06"


def opening(there: Helping, who: bytes, **said: Any) -> wire.Change:
    """陆小雪 of Qinghe, who never had an archive."""
    body = {
        "team": TEAM_A.hex(), "name": "陆小雪", "id_type": "01", "id_no": id_number(BORN, 24),
        "sex": "2", "birth_date": BORN, "phone": "19900007777", "address_text": "青禾村三组",
        **said,
    }  # fmt: skip
    return there.act(acts.OPEN, who, **body)


def fresh(world: World) -> bytes:
    return new_id(world.clock())


def states(answer: wire.Answer) -> tuple[tuple[object, ...], ...]:
    assert answer.receipt is not None
    return wire.receipt(answer.receipt.receipt).states


async def test_what_follows_for_a_new_resident_is_of_somebody_who_is_there(world: World) -> None:
    there, who = await helping(world), fresh(world)
    visit, edit = there.tablet.visit(who, on=TODAY), there.tablet.edit(who, work_unit="供销社")
    yes = there.act(acts.AGREE, who, agreed="1", version=first_notice.version())
    answer = await there.send(opening(there, who), visit, edit, yes)
    assert states(answer) == ((3, "held", "act"),)  # the others plainly applied
    assert there.said[yes.id] == [DONE]
    row = await world.one("SELECT panel, facility, status FROM resident WHERE resident=?", who)
    assert row == (TEAM_A, QINGHE, "usual")
    assert await world.one("SELECT panel, ground FROM assignment WHERE resident=?", who) == (
        TEAM_A, "first",
    )  # fmt: skip
    rows = [wire.row(each) for page in answer.pages for each in wire.page(page).rows]
    ours = [each for each in rows if isinstance(each, wire.ResidentPut) and each.id == who]
    assert len(ours) == 1
    assert b"\xe9\x99\x86\xe5\xb0\x8f\xe9\x9b\xaa" in bytes(ours[0].cells)
    assert await world.rows("SELECT 1 FROM twin") == []


async def test_who_saw_a_value_when_it_was_typed_has_seen_it(world: World) -> None:
    there, who = await helping(world), fresh(world)
    opened = opening(there, who)
    await there.send(opened, there.tablet.edit(who, (opened.id,), phone="19900008888"))
    later = there.tablet.edit(who, (opened.id,), address_text="青禾村四组")
    assert states(await there.send(later)) == ()  # applied: no second value stands beside it
    assert await world.rows("SELECT 1 FROM task WHERE kind='conflict'") == []


async def test_the_sums_of_the_panel_hold_after_an_opening(world: World) -> None:
    there, who = await helping(world), fresh(world)
    await there.send(opening(there, who), there.tablet.visit(who), there.tablet.visit(ZHOU))
    second, beside = fresh(world), there.tablet.visit(who, on="2026-11-19")
    await there.send(opening(there, second, id_no=id_number(BORN, 26)), beside)
    rows = await world.rows("SELECT sum_open FROM resident WHERE panel=?", TEAM_A)
    total = sum(int.from_bytes(row[0], "big") for row in rows) % 2**128
    root = await world.one("SELECT root_open FROM panel WHERE panel=?", TEAM_A)
    assert int.from_bytes(root, "big") == total


async def test_an_opening_that_comes_twice_opens_one_archive(world: World) -> None:
    there, who = await helping(world), fresh(world)
    opened = opening(there, who)
    await there.send(opened)
    assert states(await there.send(opened)) == ((0, "duplicate", "applied"),)
    again = opening(there, who)  # another change for the same new resident
    assert await there.done(again) == [("held", "archive_there")]
    assert await world.one("SELECT COUNT(*) FROM resident WHERE resident=?", who) == 1


async def test_one_document_in_two_archives_is_a_registrars_matter_and_loses_nothing(
    world: World,
) -> None:
    await offices(world)
    there, who = await helping(world), fresh(world)
    visit = there.tablet.visit(who, on=TODAY)
    known = opening(
        there, who, name="杨白露", id_no=number(YANG), birth_date="1958-12-01", sex="2",
    )  # fmt: skip
    answer = await there.send(known, visit)
    assert states(answer) == ((0, "applied", "same_document"),)
    twin, first, second, ground = await world.one("SELECT twin, first, second, ground FROM twin")
    assert {first, second} == {YANG, who}
    assert ground == "same_document"
    assert await world.rows("SELECT facility FROM task WHERE kind='twin'") == [(None,)]
    # The document finds the archive that had it, until somebody has looked.
    index = world.site.index.of_id_number(number(YANG))
    assert await world.rows("SELECT resident FROM resident WHERE id_index=?", index) == [(YANG,)]

    county = await signed(world, CHEN)
    await merging.merge(world.site, county, Wish(YANG, who, frozenset()))
    assert await world.one("SELECT resident FROM change WHERE change=?", visit.id) == YANG
    late = there.tablet.visit(who, on="2026-11-18")  # still written for the id that is gone
    await there.send(late)
    assert await world.one("SELECT resident, flags FROM change WHERE change=?", late.id) == (
        YANG, "merged,late,entered_late",
    )  # fmt: skip
    assert twin


async def test_two_people_after_all_stay_two_archives(world: World) -> None:
    there, who = await helping(world), fresh(world)
    await there.send(
        opening(there, who, name="周谷雨", id_no=number(ZHOU), birth_date="1955-03-12")
    )
    twin = await world.one("SELECT twin FROM twin")
    assert await world.one("SELECT facility FROM task WHERE kind='twin'") == QINGHE
    await twins.say_apart(world.site, twin, staff=QIN)
    assert await world.one("SELECT status FROM resident WHERE resident=?", who) == "usual"


async def test_a_tablet_opens_archives_in_its_own_panels_only(world: World) -> None:
    there, who = await helping(world), fresh(world)
    answer = await there.send(opening(there, who, team=TEAM_B.hex()), there.tablet.visit(who))
    assert states(answer) == (
        (0, "quarantined", "not_in_panel"), (1, "quarantined", "not_in_panel"),
    )  # fmt: skip
    assert await world.rows("SELECT 1 FROM resident WHERE resident=?", who) == []
    assert LIUWAN


async def test_what_a_revoked_tablet_opened_is_opened_when_a_person_lets_it_in(
    world: World,
) -> None:
    there, who = await helping(world), fresh(world)
    await devices.revoke(world.site, there.tablet.keys.device, "staff_left")
    opened, visit = opening(there, who), there.tablet.visit(who)
    await there.send(opened, visit)
    assert await world.rows("SELECT 1 FROM resident WHERE resident=?", who) == []
    await release.release(world.site, opened.id, staff=SU)
    assert await world.one("SELECT panel FROM resident WHERE resident=?", who) == TEAM_A
    assert await world.one("SELECT state FROM change WHERE change=?", opened.id) == "applied"
    await release.release(world.site, visit.id, staff=SU)
    assert await world.one("SELECT state, under FROM change WHERE change=?", visit.id) == (
        "applied", "resident",
    )  # fmt: skip


def village(there: Helping, count: int, *, first: int = 0) -> list[tuple[bytes, wire.Change]]:
    """So many people who never had an archive, each with a document of her own."""
    people = [fresh(there.tablet.world) for _ in range(count)]
    numbers = (id_number(BORN, 100 + 2 * (first + n)) for n in range(count))
    return [(who, opening(there, who, id_no=no)) for who, no in zip(people, numbers, strict=True)]


async def test_past_the_days_number_an_opening_waits_for_a_person_and_nothing_is_lost(
    world: World,
) -> None:
    there = await helping(world)
    people = village(there, OPENINGS_PER_DAY + 1)
    who, last = people[-1]
    visit, yes = there.tablet.visit(who), there.act(acts.AGREE, who, agreed="1")
    answer = await there.send(*(each for _, each in people), visit, yes)
    n, too_many = OPENINGS_PER_DAY, ("held", "too_many_openings")
    assert states(answer) == ((n, *too_many), (n + 1, *too_many), (n + 2, *too_many))
    later = there.tablet.visit(who, on="2026-11-19")  # of a batch of its own
    assert states(await there.send(later)) == ((0, *too_many),)
    assert await world.rows("SELECT 1 FROM resident WHERE resident=?", who) == []
    held = {row[0] for row in await world.rows("SELECT subject FROM task WHERE kind='held'")}
    assert held == {last.id, visit.id, yes.id, later.id}
    assert set(await world.rows("SELECT facility FROM task WHERE kind='held'")) == {(QINGHE,)}
    assert await world.one("SELECT strangers FROM device WHERE label='平板'") == 0

    assert await release.release(world.site, last.id, staff=SU) == "applied"
    assert await world.one("SELECT panel FROM resident WHERE resident=?", who) == TEAM_A
    await release.release_waiting(world.site)
    rows = dict(await world.rows("SELECT change, state FROM change WHERE resident=?", who))
    assert (rows[visit.id], rows[later.id]) == ("applied", "applied")
    assert await world.one("SELECT kind FROM tablet_act WHERE act=?", yes.id) == acts.AGREE
    assert await world.rows("SELECT 1 FROM task WHERE kind='held' AND closed_at IS NULL") == []
    assert await world.rows("SELECT 1 FROM wait") == []


async def test_the_days_number_is_one_tablets_and_one_days(world: World) -> None:
    there, other = await helping(world), await helping(world, "另一台")
    await there.send(*(each for _, each in village(there, OPENINGS_PER_DAY)))
    (_, more), (_, beside), (_, tomorrow) = village(there, 3, first=OPENINGS_PER_DAY)
    assert states(await there.send(more)) == ((0, "held", "too_many_openings"),)
    assert states(await there.send(more)) == ((0, "duplicate", "held"),)
    assert states(await other.send(beside)) == ()
    world.clock.pass_(days=1)
    assert states(await there.send(tomorrow)) == ()


async def test_who_is_declined_stays_as_evidence_and_opens_nothing(world: World) -> None:
    there = await helping(world)
    people = village(there, OPENINGS_PER_DAY + 1)
    who, last = people[-1]
    visit = there.tablet.visit(who)
    await there.send(*(each for _, each in people), visit)
    for each in (last.id, visit.id):
        await release.decline(world.site, each, staff=SU)
    assert await world.rows("SELECT 1 FROM resident WHERE resident=?", who) == []
    rows = await world.rows("SELECT state, reason FROM change WHERE resident=?", who)
    assert set(rows) == {("held", "declined")}
