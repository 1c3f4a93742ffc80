"""What the reference tablet takes from an answer, and what it lets go. The server is on SQLite: it
is the tablet that is looked at.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from server.actions.keeping import backup
from server.actions.places import move
from server.actions.tablets.exchange import exchange
from server.rules.switch import Granted
from sync import wire
from sync.tablet_archive import Archive
from sync.tablet_state import NotTheServer
from tests.cast_forms import good
from tests.copies import Copies
from tests.world import (
    QIN,
    TEAM_A,
    TEAM_B,
    WU,
    XIE,
    ZHENG,
    ZHOU,
    Field,
    World,
    an_id,
    field,
    new_world,
)

ON = "2026-11-20"
VISIT = good("htn_followup", next_date="2027-02-18")


@pytest.fixture
async def district(tmp_path: Path, copies: Copies) -> AsyncIterator[World]:
    async with new_world(copies.sqlite(tmp_path), tmp_path) as made:
        yield made


@pytest.fixture
async def su(district: World) -> Field:
    """Su's tablet, with its panel."""
    made = await field(district, "07")
    await made.settle()
    return made


def visit(of: Field, who: bytes = ZHOU) -> bytes:
    return of.tablet.save_event(who, "htn_followup", ON, VISIT)


def held(of: Field) -> int:
    """Sealed batches that lie on the disk."""
    return of.tablet.disk.rows("SELECT COUNT(*) FROM batch")[0][0]


def register(rev: int, phone: str) -> msgspec.Raw:
    cells = {"phone": [[[an_id(phone), phone, "staff", bytes(16), 1]]]}
    put = wire.ResidentPut(
        id=ZHOU, rev=rev, cls="A", status="active", cells=msgspec.Raw(wire.encode(cells)), no=""
    )
    return msgspec.Raw(wire.encode(put))


def page(of: Field, start: int, *rows: msgspec.Raw) -> wire.Page:
    epoch = of.tablet.state.feed_epoch
    return wire.Page(panel=TEAM_A, epoch=epoch, start=start, end=start + len(rows), rows=rows)


def phone_of(archive: Archive) -> list[str]:
    return [head.value for head in archive.cells(ZHOU)["phone"].heads]


async def test_an_older_revision_takes_no_newer_ones_place(su: Field) -> None:
    archive = su.tablet.archive
    with su.tablet.disk.step():
        archive.apply(page(su, 900, register(2**40 + 2, "19900000002")))
        root = archive.root(TEAM_A)
        archive.apply(page(su, 901, register(2**40 + 1, "19900000001")))
    assert phone_of(archive) == ["19900000002"]
    assert archive.root(TEAM_A) == root, "a sum of what is held, not of what came"


async def test_a_page_that_does_not_follow_the_cursor_waits(district: World, su: Field) -> None:
    xie = await field(district, "08", staff=XIE)
    await xie.settle()
    visit(xie)
    await xie.settle()
    request = su.tablet.request()
    assert request is not None
    answer = (await exchange(district.site, request)).answer
    name = TEAM_A.hex()
    cursor = su.tablet.state.cursors[name]
    # As if another answer, lost from memory, had been applied in between.
    su.tablet.state.cursors[name] = msgspec.structs.replace(cursor, csn=cursor.csn + 5)
    before = len(su.tablet.archive.events(ZHOU))
    assert su.tablet.take(request, answer).pages == []
    assert len(su.tablet.archive.events(ZHOU)) == before
    assert su.tablet.state.cursors[name].csn == cursor.csn + 5


async def test_an_answer_to_another_request_changes_nothing(district: World, su: Field) -> None:
    recorded = su.tablet.request()
    assert recorded is not None
    old = (await exchange(district.site, recorded)).answer
    visit(su)
    newest = su.tablet.request()
    assert newest is not None
    before = su.tablet.disk.raw("state")
    with pytest.raises(NotTheServer):
        su.tablet.take(newest, old)
    assert su.tablet.disk.raw("state") == before
    assert su.tablet.waiting == 1
    await su.settle()
    assert su.tablet.waiting == 0


async def test_a_batch_leaves_the_tablet_when_a_verified_backup_holds_it(
    district: World, su: Field, tmp_path: Path
) -> None:
    made = visit(su)
    await su.settle()
    await su.settle()
    assert su.tablet.fate(made) == ("applied", "")
    assert held(su) == 1, "a receipt alone is not enough: the server's disk may die"
    await backup.backup(district.site, tmp_path / "backup")
    later = visit(su, WU)
    await su.settle()
    assert su.tablet.fate(later) == ("applied", "")
    assert held(su) == 1, "the first has gone, the one after the backup stays"


async def test_a_purge_is_not_stated_while_a_visit_of_that_person_waits(
    district: World, su: Field
) -> None:
    ask = move.Ask(resident=ZHOU, panel=TEAM_B, ground="moved", by=QIN, at_new_desk=True)
    assert isinstance(await move.switch(district.site, ask), Granted)
    request = su.tablet.request()
    assert request is not None
    answer = (await exchange(district.site, request)).answer
    late = visit(su)  # the form was open when the tablet was told
    su.tablet.take(request, answer)
    assert ZHOU not in su.tablet.archive.members(TEAM_A)
    await su.go()
    state = "SELECT state FROM copy WHERE resident=?"
    assert await district.one(state, ZHOU) == "asked", "its receipt was still to come"
    await su.settle()
    assert su.tablet.fate(late)[0] in ("applied", "applied_guest")
    assert await district.one(state, ZHOU) == "purged"


async def test_what_is_cut_smaller_names_every_place_that_was_given(
    district: World, su: Field
) -> None:
    tablet = su.tablet
    made = [visit(su, ZHOU), visit(su, WU)]
    tablet.seal()
    made.append(visit(su, ZHENG))
    tablet.seal()
    first = tablet.disk.rows("SELECT body FROM batch WHERE state='ready' ORDER BY seq")
    assert (len(first), tablet.outbox.recut(most=1)) == (2, 3)
    for (body,) in first:  # lost on the way for a day
        await exchange(district.site, body)
    await su.settle()
    assert {tablet.fate(each) for each in made} == {("applied", "")}
    assert await district.one("SELECT COUNT(*) FROM batch WHERE verdict='fork'") == 0
    assert await district.one("SELECT COUNT(*) FROM change WHERE device IS NOT NULL") == 3


async def test_what_the_server_could_not_read_stays_readable_on_the_tablet(su: Field) -> None:
    tablet = su.tablet
    lost = tablet.save_event(ZHOU, "htn_followup", ON, b"[1]")  # no form at all
    asked = tablet.save_event(WU, "htn_followup", ON, {**VISIT, "sbp": 900})
    await su.settle()
    assert tablet.fate(lost) == ("quarantined", "malformed")
    assert tablet.fate(asked) == ("held", "out_of_range")
    states = dict(tablet.disk.rows("SELECT id, state FROM own"))
    assert states.get(lost) == "kept", "nobody else has a copy that can be read"
    assert asked not in states
