"""Attacks on the console by hurry, bulk and waiting: each meets a bound that says its name."""

import io
import os
import time
import zipfile
from datetime import timedelta

import openpyxl
import pytest

from server.actions.accounts import drafts, password_hash
from server.actions.accounts.account_sign_in import In, Shut
from server.actions.accounts.sessions import csrf_of
from server.actions.archives import opening
from server.actions.archives.opening import Given
from server.actions.lists.sheet_parts import BLANKS_MAX, SheetBlank
from server.actions.lists.sheets import read_sheet
from server.actions.tablets.pace import Pace
from server.console.door import SIGN_IN
from server.errors import NotFound
from server.rules.access import GUESTS_PER_HOUR
from server.rules.accounts import IDLE_MINUTES, QUIET_MINUTES, TRIES
from server.rules.consent import Purpose
from tests.console import CHEN, desk, hire, offices, text_of
from tests.sign_in import person as with_account
from tests.test_queues import person
from tests.world import QIN, QINGHE, World


async def test_nobody_goes_through_a_list_of_numbers_by_the_page_for_guests(world: World) -> None:
    await offices(world)
    curious = os.urandom(16)
    await hire(world, curious, "白露水", role="desk", facility=QINGHE)
    async with desk(world, curious):
        signed = await person(world, curious)
    given = Given(Purpose.SERVICE, "来看病", present=True)
    for n in range(GUESTS_PER_HOUR):
        with pytest.raises(NotFound):
            await opening.open_by_number(world.site, signed, f"37100219550101{n:03d}X", given)
    async with desk(world, curious) as at:
        asked = {"number": "371002195812010062", "purpose": "service", "reason": "来看病"}
        for _ in range(2):
            answer = await at.post("/console/guest", {**asked, "present": "1"})
            assert (answer.status_code, "too_many_guests" in answer.text) == (429, True)
    events = await world.rows("SELECT what FROM account_event WHERE staff=?", curious)
    assert [what for (what,) in events] == ["guests"]
    async with desk(world, CHEN) as chen:
        assert "按号码查外人太多，被拦下" in text_of(await chen.get("/console/audit"))
    world.clock.pass_(hours=1)
    with pytest.raises(NotFound):
        await opening.open_by_number(world.site, signed, "37100219550101001X", given)


def workbook_of(rows: bytes) -> bytes:
    """A workbook whose only sheet holds these rows as they stand."""
    plain, made = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as new:
        for each in old.infolist():
            content = old.read(each)
            if each.filename == "xl/worksheets/sheet1.xml":
                head, _, tail = content.partition(b"<sheetData")
                tail = tail.partition(b"</sheetData>")[2] or tail.partition(b"/>")[2]
                content = head + b"<sheetData>" + rows + b"</sheetData>" + tail
            new.writestr(each.filename, content)
    return made.getvalue()


@pytest.mark.parametrize("row", [b"<row/>", b"<row></row>", b'<row><c s="0"/></row>'])
def test_rows_that_hold_nothing_cost_no_minutes_of_a_processor(row: bytes) -> None:
    first = b'<row><c t="inlineStr"><is><t>x</t></is></c></row>'
    assert len(list(read_sheet(workbook_of(first + row * 1_000 + first)).lines)) == 2
    began = time.process_time()
    with pytest.raises(SheetBlank):
        list(read_sheet(workbook_of(first + row * 200_000)).lines)
    assert time.process_time() - began < 15
    assert BLANKS_MAX < 200_000


async def test_slips_that_are_days_apart_shut_nobody_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_hash, "COST_LOG2", 10)
    world.site.paces["sign_in"] = Pace(1_000)
    await offices(world)
    qin = await with_account(world, QIN, "qin.sj")
    quiet = timedelta(minutes=QUIET_MINUTES) / timedelta(hours=1)
    await qin.wrong(TRIES - 1)
    world.clock.pass_(hours=quiet)
    await qin.wrong(TRIES - 1)
    world.clock.pass_(hours=quiet - 1)
    await qin.wrong(1)
    assert isinstance(await qin.sign_in(), Shut), "less than a day is not quiet"
    world.clock.pass_(hours=quiet + 1)
    await qin.wrong(TRIES)
    world.clock.pass_(minutes=16)
    assert isinstance(await qin.sign_in(), In), "the lock is as short as the first one"


async def test_a_form_that_its_sender_could_not_have_sent_is_kept_for_nobody(
    world: World,
) -> None:
    await offices(world)
    async with desk(world, QIN) as qin:
        world.clock.pass_(minutes=IDLE_MINUTES + 1)
        forged = {"q": "x", "csrf": csrf_of("another session")}
        for path, fields in (
            ("/console/people", forged),
            ("/console/people", {"q": "x"}),
            ("/console/staff/" + QINGHE.hex() + "/team", {"csrf": csrf_of(qin.token)}),
        ):
            answer = await qin.client.post(path, data=fields)
            assert answer.headers["location"] == f"{SIGN_IN}?why=ran_out"
        assert await drafts.newest(world.site, QIN) is None
        kept = await qin.post("/console/people", q="x")
        assert kept.headers["location"] == f"{SIGN_IN}?why=kept"
