"""Pictures of a tablet: named by a change, sent in signed pieces, looked at, receipted, shown."""

import io

import pytest
from PIL import Image

from crypto.attachment import AttachmentKey, file_id, seal_file
from crypto.slip import head_slip, put_slip
from server.actions.attachments import taken
from server.actions.tablets import devices
from server.actions.tablets.attachments import ask_for_missing
from server.actions.tablets.release import release
from server.errors import NotFound
from server.store.ids import new_id
from server.store.tx import Tx
from sync import attachment_wire, wire
from sync.limits import ATTACHMENT_PIECE_BYTES
from sync.tablet import Tablet
from sync.tablet_photos import Call, NoPictures
from tests.forge import forger
from tests.photo_calls import Cut, Door, door, visit_with
from tests.pictures import a_photo, png_that_claims
from tests.world import HE, SU, TEAM_A, YANG, ZHOU, Field, World, field

PHOTO = a_photo(700, 500)  # two pieces


async def at_home(world: World, home: Door, name: str = "07", **more: object) -> Field:
    """A tablet that has settled and knows that the server takes pictures."""
    su = await field(world, name, **more)  # type: ignore[arg-type]
    await su.settle()
    assert await home.deliver(su.tablet) == 0
    return su


async def shown(world: World, name: bytes, who: bytes = ZHOU, classes: str = "AB") -> bytes:
    kind, content = await world.store.read(
        lambda tx: taken.read(tx, world.site, who, name, classes=classes)
    )
    assert kind == "image/jpeg"
    return content


async def test_a_visit_goes_first_and_its_picture_comes_by_itself(world: World) -> None:
    async with door(world) as home:
        su = await at_home(world, home)
        change, (named,) = visit_with(su, ZHOU, PHOTO)
        await su.settle()
        assert su.tablet.fate(change) == ("applied", "")
        with pytest.raises(NotFound):
            await shown(world, named.id)
        assert await home.deliver(su.tablet) == 1
        picture = Image.open(io.BytesIO(await shown(world, named.id)))
        assert picture.size == (700, 500)
        assert su.tablet.photos.state_of(named.id) == ("held", "")
        # Nothing of the tablet's own file or key is left at the server, and no content in clear.
        rows = await world.rows("SELECT body FROM attachment_part")
        stored = b"".join(row[0] for row in rows)
        assert b"JFIF\x00\x01" in PHOTO
        assert b"JFIF\x00\x01" not in stored
        assert named.key not in stored + await world.one("SELECT sealed FROM attachment")


async def test_a_tablet_names_no_picture_before_its_server_is_known_to_take_any(
    world: World,
) -> None:
    su = await field(world, "07")
    await su.settle()
    with pytest.raises(NoPictures):
        su.tablet.photos.make(PHOTO)


