"""On the way: codes first and never late, tries and doubts, a sender that dies, several senders."""

import asyncio

import pytest

from server.actions.keeping.site import open_site
from server.actions.notices import outbox, overview
from server.actions.notices.providers import InDoubt, NotNow, Refused
from server.actions.notices.telling import Queued, TooMany
from server.errors import NotFound, RuleSaysNo
from server.store.store import Store
from tests.messages import Gateway, answered, code, lines, state, sum_holds
from tests.portal import bind
from tests.world import DISTRICT, PHONES, SU, WANG, WU, ZHENG, ZHOU, World


@pytest.fixture
async def gateway(world: World) -> Gateway:
    made = world.site.provider = Gateway()
    await bind(world, ZHOU)
    await bind(world, WU)
    return made


# Codes.


async def test_a_code_goes_alone_and_its_words_are_destroyed(
    world: World, gateway: Gateway
) -> None:
    assert await code(world, PHONES[ZHOU]) == Queued()
    assert await outbox.codes_wait(world.site)
    assert not await outbox.waits(world.site)
    assert await outbox.run(world.site) == 0
    assert await outbox.run_codes(world.site) == 1
    (message,) = gateway.messages
    assert "402173" in message.text
    assert message.expires_at == world.clock() + 5 * 60_000
    assert await world.one("SELECT sealed FROM notice") == b""
    assert await lines(world) == []
    await code(world, PHONES[WU], "517733", spoken=True, template="bind_code")
    await outbox.run_codes(world.site)
    assert "5，1，7，7，3，3" in gateway.messages[-1].text
    assert "绑定" in gateway.messages[-1].text
    with pytest.raises(ValueError, match="no code"):
        await code(world, PHONES[WU], template="neutral")


@pytest.mark.usefixtures("gateway")
async def test_the_same_answer_for_a_number_of_nobody_and_no_row(world: World) -> None:
    assert await code(world, None) == await code(world, PHONES[ZHOU]) == Queued()
    assert await world.one("SELECT COUNT(*) FROM notice") == 1


async def test_only_the_newest_code_leaves_and_five_an_hour(world: World, gateway: Gateway) -> None:
    for n in range(5):
        assert await code(world, PHONES[ZHOU], f"40217{n}") == Queued()
        world.clock.pass_(ms=10)
    first = world.clock() - 50
    assert await code(world, "199 0000 1000") == TooMany(first + 3_600_000)
    assert await code(world, PHONES[WU]) == Queued()
    await outbox.run_codes(world.site)
    assert [each.values["code"] for each in gateway.messages] == ["402174", "402173"]
    for _ in range(5):
        world.clock.pass_(hours=1, minutes=1)
        await code(world, PHONES[ZHOU])
    last = await code(world, PHONES[ZHOU])
    assert isinstance(last, TooMany), "ten a day"
    assert last.until_ms - world.clock() > 3_600_000


async def test_a_code_of_a_gateway_that_is_dead_for_an_hour_expires_and_never_comes_late(
    world: World, gateway: Gateway
) -> None:
    gateway.answers = [NotNow("unreachable")] * 400
    await code(world, PHONES[ZHOU])
    notice = await answered(world)
    for step_ms in (*[5_000] * 66, *[300_000] * 11):  # an hour
        await outbox.run_codes(world.site)
        await outbox.run(world.site)
        world.clock.pass_(ms=step_ms)
    assert await world.rows("SELECT state FROM notice WHERE template='sign_in_code'") == [
        ("expired",)
    ]
    assert await world.one("SELECT sealed FROM notice WHERE template='sign_in_code'") == b""
    asked = gateway.told.count("sign_in_code")
    assert 10 < asked <= 66
    assert (await state(world, notice))[0] == "waiting"
    gateway.answers = []
    world.clock.pass_(hours=1)
    await outbox.run_codes(world.site)
    await outbox.run(world.site)
    assert gateway.told.count("sign_in_code") == asked
    assert (await state(world, notice))[0] == "sent"
    assert await world.one("SELECT SUM(cost_fen) FROM notice") == world.site.rules.sms_fen
    assert await sum_holds(world)


# What can go wrong on the way.


async def test_what_the_gateway_never_takes_fails_costs_nothing_and_can_be_sent_again(
    world: World, gateway: Gateway
) -> None:
    gateway.answers = [Refused("bad_number")]
    id_ = await answered(world)
    await outbox.run(world.site)
    assert await state(world, id_) == ("failed", "", "bad_number", 1, 0)
    found = await overview.overview(world.site)
    assert [(each.id, each.error, each.again) for each in found.failed] == [
        (id_, "bad_number", True)
    ]
    await overview.send_again(world.site, id_, SU)
    await outbox.run(world.site)
    assert await state(world, id_) == ("sent", "", "", 1, world.site.rules.sms_fen)
    with pytest.raises(RuleSaysNo):
        await overview.send_again(world.site, id_, SU)
    with pytest.raises(NotFound):
        await overview.send_again(world.site, b"z" * 16, SU)


