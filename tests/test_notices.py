"""One outbox: told in the act's own transaction, sent by the rules, seen by whom it concerns."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from server.actions.keeping import backup
from server.actions.keeping.site import open_site
from server.actions.notices import inbox, outbox, overview, telling, upkeep
from server.actions.notices.providers import Refused
from server.actions.residents.acting import Acting, Helper, assisted
from server.rules.notices import Channel
from server.settings import CIVIL, now_ms
from server.store.migrate import migrate
from server.store.store import Store
from server.store.vault import NOBODY
from tests.messages import TODAY, Gateway, answered, code, lines, state, sum_holds, tell
from tests.portal import bind
from tests.server_process import Installation
from tests.world import (
    DISTRICT,
    PHONES,
    QINGHE,
    SU,
    WU,
    YANG,
    ZHOU,
    Clock,
    World,
    new_world,
)


@pytest.fixture
async def gateway(world: World) -> Gateway:
    made = world.site.provider = Gateway()
    await bind(world, ZHOU)
    await bind(world, WU)
    return made


async def test_what_is_told_stands_in_the_inbox_and_leaves_in_neutral_words(
    world: World, gateway: Gateway
) -> None:
    id_ = await answered(world)
    assert await outbox.waits(world.site)
    assert await outbox.run(world.site) == 1
    (message,) = gateway.messages
    assert (message.to, message.channel, message.id) == (PHONES[ZHOU], Channel.SMS, id_)
    assert message.text == "青禾镇卫生院答复了您的更正，登录居民档案可以看。"
    assert message.to not in repr(message)
    assert message.text not in repr(message)
    (line,) = await lines(world)
    assert line.text == "青禾镇卫生院11月20日答复了您的更正。不同意的，可以向县里申诉。"
    assert (line.page, line.left, line.read_at) == ("corrections", "sent", None)
    assert await state(world, id_) == ("sent", "", "", 1, world.site.rules.sms_fen)
    assert not await outbox.waits(world.site)
    assert await outbox.run(world.site) == 0


async def test_nothing_is_told_when_the_act_does_not_commit(world: World, gateway: Gateway) -> None:
    async def half(tx: Any) -> None:
        await telling.tell(tx, world.site, ZHOU, "switch_undone", day=TODAY)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await world.store.write(half)
    assert await lines(world) == []
    assert await outbox.run(world.site) == 0
    assert gateway.messages == []


async def test_who_has_no_bound_telephone_or_wants_none_finds_it_in_the_inbox(
    world: World, gateway: Gateway
) -> None:
    without = await answered(world, YANG)
    assert (await state(world, without))[:2] == ("inbox", "no_phone")
    await world.store.write(
        lambda tx: inbox.set_channel(tx, world.site, ZHOU, Channel.INBOX, hand=ZHOU)
    )
    muted = await answered(world)
    assert (await state(world, muted))[:2] == ("inbox", "muted")
    alarm = await tell(world, ZHOU, "emergency_opened", facility=QINGHE, day=TODAY)
    await outbox.run(world.site)
    assert (await state(world, alarm))[0] == "sent"
    assert gateway.told == ["emergency_opened"]
    await world.store.write(
        lambda tx: inbox.set_channel(tx, world.site, ZHOU, Channel.VOICE, hand=SU)
    )
    await answered(world)
    await outbox.run(world.site)
    assert gateway.messages[-1].channel is Channel.VOICE
    assert len(await lines(world)) == 3


async def test_nobody_writes_to_the_dead(world: World, gateway: Gateway) -> None:
    await world.store.write(
        lambda tx: tx.run("UPDATE resident SET status='dead' WHERE resident=?", ZHOU)
    )
    assert (await state(world, await answered(world)))[:2] == ("inbox", "closed")
    assert gateway.messages == []


async def test_a_restricted_matter_leaves_as_a_new_message_and_is_shown_to_nobody_else(
    world: World, gateway: Gateway
) -> None:
    await tell(
        world, ZHOU, "emergency_opened", cls="B", about=b"x" * 16, facility=QINGHE, day=TODAY
    )
    await outbox.run(world.site)
    (message,) = gateway.messages
    assert message.template == "neutral"
    assert message.values == {}
    assert "青禾" not in message.text
    assert await lines(world, own=False) == []
    unread = partial(inbox.unread, site=world.site, resident=ZHOU)
    assert await world.store.read(lambda tx: unread(tx, own=False)) == 0
    assert await world.store.read(unread) == 1
    read = await world.store.write(lambda tx: inbox.mark_read(tx, world.site, ZHOU, own=False))
    assert read == 0, "a relative who opens the inbox has not read it"
    (line,) = await lines(world)
    assert line.about == b"x" * 16


@pytest.mark.usefixtures("gateway")
async def test_reading_is_noted_once_and_of_the_own_notices_alone(world: World) -> None:
    mine, others = await answered(world), await answered(world, WU)
    mark = partial(inbox.mark_read, site=world.site, resident=ZHOU)
    assert await world.store.write(lambda tx: mark(tx, ids=[mine, others])) == 1
    assert await world.store.write(mark) == 0
    assert (await lines(world))[0].read_at == world.clock()
    assert (await lines(world, WU))[0].read_at is None


async def test_a_variable_that_is_free_text_is_a_fault_of_the_caller(world: World) -> None:
    for wrong in ({"facility": "青禾镇卫生院"}, {"facility": b"y" * 16}, {"facility": SU}, {}):
        with pytest.raises(ValueError, match=r"correction_answered|no facility"):
            await tell(world, ZHOU, "correction_answered", day=TODAY, **wrong)
    with pytest.raises(ValueError, match="neutral"):
        await tell(world, ZHOU, "neutral")
    assert await world.one("SELECT COUNT(*) FROM notice") == 0


@pytest.mark.usefixtures("gateway")
async def test_after_the_cap_of_the_month_the_rest_stays_in_the_inbox(world: World) -> None:
    cap = world.site.rules.sms_cap_month
    ids = [await answered(world) for _ in range(cap + 2)]
    alarm = await tell(world, ZHOU, "emergency_opened", facility=QINGHE, day=TODAY)
    other = await answered(world, WU)
    await outbox.run(world.site)
    states = [(await state(world, each))[:2] for each in ids]
    assert states == [("sent", "")] * cap + [("held", "cap")] * 2
    assert (await state(world, alarm))[0] == "sent", "it uses up nothing and asks for nothing"
    assert (await state(world, other))[0] == "sent", "each resident has a cap of their own"
    assert len(await lines(world)) == cap + 3
    world.clock.pass_(days=12)
    next_month = await answered(world)
    await outbox.run(world.site)
    assert (await state(world, next_month))[0] == "sent"


@pytest.mark.usefixtures("gateway")
async def test_whether_it_happened_is_asked_once_a_month(world: World) -> None:
    ids = [
        await tell(world, ZHOU, "service_question", facility=QINGHE, day=TODAY) for _ in range(3)
    ]
    await outbox.run(world.site)
    assert [(await state(world, each))[1] for each in ids] == ["", "limit", "limit"]
    assert len(await lines(world)) == 3


async def test_the_budget_of_the_month_ends_and_codes_still_go(
    world: World, gateway: Gateway
) -> None:
    rules = world.site.rules
    world.site.rules = replace(rules, sms_budget_month_fen=rules.sms_fen * 2)
    ids = [await answered(world, who) for who in (ZHOU, WU, ZHOU)]
    await outbox.run(world.site)
    assert [(await state(world, each))[:2] for each in ids] == [
        ("sent", ""), ("sent", ""), ("held", "budget"),
    ]  # fmt: skip
    await code(world, PHONES[ZHOU])
    await outbox.run_codes(world.site)
    assert gateway.told[-1] == "sign_in_code"
    found = await overview.overview(world.site)
    assert found.spent_fen == rules.sms_fen * 3
    assert found.budget_fen == rules.sms_fen * 2
    assert await sum_holds(world)


async def test_at_night_it_waits_for_the_morning(world: World, gateway: Gateway) -> None:
    world.clock.pass_(hours=15)  # 23:00
    ordinary = await answered(world)
    alarm = await tell(world, ZHOU, "phone_changed", to="19900009999", day=TODAY, tail="1000")
    await outbox.run(world.site)
    assert gateway.told == ["phone_changed"]
    assert gateway.messages[0].to == "19900009999", "the old telephone is told"
    assert (await state(world, alarm))[0] == "sent"
    assert not await outbox.waits(world.site)
    world.clock.pass_(hours=8, minutes=59)
    assert not await outbox.waits(world.site)
    world.clock.pass_(minutes=1)
    morning = datetime.fromtimestamp(world.clock() / 1000, CIVIL)
    assert (morning.hour, morning.minute) == (8, 0)
    await outbox.run(world.site)
    assert (await state(world, ordinary))[0] == "sent"


async def test_urgent_goes_before_answers_and_what_is_old_stays(
    world: World, gateway: Gateway
) -> None:
    await tell(world, WU, "service_question", facility=QINGHE, day=TODAY)
    await answered(world)
    await tell(world, ZHOU, "family_link_asked", day=TODAY)
    world.clock.pass_(minutes=1)
    await outbox.run(world.site)
    assert gateway.told == ["family_link_asked", "correction_answered", "service_question"]
    late = await answered(world)
    world.clock.pass_(days=4)
    await outbox.run(world.site)
    assert (await state(world, late))[:2] == ("held", "stale")


async def test_what_staff_did_for_somebody_is_told_with_who_and_how_to_undo_it(
    world: World, gateway: Gateway
) -> None:
    helped = Acting(ZHOU, ZHOU, Helper(SU, QINGHE))
    alone = Acting(WU, WU)
    for acting, what in ((helped, "consent"), (helped, "something new"), (alone, "consent")):
        await world.store.write(
            lambda tx, acting=acting, what=what: assisted(tx, world.site, acting, what, b"s" * 16)
        )
    await outbox.run(world.site)
    assert gateway.told == ["assisted_act", "assisted_act"]
    newest, older = await lines(world)
    assert "办事" in newest.text
    assert "青禾镇卫生院的苏清明在您面前替您办了：授权。" in older.text
    assert older.about == await world.one("SELECT act FROM assisted WHERE what='consent'")
    assert await lines(world, WU) == []


# Without a gateway, and what is kept.


async def test_without_a_gateway_the_words_stay_here_cost_nothing_and_a_look_is_written_down(
    world: World,
) -> None:
    await bind(world, ZHOU)
    await code(world, PHONES[ZHOU])
    await answered(world)
    await outbox.run_codes(world.site)
    await outbox.run(world.site)
    leaves = "SELECT COUNT(*) FROM audit_leaf"
    before = await world.one(leaves)
    kept = await overview.kept_words(world.site, NOBODY)
    assert [each.tail for each in kept] == [PHONES[ZHOU][-4:]] * 2
    assert any("402173" in each.text for each in kept)
    assert await world.one(leaves) == before + 1
    found = await overview.overview(world.site)
    assert (found.keeps, found.spent_fen, found.sent) == (True, 0, 2)
    world.site.provider = Gateway()
    assert list(await overview.kept_words(world.site, NOBODY)) == []
    assert not await outbox.waits(world.site), "what was shown here is not sent later"


@pytest.mark.usefixtures("gateway")
async def test_codes_are_destroyed_after_their_hour_and_notices_after_their_years(
    world: World,
) -> None:
    await code(world, PHONES[ZHOU])
    await overview.pause(world.site, NOBODY, on=True)
    await answered(world)
    world.clock.pass_(hours=2)
    await upkeep.forget(world.site)
    assert await world.rows("SELECT state, sealed FROM notice WHERE template='sign_in_code'") == [
        ("expired", b"")
    ]
    assert await world.one("SELECT phone_mark FROM notice WHERE resident IS NULL") is not None
    world.clock.pass_(days=1)
    await upkeep.forget(world.site)
    assert await world.one("SELECT phone_mark FROM notice WHERE resident IS NULL") is None
    world.clock.pass_(days=93)
    await upkeep.forget(world.site)
    assert await world.one("SELECT COUNT(*) FROM notice") == 1
    world.clock.pass_(days=world.site.rules.notice_keep_days)
    await upkeep.forget(world.site)
    assert await world.one("SELECT COUNT(*) FROM notice") == 0


async def test_numbers_for_the_watch(world: World, gateway: Gateway) -> None:
    gateway.answers = [Refused("blocked")]
    await answered(world)
    await outbox.run(world.site)
    await answered(world, WU)
    world.clock.pass_(minutes=11)
    found = await world.store.read(lambda tx: upkeep.waiting(tx, world.site))
    assert (found.waiting, found.failed, found.oldest_ms) == (1, 1, 11 * 60_000)


async def test_after_a_restore_nothing_that_waited_is_sent_and_the_inbox_has_it(
    world: World, gateway: Gateway, tmp_path: Path
) -> None:
    await answered(world)
    await outbox.run(world.site)
    waiting = await answered(world)
    await code(world, PHONES[ZHOU])
    done = await backup.backup(world.site, tmp_path / "backup")
    async with Store(f"sqlite:///{tmp_path / 'again.sqlite3'}") as store:
        await migrate(store)
        await backup.restore_into(store, done.path, world.kek_file, now=world.clock())
        again = await open_site(
            store, kek_file=world.kek_file, district=DISTRICT, clock=world.clock
        )
        again.provider = gateway
        assert await outbox.run(again) + await outbox.run_codes(again) == 0
        assert len(gateway.messages) == 1
        found = await store.read(lambda tx: inbox.inbox(tx, again, ZHOU))
        assert [each.left for each in found] == ["", "sent"]
        assert found[0].id == waiting


def test_the_command_line_shows_pauses_and_sends(tmp_path: Path) -> None:
    place = Installation(tmp_path, f"sqlite:///{tmp_path / 'w.sqlite3'}")

    async def begin() -> None:
        async with new_world(place.database_url, tmp_path, clock=Clock(now_ms())) as world:
            await code(world, PHONES[ZHOU])

    asyncio.run(begin())
    shown = json.loads(place.run("notices", "list", "--words", "--json").stdout)
    assert "402173" in shown["words"][0]["text"]
    assert shown["waiting"][0]["template"] == "sign_in_code"
    assert "Paused" in place.run("notices", "pause").stdout
    assert "Paused since" in place.run("notices", "list").stdout
    assert "Handed over 0 " in place.run("notices", "send").stdout
    place.run("notices", "resume")
    assert "Handed over 1 " in place.run("notices", "send").stdout
    listed = place.run("notices", "list").stdout
    assert "402173" not in listed
    assert PHONES[ZHOU] not in listed
