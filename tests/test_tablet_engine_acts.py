"""Acts from the app's own engine: what a resident asks for beside the tablet is done at the server,
a new archive stands before its first visit, a docket of the app is proved by the server.
"""

import pytest

from crypto.docket import number_of
from server.actions.residents import dockets
from server.records import acts
from server.rules import first_notice
from tests.cast_forms import good
from tests.copies import Copies
from tests.engine_tablet import Engine, app
from tests.lists import number as id_number
from tests.world import TEAM_A, TEAM_B, ZHOU, World

__all__ = ["app"]

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63f80f00010101005a4d6ff10000000049454e44ae426082"
)
TODAY = "2026-11-20"
BORN = "1950-05-06"


@pytest.fixture
def database_url(tmp_path: object, copies: Copies) -> str:
    """What a server stores is tested elsewhere, on both engines."""
    return copies.sqlite(tmp_path)  # type: ignore[arg-type]


async def act(app: Engine, kind: str, resident: bytes = ZHOU, **body: object) -> str:
    """Signed on the screen, the document seen."""
    picture = await app.call("addPicture", resident.hex(), PNG, "image/png")
    filled = {"present": "1", "seen": "1", "signed": "1", **body}
    record = {"resident": resident.hex(), "kind": kind, "v": 1, "on": TODAY, "body": filled}
    return await app.call("save", {**record, "pictures": [picture]})


async def test_what_is_signed_beside_the_tablet_is_done_at_the_server(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    yes = await act(app, acts.AGREE, agreed="1", version=first_notice.version())
    records = (await app.archive(ZHOU))["records"]
    assert [each["kind"] for each in records] == ["htn_followup"]  # an act is no record
    assert (await app.archive(ZHOU))["line"]["last"] == "2026-08-14"  # and no visit
    assert [line["id"] for line in (await app.call("home"))["done"]] == []
    await app.call("sync")
    assert await app.fate(yes) == ("applied", "")
    assert await world.one("SELECT person FROM first_opening") == ZHOU
    odd = await act(app, acts.PHONE, phone="19900005555", number="371002194811050017")
    await app.call("sync")
    assert await app.fate(odd) == ("held", "number_differs")


async def test_a_switch_is_chosen_from_the_directory_and_leaves_a_docket(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    choices = await app.call("choices")
    assert {"id": TEAM_B.hex(), "name": "柳湾一队", "facility": "柳湾社区中心"} in choices["teams"]
    assert "moved" in [each["code"] for each in choices["grounds"]]
    asks = await act(app, acts.SWITCH, team=TEAM_B.hex(), ground="moved")
    paper = await app.call("docket", asks)
    assert paper["number"] == number_of(bytes.fromhex(asks))
    told = await dockets.look(world.site, paper["text"])  # before it has ever arrived
    assert (told.state, told.facility, told.resident) == ("", "柳湾社区中心", ZHOU)
    await app.call("sync")
    told = await dockets.look(world.site, paper["number"])
    assert (told.state, told.made) == ("done", "scheduled")


async def test_a_new_resident_is_there_before_the_first_visit(world: World, app: Engine) -> None:
    await app.enrol()
    await app.call("sync")
    who = await app.call("freshId")
    cells = {
        "name": "陆小雪", "id_type": "01", "id_no": id_number(BORN, 24), "sex": "2",
        "birth_date": BORN, "phone": "19900007777", "address_text": "青禾村三组",
        "blood_abo": "2", "drug_allergy/2": True,
    }  # fmt: skip
    opened = await app.call(
        "newResident",
        {"resident": who, "panel": TEAM_A.hex(), "on": TODAY, "seen": "1", "signed": "3",
         "cells": cells},
    )  # fmt: skip
    (line,) = await app.call("search", "lxx")
    assert (line["id"], line["name"], line["waiting"]) == (who, "陆小雪", 2)
    assert "new_here" in line["marks"]
    form = good("htn_followup", next_date="2027-02-18")
    visit = await app.call(
        "save", {"resident": who, "kind": "htn_followup", "v": 1, "on": TODAY, "body": form}
    )
    await app.edit(bytes.fromhex(who), phone="19900008888")  # it saw what the act had laid
    await app.call("sync")
    assert await app.fate(opened) == ("applied", "")
    assert await app.fate(visit) == ("applied", "")
    archive = await app.archive(bytes.fromhex(who))
    assert archive["new_here"] is False
    assert archive["cells"]["phone"]["shown"] == "19900008888"
    assert not any(cell["conflict"] for cell in archive["cells"].values())
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='digest'") == 0
    assert await world.one("SELECT panel FROM resident WHERE resident=?", bytes.fromhex(who)) == (
        TEAM_A
    )
