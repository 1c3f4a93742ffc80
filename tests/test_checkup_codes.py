"""Codes are given out once, found again, and revoked everywhere."""

from datetime import timedelta

import pytest

from crypto.card import CardType, Outcome, Trust, check, digits_of, key_id_of
from crypto.keys import SigningPublicKey, Suite
from server.actions.checkup import code_list, codes, days
from server.actions.checkup.codes import Code
from server.actions.keeping.keyring import CODE, renew_code
from server.actions.keeping.site import district_key_blob, open_site
from server.errors import NotYours, RuleSaysNo
from server.store.tx import Tx
from server.store.vault import NOBODY
from sync.hall_wire import CODES_LABEL, CodeList
from sync.hall_wire import code_list as read_list
from tests.checkup_days import IN_A_WEEK, a_day, at, csn_of, desk, draft, planned
from tests.console import CHEN
from tests.world import DISTRICT, HE, QIN, WU, YANG, ZHENG, ZHOU, World


@pytest.fixture
async def plan(world: World) -> World:
    await planned(world)
    return world


async def cards(world: World, *whos: bytes) -> dict[bytes, Code]:
    return await world.store.write(lambda tx: codes.issue_cards(tx, world.site, whos, QIN))


async def day_code(world: World, day: bytes, who: bytes) -> Code:
    return await world.store.write(lambda tx: codes.day_code(tx, world.site, day, who))


async def found_by(world: World, day: bytes, who: bytes) -> list[bytes]:
    found = await world.store.read(lambda tx: codes.codes_of(tx, DISTRICT, [who], day))
    return found[who]


async def listed(world: World, suite: Suite = Suite.X25519_ED25519) -> CodeList:
    made = await world.store.read(lambda tx: code_list.signed(tx, world.site, suite))
    assert world.site.keys.trust[suite].public.verify(
        CODES_LABEL + bytes(made.codes), made.signature
    )
    return read_list(made.codes)


async def on_a_tablet(world: World, code: Code) -> Outcome:
    """As a tablet judges it on the checkup day with the list of now."""
    held = await listed(world)
    keys = {number: SigningPublicKey(Suite.X25519_ED25519, raw) for number, raw in held.keys}
    ends_s = codes.day_ends_ms(IN_A_WEEK) // 1000
    now_s = world.clock() // 1000
    return check(code.text, Trust(keys, set(held.revoked)), now_s=now_s, day_ends_s=ends_s)[0]


async def test_a_card_is_good_for_two_years_and_given_out_once(plan: World) -> None:
    made = await cards(plan, ZHOU, WU)
    assert (await cards(plan, ZHOU))[ZHOU] == made[ZHOU], "printed again it is the same card"
    card = made[ZHOU]
    assert card.digits == digits_of(card.id)
    assert card.type is CardType.CARD
    assert await on_a_tablet(plan, card) is Outcome.VALID
    at(plan, IN_A_WEEK.replace(year=2028, month=11, day=19), "12:00")
    assert await on_a_tablet(plan, card) is Outcome.VALID
    at(plan, IN_A_WEEK.replace(year=2028, month=11, day=20), "00:00")
    assert await on_a_tablet(plan, card) is Outcome.EXPIRED
    assert (await cards(plan, ZHOU))[ZHOU].id != card.id


async def test_a_card_that_ends_soon_is_followed_by_a_new_one_and_still_greeted(
    plan: World,
) -> None:
    day = await a_day(plan)
    old = (await cards(plan, ZHOU))[ZHOU]
    plan.clock.pass_(days=680)
    new = (await cards(plan, ZHOU))[ZHOU]
    assert new.id != old.id
    assert set(await found_by(plan, day, ZHOU)) == {old.id, new.id}


async def test_a_day_code_is_made_once_and_is_good_on_its_day_alone(plan: World) -> None:
    day = await a_day(plan)
    code = await day_code(plan, day, ZHOU)
    assert await day_code(plan, day, ZHOU) == code
    assert await found_by(plan, day, ZHOU) == [code.id]
    at(plan, IN_A_WEEK, "23:59")
    assert await on_a_tablet(plan, code) is Outcome.VALID
    at(plan, IN_A_WEEK + timedelta(days=1), "00:00")
    assert await on_a_tablet(plan, code) is Outcome.EXPIRED
    other = await a_day(plan, on=IN_A_WEEK + timedelta(days=3))
    assert await on_a_tablet(plan, await day_code(plan, other, ZHOU)) is Outcome.WRONG_DAY


