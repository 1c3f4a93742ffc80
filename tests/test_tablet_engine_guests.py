"""A record of a tablet for another team's resident: on a ground it is taken as a
guest's, without one it waits for a person; the tablet has no archive of them, before or after.
"""

from typing import Any

import pytest

from tests.cast_forms import good
from tests.copies import Copies
from tests.engine_tablet import Engine, app, faulty
from tests.world import YANG, ZHOU, World

__all__ = ["app"]


@pytest.fixture
def database_url(tmp_path: Any, copies: Copies) -> str:
    return copies.sqlite(tmp_path)


async def serve(app: Engine, **more: Any) -> str:
    body = good("htn_followup", next_date="2027-02-18")
    record = {"kind": "htn_followup", "v": 1, "on": "2026-11-19", "body": body, **more}
    return await app.call("save", {"resident": YANG.hex(), **record})


@pytest.mark.parametrize("kind", ["card", "consent", "emergency"])
async def test_on_a_ground_another_teams_resident_is_served(
    world: World, app: Engine, kind: str
) -> None:
    await app.enrol()
    await app.call("sync")
    before = await app.call("home")
    visit = await serve(app, ground={"kind": kind, "note": "在集市上"})
    assert await app.waiting() == 1
    # Nobody stands in a list without a name while it waits, nor after.
    assert (await app.call("home"))["residents"] == before["residents"]
    with faulty("no_such_resident"):
        await app.archive(YANG)
    await app.restart()
    await app.unlock()
    await app.call("sync")
    assert await app.waiting() == 0
    assert await app.fate(visit) == ("applied_guest", "")
    where = "SELECT state, resident FROM change WHERE change=?"
    assert await world.rows(where, bytes.fromhex(visit)) == [("applied_guest", YANG)]
    assert await world.rows("SELECT 1 FROM task WHERE kind='quarantine'") == []
    # Nothing of that archive comes down.
    assert YANG.hex() not in await app.do("keys", store="person")
    assert (await app.call("home"))["residents"] == before["residents"]
    with faulty("no_such_resident"):
        await app.archive(YANG)


async def test_without_a_ground_it_waits_for_a_person_and_holds_nothing_up(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    alone = await serve(app)
    edit = await app.call(
        "edit", {"resident": YANG.hex(), "on": "2026-11-19", "cells": {"remarks": "集市"}}
    )
    own = await app.visit(ZHOU, "2026-11-19")
    await app.call("sync")
    assert [await app.fate(each) for each in (alone, edit)] == [("quarantined", "not_in_panel")] * 2
    assert await app.fate(own) == ("applied", "")
    assert (await app.status())["sync"]["quarantined"] == 2
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='quarantine'") == 2
