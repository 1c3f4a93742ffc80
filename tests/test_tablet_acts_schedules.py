"""Acts and openings of the reference tablet through what may happen to a tablet and a server."""

from pathlib import Path

from msgspec import Raw, structs

from server.actions.archives import afterwork
from server.actions.keeping import backup
from server.actions.keeping.verify import verify_journal
from server.actions.residents import tablet_acts
from server.actions.tablets.exchange import exchange
from server.records import acts
from server.rules import first_notice
from server.settings import Settings
from server.store.ids import new_id
from sync import wire
from tests.cast_forms import good
from tests.lists import number as id_number
from tests.tablet_acts import TODAY, signature
from tests.world import TEAM_A, XIE, ZHOU, Field, World, field, new_world

BORN = "1950-05-06"


def opens(su: Field) -> bytes:
    """陆小雪 gets an archive where there is no network; the id that the tablet made."""
    who = new_id(su.world.clock())
    body = {
        "team": TEAM_A.hex(), "seen": "1", "signed": "3", "name": "陆小雪", "id_type": "01",
        "id_no": id_number(BORN, 24), "sex": "2", "birth_date": BORN,
    }  # fmt: skip
    su.tablet.save_event(who, acts.OPEN, TODAY, body)
    return who


def visits(su: Field, who: bytes) -> bytes:
    return su.tablet.save_event(
        who, "htn_followup", TODAY, good("htn_followup", next_date="2027-02-18")
    )


def agrees(su: Field, who: bytes = ZHOU) -> bytes:
    body = {
        "present": "1", "seen": "1", "signed": "1", "agreed": "1",
        "version": first_notice.version(),
    }  # fmt: skip
    blank = su.tablet.blank(who, acts.AGREE, TODAY)
    made = structs.replace(blank, body=Raw(wire.encode(body)), attach=(signature(1),))
    return su.tablet.save(made)


async def test_a_new_archive_of_one_tablet_is_on_the_other_with_its_visit(world: World) -> None:
    su, xie = await field(world, "一"), await field(world, "二", staff=XIE)
    await su.settle()
    await xie.settle()
    who = opens(su)
    visits(su, who)
    agrees(su, who)
    await su.settle()
    await xie.settle()
    for tablet in (su.tablet, xie.tablet):
        assert tablet.archive.cells(who)["name"].heads[0].value == "陆小雪"
        kinds = [wire.change(each.change).kind for each in tablet.archive.events(who)]
        assert kinds == ["htn_followup"]  # acts stand in no archive
    assert await world.rows("SELECT 1 FROM task WHERE kind='digest'") == []
    assert await world.one("SELECT resident FROM first_opening") == who


async def test_a_lost_answer_and_a_copy_of_the_batch_do_nothing_twice(world: World) -> None:
    su = await field(world, "一")
    await su.settle()
    who = opens(su)
    agrees(su, who)
    request = su.tablet.request()
    assert request is not None
    await exchange(world.site, request)  # its answer is lost
    await exchange(world.site, request)  # somebody sends the same bytes again
    await su.settle()
    assert su.tablet.waiting == 0
    assert await world.one("SELECT COUNT(*) FROM resident WHERE resident=?", who) == 1
    assert await world.one("SELECT COUNT(*) FROM first_opening WHERE resident=?", who) == 1
    assert await world.one("SELECT COUNT(*) FROM assisted") == 1


async def test_a_restored_server_that_forgot_the_new_resident_has_them_again(
    world: World, tmp_path: Path
) -> None:
    su = await field(world, "一")
    await su.settle()
    done = await backup.backup(world.site, tmp_path / "backup")
    await su.settle()
    world.clock.pass_(hours=1)
    who = opens(su)
    visit, yes = visits(su, who), agrees(su)
    await su.settle()
    assert await world.one("SELECT COUNT(*) FROM resident WHERE resident=?", who) == 1

    url = f"sqlite:///{tmp_path}/again.sqlite3"
    where = Settings(database_url=url, kek_file=world.kek_file, clock=world.clock)
    await backup.restore(where, done.path)
    async with new_world(url, tmp_path, clock=world.clock) as again:
        assert await again.rows("SELECT 1 FROM resident WHERE resident=?", who) == []
        there = Field(again, su.tablet, su.keys)
        await there.settle()
        await there.settle()
        assert await again.one("SELECT panel FROM resident WHERE resident=?", who) == TEAM_A
        states = await again.rows(
            "SELECT state FROM change WHERE change IN (?, ?) ORDER BY change",
            *sorted((visit, yes)),
        )
        assert states == [("applied",), ("applied",)]
        assert await again.one("SELECT COUNT(*) FROM first_opening") == 1
        assert await again.rows("SELECT 1 FROM task WHERE kind='quarantine'") == []


async def test_the_journal_holds_with_acts_and_openings_in_it(world: World) -> None:
    su = await field(world, "一")
    await su.settle()
    who = opens(su)
    visits(su, who)
    agrees(su)
    await su.settle()
    world.clock.pass_(days=1)
    await tablet_acts.run(world.site)
    await afterwork.catch_up(world.site)
    report = await verify_journal(world.site)
    assert list(report.faults) == []