async def test_tablets_learn_of_a_new_code_by_the_persons_row(plan: World) -> None:
    day = await a_day(plan)
    before = await csn_of(plan, day)
    await day_code(plan, day, ZHOU)
    assert await csn_of(plan, day) == before + 1
    await day_code(plan, day, ZHOU)
    assert await csn_of(plan, day) == before + 1, "nothing changed"
    await plan.store.write(lambda tx: codes.prepare(tx, plan.site, day, [ZHOU, WU]))
    assert await csn_of(plan, day) == before + 1, "the packer is about to write the row itself"
    await cards(plan, ZHOU, ZHENG)
    assert await csn_of(plan, day) == before + 2, "only Zhou is on the list"


async def test_a_day_that_is_moved_has_other_codes(plan: World) -> None:
    day = await a_day(plan)
    before, csn = await day_code(plan, day, ZHOU), await csn_of(plan, day)
    later = draft(on=IN_A_WEEK + timedelta(days=1))
    await days.change(plan.site, await desk(plan), day, later)
    assert await csn_of(plan, day) > csn, "tablets get the rows anew"
    after = await day_code(plan, day, ZHOU)
    assert after.ends_ms == before.ends_ms + 86_400_000
    at(plan, IN_A_WEEK + timedelta(days=1), "09:00")
    found = await plan.store.read(
        lambda tx: codes.scanned(tx, plan.site, after.text, on=IN_A_WEEK + timedelta(days=1))
    )
    assert found == (Outcome.VALID, ZHOU)


async def test_a_lost_card_is_revoked_and_the_next_is_another(plan: World) -> None:
    day, who = await a_day(plan), await desk(plan)
    lost = (await cards(plan, ZHOU))[ZHOU]
    before, version = await listed(plan), await plan.one("SELECT version FROM checkup_day")
    await codes.revoke(plan.site, who, lost.id, "lost")
    await codes.revoke(plan.site, who, lost.id, "lost")
    after = await listed(plan)
    assert (before.revoked, after.revoked) == ((), (lost.id,))
    assert after.counter == before.counter + 1, "twice is once"
    assert await plan.one("SELECT version FROM checkup_day") == version + 1
    assert await on_a_tablet(plan, lost) is Outcome.REVOKED
    new = (await cards(plan, ZHOU))[ZHOU]
    assert await on_a_tablet(plan, new) is Outcome.VALID
    assert await found_by(plan, day, ZHOU) == [new.id]
    found = await plan.store.read(lambda tx: codes.issued_to(tx, plan.site, ZHOU))
    assert [(each.id, each.reason) for each in found] == [(new.id, ""), (lost.id, "lost")]


async def test_what_has_ended_by_itself_leaves_the_list_and_the_counter_stays(
    plan: World,
) -> None:
    lost = (await cards(plan, ZHOU))[ZHOU]
    await codes.revoke(plan.site, await desk(plan), lost.id, "lost")
    counter = (await listed(plan)).counter
    plan.clock.pass_(days=800)
    assert ((await listed(plan)).revoked, (await listed(plan)).counter) == ((), counter)


async def test_nobody_of_another_facility_revokes_a_card(plan: World) -> None:
    theirs = (await cards(plan, ZHOU))[ZHOU]
    for staff in (HE, CHEN):
        with pytest.raises(NotYours):
            await codes.revoke(plan.site, await desk(plan, staff), theirs.id, "lost")
    with pytest.raises(NotYours):
        await codes.revoke(plan.site, await desk(plan), bytes(16), "lost")
    with pytest.raises(RuleSaysNo):
        await codes.revoke(plan.site, await desk(plan), theirs.id, "because")
    assert (await listed(plan)).revoked == ()


