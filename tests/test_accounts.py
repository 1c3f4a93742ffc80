"""Accounts: who makes them, the one-time link, sign-in with two factors, lockout, reset."""

import pytest

from server.actions.accounts import (
    account_link,
    account_upkeep,
    accounts,
    drafts,
    password_hash,
    sessions,
)
from server.actions.accounts.account_link import LinkOver, Prepared
from server.actions.accounts.account_making import close_account, make_account, reset_account
from server.actions.accounts.account_sign_in import WRONG_PER_MINUTE, In, Shut, Wrong
from server.actions.accounts.password_hash import TooManyTries
from server.actions.accounts.sessions import Signed
from server.errors import NotYours, RuleSaysNo
from server.rules.accounts import INVITE_HOURS, StaffRole
from server.rules.passwords import PasswordFault
from tests.console import CHEN, LU, MA, TIAN, offices, session_of
from tests.sign_in import PASSWORD, Person, link_for, person, use
from tests.world import HE, QIN, SU, World


async def signed(world: World, staff: bytes) -> Signed:
    found = await sessions.signed_in(world.site, await session_of(world, staff))
    assert isinstance(found, Signed)
    return found


@pytest.fixture(autouse=True)
def quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes cost less than they should, but for the test of what they cost."""
    if "cost" not in request.node.name:
        monkeypatch.setattr(password_hash, "COST_LOG2", 10)


@pytest.fixture
async def here(world: World) -> World:
    await offices(world)
    return world


@pytest.fixture
async def qin(here: World) -> Person:
    return await person(here, QIN, "qin.sj")


async def test_each_level_makes_only_the_level_below_in_its_own_place(here: World) -> None:
    tian, chen = await signed(here, TIAN), await signed(here, CHEN)
    assert (await make_account(here.site, tian, SU, "su.qm")).purpose == "first"
    for maker, staff in ((tian, HE), (tian, TIAN), (tian, CHEN), (chen, QIN), (chen, b"x" * 16)):
        with pytest.raises(NotYours):
            await make_account(here.site, maker, staff, "some.body")
    for nobody in (MA, HE):
        with pytest.raises(NotYours):
            await make_account(here.site, await signed(here, nobody), QIN, "some.body")


async def test_a_login_is_one_persons_and_no_number(here: World) -> None:
    tian = await signed(here, TIAN)
    await make_account(here.site, tian, SU, "su.qm")
    for staff, login, outcome in (
        (QIN, "su.qm", "login_taken"),
        (SU, "su.two", "has_account"),
        (QIN, "13800001234", "login_form"),
        (QIN, "秦霜降", "login_form"),
    ):
        with pytest.raises(RuleSaysNo, match=outcome):
            await make_account(here.site, tian, staff, login)


async def test_a_link_sets_password_and_second_factor_and_is_then_over(here: World) -> None:
    link = await link_for(here, QIN, "qin.sj")
    looked = await account_link.invited(here.site, link.token)
    assert (looked.name, looked.login, looked.role) == ("秦霜降", "qin.sj", StaffRole.DESK)
    made = await use(here, link)
    assert isinstance(await made.sign_in(), In)
    with pytest.raises(LinkOver):
        await account_link.invited(here.site, link.token)
    kept = await here.one("SELECT password, sealed_totp FROM account WHERE staff=?", QIN)
    assert PASSWORD.encode() not in bytes(kept[0])
    assert made.secret.encode() not in bytes(kept[1])
    assert link.token.encode() not in bytes(await here.one("SELECT invite FROM invite"))


async def test_without_a_right_code_nothing_is_set(here: World) -> None:
    link = await link_for(here, QIN, "qin.sj")
    prepared = await account_link.prepare(here.site, link.token, PASSWORD)
    assert isinstance(prepared, Prepared)
    assert await account_link.finish(here.site, link.token, prepared.carried, "000000") is None
    assert await here.one("SELECT state, password FROM account WHERE staff=?", QIN) == (
        "invited",
        b"",
    )
    with pytest.raises(LinkOver):
        await account_link.finish(here.site, link.token, prepared.carried[:-8] + "AAAAAAAA", "1")
    other = await link_for(here, SU, "su.qm")
    with pytest.raises(LinkOver):  # what one link carried belongs to it alone
        await account_link.finish(here.site, other.token, prepared.carried, "000000")


async def test_a_link_runs_out_and_gives_way_to_a_newer_one(here: World) -> None:
    tian = await signed(here, TIAN)
    first = await make_account(here.site, tian, QIN, "qin.sj")
    second = await reset_account(here.site, tian, QIN)
    assert second.purpose == "first"
    with pytest.raises(LinkOver):
        await account_link.invited(here.site, first.token)
    here.clock.pass_(hours=INVITE_HOURS, ms=1)
    with pytest.raises(LinkOver):
        await account_link.invited(here.site, second.token)


async def test_a_weak_password_is_named(here: World) -> None:
    link = await link_for(here, QIN, "qin.sj")
    for password, fault in (
        ("kurz", PasswordFault.SHORT),
        ("x1" * 65, PasswordFault.LONG),
        ("hallo QIN.SJ 2026", PasswordFault.OWN),
        ("1234567890", PasswordFault.PATTERN),
    ):
        assert await account_link.prepare(here.site, link.token, password) is fault


async def test_whatever_is_wrong_the_answer_is_the_same(qin: Person) -> None:
    assert await qin.sign_in(password="not this one") == Wrong()
    assert await qin.sign_in(code="000000") == Wrong()
    qin.login = "nobody.here"
    assert await qin.sign_in() == Wrong()


async def test_a_code_counts_once(qin: Person) -> None:
    assert isinstance(await qin.sign_in(), In)
    assert await qin.sign_in() == Wrong()
    qin.world.clock.pass_(ms=30_000)
    assert isinstance(await qin.sign_in(), In)


async def test_five_wrong_tries_shut_the_account_and_longer_each_time(qin: Person) -> None:
    clock = qin.world.clock
    await qin.wrong(5)
    began = clock()
    shut = await qin.sign_in()
    assert shut == Shut(began + 15 * 60_000)
    clock.pass_(minutes=15)
    await qin.wrong(4)
    assert await qin.sign_in(code="111111") == Wrong()
    clock.pass_(minutes=29)
    assert isinstance(await qin.sign_in(), Shut)
    clock.pass_(minutes=1)
    assert isinstance(await qin.sign_in(), In)
    assert await qin.world.one("SELECT tries FROM account WHERE staff=?", QIN) == 0


async def test_guesses_while_it_is_shut_do_not_prolong_it(qin: Person) -> None:
    await qin.wrong(12)
    qin.world.clock.pass_(minutes=15)
    assert isinstance(await qin.sign_in(), In)


async def test_an_address_that_guesses_too_much_is_not_listened_to(qin: Person) -> None:
    await qin.wrong(WRONG_PER_MINUTE)
    with pytest.raises(TooManyTries):
        await qin.sign_in()
    qin.world.clock.pass_(minutes=20)
    assert isinstance(await qin.sign_in(), In)


async def test_signing_in_again_ends_the_session_this_browser_had(qin: Person) -> None:
    world = qin.world
    first = await qin.sign_in()
    assert isinstance(first, In)
    assert isinstance(await sessions.signed_in(world.site, first.token), Signed)
    await world.store.write(lambda tx: sessions.renew(tx, world.site, QIN, first.token))
    assert await sessions.signed_in(world.site, first.token) is None


async def test_a_reset_by_a_second_person_ends_everything_old(qin: Person) -> None:
    world = qin.world
    before = await qin.sign_in()
    assert isinstance(before, In)
    for wrong_hand in (QIN, HE, CHEN, LU):
        with pytest.raises(NotYours):
            await reset_account(world.site, await signed(world, wrong_hand), QIN)
    link = await reset_account(world.site, await signed(world, TIAN), QIN)
    assert link.purpose == "reset"
    assert await sessions.signed_in(world.site, before.token) is None
    world.clock.pass_(ms=30_000)
    assert await qin.sign_in() == Wrong()
    again = await use(world, link, "a wholly other sentence")
    assert isinstance(await again.sign_in(), In)
    assert await qin.sign_in(code=again.code) == Wrong()
    rows = await world.rows(
        "SELECT what, actor FROM account_event WHERE staff=? ORDER BY event", QIN
    )
    assert ("reset", TIAN) in rows
    leaves = await world.rows("SELECT detail FROM audit_leaf WHERE what='act'")
    assert any(bytes(each[0]).startswith(b"account-reset" + QIN + TIAN) for each in leaves)


async def test_a_closed_account_opens_nothing_and_can_begin_anew(qin: Person) -> None:
    world = qin.world
    before = await qin.sign_in()
    assert isinstance(before, In)
    await world.store.write(lambda tx: close_account(tx, world.site, actor=TIAN, staff=QIN))
    assert await sessions.signed_in(world.site, before.token) is None
    world.clock.pass_(ms=30_000)
    assert await qin.sign_in() == Wrong()
    tian = await signed(world, TIAN)
    with pytest.raises(RuleSaysNo, match="no_account"):
        await reset_account(world.site, tian, QIN)
    assert (await make_account(world.site, tian, QIN, "qin.sj")).purpose == "first"


async def test_the_list_shows_the_own_place_only(qin: Person) -> None:
    world = qin.world
    await person(world, HE, "he.xm")
    tian, chen = await signed(world, TIAN), await signed(world, CHEN)
    mine = await accounts.accounts_of(world.site, tian)
    assert (QIN in mine, HE in mine) == (True, False)
    assert {QIN, HE, CHEN} <= set(await accounts.accounts_of(world.site, chen))
    shown = await accounts.account_of(world.site, tian, QIN)
    assert isinstance(shown, accounts.Account)
    assert [each.what for each in shown.events] == ["set", "link", "made"]
    with pytest.raises(NotYours):
        await accounts.account_of(world.site, tian, HE)


async def test_a_new_password_needs_the_old_one_and_signs_the_others_out(qin: Person) -> None:
    world, site = qin.world, qin.world.site
    here, there = await qin.sign_in(), await session_of(world, QIN)
    assert isinstance(here, In)
    who = await sessions.signed_in(site, here.token)
    assert isinstance(who, Signed)
    assert await accounts.change_password(site, who, "not the old one", "some new words") == ""
    fresh = await accounts.change_password(site, who, PASSWORD, "some new words")
    assert isinstance(fresh, str)
    assert isinstance(await sessions.signed_in(site, fresh), Signed)
    for gone in (here.token, there):
        assert await sessions.signed_in(site, gone) is None
    world.clock.pass_(ms=30_000)
    assert await qin.sign_in() == Wrong()
    assert isinstance(await qin.sign_in(password="some new words"), In)


async def test_what_nobody_needs_any_more_is_forgotten(qin: Person) -> None:
    world = qin.world
    await qin.sign_in()
    await drafts.keep(world.site, QIN, "/console/audit", {"day": ["2026-11-20"]})
    assert await account_upkeep.forget(world.site) == 0
    world.clock.pass_(hours=25)
    assert await account_upkeep.forget(world.site) == 3  # the draft and two sessions
    assert await world.rows("SELECT draft FROM draft") == []
    assert await world.rows("SELECT session FROM session") == []


async def test_a_hash_has_its_own_salt_and_the_full_cost() -> None:
    one, two = await password_hash.hash_of(PASSWORD), await password_hash.hash_of(PASSWORD)
    assert one != two
    assert (one[0], one[1], len(one)) == (1, 17, 50)
    assert await password_hash.matches(PASSWORD, one)
    assert not await password_hash.matches(PASSWORD + "x", one)
    assert not await password_hash.matches(PASSWORD, b"")