async def test_after_twelve_tries_a_person_looks(world: World, gateway: Gateway) -> None:
    gateway.answers = [NotNow("gateway_fault")] * 99
    id_ = await answered(world)
    for _ in range(14):
        await outbox.run(world.site)
        world.clock.pass_(minutes=50)
        await outbox.run(world.site)
    assert await state(world, id_) == ("failed", "", "gateway_fault", 12, 0)
    assert len(gateway.messages) == 12


async def test_a_busy_gateway_is_left_alone_by_everybody_for_as_long_as_it_asks(
    world: World, gateway: Gateway
) -> None:
    gateway.answers = [NotNow("busy", 120_000)]
    await answered(world)
    await outbox.run(world.site)
    await answered(world, WU)
    await code(world, PHONES[ZHOU])
    assert not await outbox.waits(world.site)
    assert await outbox.run_codes(world.site) == 0
    world.clock.pass_(minutes=2)
    assert await outbox.run_codes(world.site) == 1
    world.clock.pass_(minutes=5)
    await outbox.run(world.site)
    assert len(gateway.messages) == 4


async def test_no_answer_is_sent_once_more_with_the_same_id_and_then_left_to_a_person(
    world: World, gateway: Gateway
) -> None:
    gateway.answers = [InDoubt("no_answer")] * 9
    id_ = await answered(world)
    for _ in range(5):
        await outbox.run(world.site)
        world.clock.pass_(hours=1)
    assert [each.id for each in gateway.messages] == [id_, id_]
    fen = world.site.rules.sms_fen
    assert await state(world, id_) == ("failed", "", "no_answer", 2, 2 * fen), "both may be billed"
    assert await sum_holds(world)


async def test_a_sender_that_dies_with_a_message_in_its_hand_sends_it_twice_at_most(
    world: World, gateway: Gateway
) -> None:
    id_ = await answered(world)
    gateway.dies = True
    for _ in range(2):
        with pytest.raises(asyncio.CancelledError):
            await outbox.run(world.site)
        world.clock.pass_(minutes=2)
    assert await outbox.run(world.site) == 0
    assert len(gateway.messages) == 2
    assert (await state(world, id_))[:3] == ("failed", "", "no_answer")


async def test_one_that_died_after_the_gateway_took_it_is_finished_by_the_next(
    world: World, gateway: Gateway
) -> None:
    id_ = await answered(world)
    gateway.dies = True
    with pytest.raises(asyncio.CancelledError):
        await outbox.run(world.site)
    gateway.dies = False
    assert not await outbox.waits(world.site), "as long as the lease runs nobody else takes it"
    world.clock.pass_(minutes=2)
    await outbox.run(world.site)
    assert (await state(world, id_))[0] == "sent"
    assert [each.id for each in gateway.messages] == [id_, id_]


async def test_several_senders_send_each_message_once_and_keep_the_cap(world: World) -> None:
    """Each with a database connection of its own, as processes have."""
    people = (ZHOU, WU, ZHENG, WANG)
    for who in people:
        await bind(world, who)
        for _ in range(7):
            await answered(world, who)
    hand = Gateway()
    async with Store(world.url) as other:
        sites = [world.site]
        if other.path is None:  # SQLite is one process
            site = await open_site(
                other, kek_file=world.kek_file, district=DISTRICT, clock=world.clock
            )
            sites.append(site)
        for each in sites:
            each.provider = hand
        await asyncio.gather(*(outbox.run(site) for site in sites for _ in range(3)))
    ids = [each.id for each in hand.messages]
    assert len(ids) == len(set(ids)) == len(people) * world.site.rules.sms_cap_month
    assert await world.one("SELECT COUNT(*) FROM notice WHERE state='held' AND why='cap'") == 12
    assert await sum_holds(world)


@pytest.mark.usefixtures("gateway")
async def test_pausing_stops_everything_and_resuming_goes_on(world: World) -> None:
    await overview.pause(world.site, SU, on=True)
    id_ = await answered(world)
    await code(world, PHONES[ZHOU])
    assert not await outbox.waits(world.site)
    assert not await outbox.codes_wait(world.site)
    assert await outbox.run(world.site) == 0
    assert (await overview.overview(world.site)).paused_by == "苏清明"
    await overview.pause(world.site, SU, on=False)
    await outbox.run(world.site)
    assert (await state(world, id_))[0] == "sent"