async def test_a_restored_backup_does_not_make_the_counter_fall(plan: World) -> None:
    lost = (await cards(plan, ZHOU))[ZHOU]
    await codes.revoke(plan.site, await desk(plan), lost.id, "lost")
    before = (await listed(plan)).counter

    async def restored(tx: Tx) -> None:
        await tx.run("UPDATE checkup_code SET revoked_at=NULL")
        await tx.run("UPDATE district SET feed_epoch=feed_epoch+1")

    await plan.store.write(restored)
    assert (await listed(plan)).counter > before


async def test_both_suites_get_the_same_list(plan: World) -> None:
    one, other = await listed(plan), await listed(plan, Suite.P256_ES256)
    assert one == other
    assert [number for number, _ in one.keys] == [key_id_of(plan.site.keys.newest_code.public)]


async def test_a_renewed_key_signs_what_is_new_and_the_old_one_proves_what_it_signed(
    plan: World,
) -> None:
    old = (await cards(plan, ZHOU))[ZHOU]

    async def renew(tx: Tx) -> int:
        blob = await district_key_blob(tx, DISTRICT)
        key = plan.site.vault.key(NOBODY, blob)
        return await renew_code(tx, plan.site.vault, key, plan.clock())

    before = (await listed(plan)).counter
    assert await plan.store.write(renew) == 2
    await plan.site.reload_keys()
    new = (await cards(plan, WU))[WU]
    assert (await listed(plan)).counter == before + 1
    assert old.text[:14] != new.text[:14], "another key is named"
    for each in (old, new):
        assert await on_a_tablet(plan, each) is Outcome.VALID
    assert (await cards(plan, ZHOU))[ZHOU] == old


async def test_a_district_of_an_older_version_gets_its_key_when_it_is_opened(
    world: World,
) -> None:
    await world.store.write(lambda tx: tx.run("DELETE FROM server_key WHERE purpose=?", CODE))
    trust = world.site.keys.bundles[Suite.X25519_ED25519]
    site = await open_site(
        world.store, kek_file=world.kek_file, district=DISTRICT, clock=world.clock
    )
    assert list(site.keys.code) == [key_id_of(site.keys.newest_code.public)]
    assert site.keys.bundles[Suite.X25519_ED25519].bundle == trust.bundle, (
        "tablets are told nothing"
    )
    again = await open_site(
        world.store, kek_file=world.kek_file, district=DISTRICT, clock=world.clock
    )
    assert list(again.keys.code) == list(site.keys.code)


async def test_a_scan_or_its_digits_lead_to_the_living_archive(plan: World) -> None:
    code = (await cards(plan, ZHOU))[ZHOU]

    async def scanned(text: str) -> tuple[Outcome, bytes | None]:
        return await plan.store.read(lambda tx: codes.scanned(tx, plan.site, text))

    assert await scanned(code.text) == (Outcome.VALID, ZHOU)
    assert await scanned(code.text.lower() + "\r\n") == (Outcome.VALID, ZHOU)
    assert await scanned(code.digits) == (Outcome.VALID, ZHOU)
    read_out = f" {code.digits[:4]} {code.digits[4:8]} {code.digits[8:]}"
    assert await scanned(read_out) == (Outcome.VALID, ZHOU)
    assert await scanned(digits_of(bytes(16))) == (Outcome.NOT_A_CODE, None)
    assert await scanned("371002195503120028") == (Outcome.NOT_A_CODE, None)
    await plan.store.write(
        lambda tx: tx.run("INSERT INTO merged VALUES (?, ?, ?)", DISTRICT, ZHOU, WU)
    )
    assert await scanned(code.text) == (Outcome.VALID, WU)
    day = await a_day(plan)
    assert code.id in await found_by(plan, day, WU)
    await codes.revoke(plan.site, await desk(plan), code.id, "lost")
    for text in (code.text, code.digits):
        assert await scanned(text) == (Outcome.REVOKED, WU)


async def test_digits_that_somebody_has_are_drawn_again(
    plan: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = (await cards(plan, ZHOU))[ZHOU]
    drawn = iter([first.id, bytes(range(16))])
    monkeypatch.setattr(codes, "random_bytes", lambda _: next(drawn))
    assert (await cards(plan, YANG))[YANG].id == bytes(range(16))