@pytest.mark.parametrize("cut", [1, 2, 3])
async def test_a_cut_in_the_middle_costs_no_piece_that_arrived(world: World, cut: int) -> None:
    async with door(world) as home:
        su = await at_home(world, home)
        _, (named,) = visit_with(su, ZHOU, PHOTO)
        await su.settle()
        home.made.clear()
        assert -(-named.size // ATTACHMENT_PIECE_BYTES) == 2
        with pytest.raises(Cut):
            await home.deliver(su.tablet, cut_after=cut)
        path = world.folder / "07.tablet"
        su.tablet.close()  # the app was killed; it comes back locked, and delivers all the same
        locked = Tablet.open(path, None, clock=world.clock, new_id=new_id)
        home.made.clear()
        assert await home.deliver(locked) == 1
        # The last answer of all lost: one empty piece asks for the receipt.
        assert home.made == ["HEAD"] + ["PUT"] * {1: 2, 2: 1, 3: 1}[cut]
        assert locked.photos.state_of(named.id) == ("held", "")
        assert Image.open(io.BytesIO(await shown(world, named.id))).size == (700, 500)


async def test_an_id_is_good_for_the_tablet_that_named_it_and_for_nobody_else(
    world: World,
) -> None:
    async with door(world) as home:
        su, other = await at_home(world, home), await at_home(world, home, "09")
        _, (named,) = visit_with(su, ZHOU, PHOTO)
        sealed = su.tablet.disk.rows("SELECT body FROM photo_part WHERE n=0")[0][0]

        async def put(mine: Field, piece: bytes = sealed, *, at: int = 0) -> tuple[int, bytes]:
            keys = mine.keys
            slip = put_slip(keys.device, named.id, at, piece, signer=keys.sign)
            got = await home.call(Call("PUT", named.id, slip, piece))
            return got.status_code, got.content

        early = await put(su)
        await su.settle()
        foreign = await put(other)
        stolen = put_slip(su.keys.device, named.id, 0, sealed, signer=other.keys.sign)
        forged = await home.call(Call("PUT", named.id, stolen, sealed))
        asked = head_slip(su.keys.device, named.id, signer=su.keys.sign)
        wrong_call = await home.call(Call("PUT", named.id, asked, sealed))
        unslipped = await home.call(Call("PUT", named.id, b"", sealed))
        answers = {early, foreign, *((g.status_code, g.content) for g in
                                     (forged, wrong_call, unslipped))}  # fmt: skip
        assert {status for status, _ in answers} == {403}
        assert len(answers) == 1, "one answer for all of it"
        slip = put_slip(su.keys.device, named.id, 0, sealed, signer=su.keys.sign)
        changed = await home.call(Call("PUT", named.id, slip, b"x" + sealed[1:]))
        assert changed.status_code == 403
        assert (await put(su, sealed[:-1]))[0] == 409
        assert (await put(su, sealed, at=ATTACHMENT_PIECE_BYTES))[0] == 409
        assert (await put(su, sealed + b"x"))[0] == 413
        assert await world.one("SELECT COUNT(*) FROM attachment_part") == 0
        assert (await put(su))[0] == 200
        assert (await put(su))[0] == 200, "a piece sent again is there already"
        head = await home.call(Call("HEAD", named.id, asked))
        assert head.headers[attachment_wire.ARRIVED_HEADER] == str(ATTACHMENT_PIECE_BYTES)


async def test_the_same_id_named_by_another_tablet_takes_nothing_from_the_first(
    world: World,
) -> None:
    """Whoever carries the resident has read id and key in the change."""
    async with door(world) as home:
        su, other = await at_home(world, home), await at_home(world, home, "09")
        _, (named,) = visit_with(su, ZHOU, PHOTO)
        await su.settle()
        body = wire.encode({"next_date": "2027-02-18"})
        other.tablet.save_event(ZHOU, "htn_followup", "2026-11-19", body, attach=(named,))
        await other.settle()
        assert await home.deliver(su.tablet) == 1
        assert Image.open(io.BytesIO(await shown(world, named.id))).size == (700, 500)


REFUSED = {
    "not_a_picture": b"%PDF-1.7 " + bytes(500),
    "heic": b"\x00\x00\x00\x18ftypheic" + bytes(500),
    "broken_picture": PHOTO[: len(PHOTO) // 2],
    "too_many_pixels": png_that_claims(50_000, 50_000),
}


@pytest.mark.parametrize("reason", REFUSED)
async def test_what_is_no_picture_gets_a_receipt_that_says_so_and_a_task(
    world: World, reason: str
) -> None:
    async with door(world) as home:
        su = await at_home(world, home)
        change, (named,) = visit_with(su, ZHOU, REFUSED[reason])
        await su.settle()
        assert await home.deliver(su.tablet) == 1
        assert su.tablet.photos.state_of(named.id) == ("refused", reason)
        assert await world.rows("SELECT body FROM attachment_part") == []
        assert await world.one("SELECT subject FROM task WHERE kind='photo'") == change


async def test_bytes_that_are_not_those_of_the_id_or_the_key_are_refused(world: World) -> None:
    async with door(world) as home:
        su = await at_home(world, home)
        good, key = seal_file(AttachmentKey.fresh(), PHOTO), bytes(32)
        other = seal_file(AttachmentKey(key), PHOTO)
        changes = {
            "other_bytes": wire.Attach(id=file_id(good), key=key, size=len(other), type="x"),
            "cannot_open": wire.Attach(id=file_id(good[:-1]), key=key, size=len(good) - 1, type=""),
        }
        for named, data in zip(changes.values(), (other, good[:-1]), strict=True):
            body = wire.encode({"next_date": "2027-02-18"})
            su.tablet.save_event(ZHOU, "htn_followup", "2026-11-19", body, attach=(named,))
            await su.settle()
            for at in range(0, len(data), ATTACHMENT_PIECE_BYTES):
                piece = data[at : at + ATTACHMENT_PIECE_BYTES]
                slip = put_slip(su.keys.device, named.id, at, piece, signer=su.keys.sign)
                got = await home.call(Call("PUT", named.id, slip, piece))
                assert got.status_code == 200
            receipt = attachment_wire.arrived(got.content).receipt
            assert receipt is not None
            reason = attachment_wire.receipt(receipt.receipt).reason
            assert changes[reason] is named


async def test_too_many_and_too_large_ones_are_quarantined_with_their_change(world: World) -> None:
    async with door(world) as home:
        su = await at_home(world, home)
        many = tuple(
            wire.Attach(id=bytes([n]) * 32, key=bytes(32), size=9, type="") for n in range(5)
        )
        large = wire.Attach(id=bytes(32), key=bytes(32), size=8 * 1024 * 1024 + 1, type="")
        for attach in (many, (large,), (many[0], many[0])):
            body = wire.encode({"next_date": "2027-02-18"})
            change = su.tablet.save_event(ZHOU, "htn_followup", "2026-11-19", body, attach=attach)
            await su.settle()
            assert su.tablet.fate(change) == ("quarantined", "too_large")
        with pytest.raises(NoPictures):
            su.tablet.photos.make(bytes(10_000_000))
        assert await world.one("SELECT COUNT(*) FROM attachment") == 0


async def test_a_tablet_leaves_no_more_than_its_share_half_sent(world: World) -> None:
    async with door(world) as home:
        su = await at_home(world, home)
        _, (named,) = visit_with(su, ZHOU, PHOTO)
        await su.settle()
        half = 8 * 1024 * 1024

        async def begun(tx: Tx) -> None:
            await tx.insert(
                "attachment",
                [
                    (1, bytes([n]) * 32, su.keys.device, ZHOU, None, "A", "resident", "waiting", "",
                     half + 1, half, 0, world.clock(), SU, None, b"")
                    for n in range(25)
                ],
            )  # fmt: skip

        await world.store.write(begun)
        assert await home.deliver(su.tablet) == 0
        slip, piece = su.tablet.disk.rows("SELECT slip, body FROM photo_part WHERE n=0")[0]
        got = await home.call(Call("PUT", named.id, slip, piece))
        assert (got.status_code, got.json()["code"]) == (429, "too_much_waiting")


async def test_what_never_comes_is_asked_for_and_still_taken_when_it_does(world: World) -> None:
    async with door(world) as home:
        su = await at_home(world, home)
        change, (named,) = visit_with(su, ZHOU, PHOTO)
        await su.settle()
        home.made.clear()
        with pytest.raises(Cut):
            await home.deliver(su.tablet, cut_after=2)
        world.clock.pass_(days=29)
        assert await ask_for_missing(world.site) == 0
        world.clock.pass_(days=2)
        assert await ask_for_missing(world.site) == 1
        assert await ask_for_missing(world.site) == 0
        assert await world.rows("SELECT body FROM attachment_part") == []
        assert await world.one("SELECT subject, closed_at FROM task WHERE kind='photo'") == (
            change, None,
        )  # fmt: skip
        assert await home.deliver(su.tablet) == 1
        assert await world.one("SELECT result FROM task WHERE kind='photo'") == "arrived"
        assert Image.open(io.BytesIO(await shown(world, named.id))).size == (700, 500)


async def test_a_picture_of_a_quarantined_visit_waits_apart_until_a_person_lets_it_in(
    world: World,
) -> None:
    async with door(world) as home:
        su = await at_home(world, home)
        change, (named,) = visit_with(su, YANG, PHOTO)
        await su.settle()
        assert su.tablet.fate(change)[0] == "quarantined"
        assert await home.deliver(su.tablet) == 1
        with pytest.raises(NotFound):
            await shown(world, named.id, YANG)
        assert await world.one("SELECT under FROM attachment") == "district"
        await release(world.site, change, staff=HE)
        assert await world.one("SELECT under FROM attachment") == "resident"
        assert Image.open(io.BytesIO(await shown(world, named.id, YANG))).size == (700, 500)


async def test_a_restricted_visit_has_a_restricted_picture(world: World) -> None:
    async with door(world) as home:
        su = await at_home(world, home, restricted=True)
        change, (named,) = visit_with(su, ZHOU, PHOTO, kind="tb_followup")
        await su.settle()
        assert await world.one("SELECT cls FROM change WHERE change=?", change) == "B"
        await home.deliver(su.tablet)
        with pytest.raises(NotFound):
            await shown(world, named.id, classes="A")
        assert await shown(world, named.id, classes="AB")
        with pytest.raises(NotFound):
            await shown(world, named.id, YANG)


async def test_an_older_tablet_is_sent_no_change_that_it_cannot_read(world: World) -> None:
    async with door(world) as home:
        su = await at_home(world, home)
        visit_with(su, ZHOU, PHOTO)
        await su.settle()
        old = await forger(world, "old")
        wants = (wire.Cursor(panel=TEAM_A, epoch=0, csn=0),)
        answer = (await old.post(old.empty(cursors=wants, schema=2))).answer
        page = wire.page(answer.pages[0])
        assert page.root is None
        assert b'"attach"' not in b"".join(map(bytes, page.snap_rows))
        newer = (await old.post(old.empty(cursors=wants, schema=3))).answer
        assert b'"attach"' in b"".join(map(bytes, wire.page(newer.pages[0]).snap_rows))


async def test_a_lost_tablet_still_delivers_and_a_wiped_one_too(world: World) -> None:
    async with door(world) as home:
        su = await at_home(world, home)
        _, (named,) = visit_with(su, ZHOU, PHOTO)
        await su.settle()
        await devices.mark_lost(world.site, su.keys.device, world.clock())
        result = await su.go()
        assert result.wiped
        left = b"".join(row[0] for row in su.tablet.disk.rows("SELECT body FROM photo_part"))
        assert left, "sealed, for the server alone"
        assert su.tablet.disk.rows("SELECT 1 FROM own UNION SELECT 1 FROM entity") == []
        assert await home.deliver(su.tablet) == 1
        assert Image.open(io.BytesIO(await shown(world, named.id))).size == (700, 500)
