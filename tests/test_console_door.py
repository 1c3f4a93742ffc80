"""The console's door: who is let in where, what every form carries, what every answer bears."""

from collections.abc import AsyncIterator

import pytest

from server.actions.accounts import drafts
from server.console.door import SIGN_IN
from server.console.imports import sample
from server.pages.web import CSP, CSRF
from server.rules.accounts import IDLE_MINUTES
from tests.console import CHEN, Desk, desk, offices
from tests.world import QIN, World


@pytest.fixture
async def qin(world: World) -> AsyncIterator[Desk]:
    await offices(world)
    async with desk(world, QIN) as made:
        yield made


async def test_nobody_gets_past_the_door_without_a_session(world: World) -> None:
    async with desk(world) as stranger:
        answer = await stranger.post("/console/sign-out")
        assert answer.status_code == 401


async def test_a_form_without_the_sessions_token_is_refused(qin: Desk) -> None:
    for token in ("", "0" * 32):
        answer = await qin.client.post("/console/sign-out", data={CSRF: token})
        assert (answer.status_code, "form_not_ours" in answer.text) == (403, True)


async def test_signing_out_ends_the_session_at_the_server(qin: Desk, world: World) -> None:
    token = qin.token
    answer = await qin.post("/console/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{SIGN_IN}?why=left")
    assert await world.one("SELECT ended FROM session") == "signed_out"
    qin.token = token
    assert (await qin.post("/console/sign-out")).status_code == 401


async def test_a_form_sent_after_the_session_ran_out_is_kept_for_its_writer(
    qin: Desk, world: World
) -> None:
    world.clock.pass_(minutes=IDLE_MINUTES + 1)
    answer = await qin.post("/console/sign-out", note="头孢也过敏", choice=["1", "2"])
    assert (answer.status_code, answer.headers["location"]) == (303, f"{SIGN_IN}?why=kept")
    kept = await drafts.newest(world.site, QIN)
    assert kept is not None
    assert kept[1:] == ("/console/sign-out", {"note": ["头孢也过敏"], "choice": ["1", "2"]})
    assert await drafts.newest(world.site, CHEN) is None
    sealed = await world.one("SELECT sealed FROM draft")
    assert "头孢".encode() not in bytes(sealed)


async def test_every_answer_bears_the_headers_that_hold_a_page(qin: Desk) -> None:
    answer = await qin.client.post("/console/sign-out", data={})
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_a_refusal_keeps_the_list_on_the_left_for_whoever_is_signed_in(qin: Desk) -> None:
    refused = await qin.get("/console/devices")
    assert (refused.status_code, "数据冲突" in refused.text) == (403, True)
    assert "平板要看的" in refused.text
    assert 'href="/console/devices"' not in refused.text  # no page that QIN may not open


async def test_an_address_of_the_console_that_does_not_exist_is_a_page(qin: Desk) -> None:
    answer = await qin.client.get("/console/no-such-page")
    assert (answer.status_code, "没有这个地址" in answer.text) == (404, True)
    assert answer.headers["content-type"].startswith("text/html")
    root = await qin.client.get("/")
    assert (root.status_code, root.headers["location"]) == (303, "/portal/")


def test_the_columns_of_a_list_show_the_end_of_a_number_alone() -> None:
    assert sample("371002196001011030") == "…1030"
    assert sample("３７１００２１９６００１０１１０３０") == "…1030"
    assert sample("371002101201") == "371002101201"
