"""An opening past the day's number, from the app: held with its visit until a person lets it in."""

from typing import Any

import pytest

from server.actions.tablets import release
from server.records import acts
from server.store.ids import new_id
from sync.limits import OPENINGS_PER_DAY
from tests.cast_forms import good
from tests.copies import Copies
from tests.engine_tablet import Engine, app
from tests.lists import number as id_number
from tests.tablet_acts import TODAY
from tests.test_tablet_engine_chain import device_of
from tests.world import DISTRICT, SU, TEAM_A, World

__all__ = ["app"]
BORN = "1950-05-06"


@pytest.fixture
def database_url(tmp_path: Any, copies: Copies) -> str:
    return copies.sqlite(tmp_path)


async def test_who_was_opened_past_the_days_number_stays_on_the_tablet_and_is_let_in(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    device, now = await device_of(app), world.clock()
    rows = [
        (DISTRICT, new_id(now), new_id(now), device, SU, acts.OPEN, now, now, "done", "", 0, now,
         "")
        for _ in range(OPENINGS_PER_DAY)
    ]  # fmt: skip
    await world.store.write(lambda tx: tx.insert("tablet_act", rows))  # what it has opened today
    who = await app.call("freshId")
    cells = {
        "name": "陆小雪", "id_type": "01", "id_no": id_number(BORN, 24), "sex": "2",
        "birth_date": BORN,
    }  # fmt: skip
    new = {"resident": who, "panel": TEAM_A.hex(), "on": TODAY, "seen": "1", "signed": "3"}
    opened = await app.call("newResident", {**new, "cells": cells})
    form = good("htn_followup", next_date="2027-02-18")
    record = {"resident": who, "kind": "htn_followup", "v": 1, "on": TODAY, "body": form}
    first = await app.call("save", record)
    await app.call("sync")
    waits = ("held", "too_many_openings")
    assert [await app.fate(each) for each in (opened, first)] == [waits, waits]
    (line,) = await app.call("search", "lxx")
    assert line["name"] == "陆小雪", "the tablet goes on with her"
    second = await app.call("save", {**record, "on": "2026-11-19"})
    await app.call("sync")
    assert await app.fate(second) == waits
    await release.release(world.site, bytes.fromhex(opened), staff=SU)
    await release.release_waiting(world.site)
    await app.call("sync")
    states = {(await app.fate(each))[0] for each in (opened, first, second)}
    assert states == {"applied"}
    (line,) = await app.call("search", "lxx")
    assert line["name"] == "陆小雪"
