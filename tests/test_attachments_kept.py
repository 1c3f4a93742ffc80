"""Pictures at rest: merged and undone, backed up and restored, verified, let go, shredded; and
those that people send in forms.
"""

import io
from pathlib import Path

import pytest
from PIL import Image

from server.actions.archives.merging import Wish, merge
from server.actions.archives.unmerging import unmerge
from server.actions.attachments import taken
from server.actions.attachments.taken import BadPicture, take_upload
from server.actions.keeping import backup
from server.actions.keeping.site import open_site
from server.actions.keeping.verify import verify_journal
from server.errors import NotFound
from server.records.model import AccessClass
from server.store.migrate import migrate
from server.store.store import Store
from server.store.tx import Tx
from server.store.vault import NOBODY
from sync.tablet_photos import Call
from tests.console import TIAN, offices
from tests.photo_calls import door, visit_with
from tests.pictures import a_photo
from tests.test_attachments import PHOTO, at_home, shown
from tests.test_merging import signed
from tests.test_move import moves
from tests.world import DISTRICT, QIN, SU, WU, ZHOU, World, an_id

SMALL = a_photo(90, 60)
A = AccessClass.A


async def holds(world: World) -> None:
    report = await verify_journal(world.site)
    assert report.holds, report.faults


def size_of(jpeg: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(jpeg)).size


async def test_pictures_go_with_a_merge_and_back_with_its_undoing(world: World) -> None:
    await offices(world)
    tian = await signed(world, TIAN)
    async with door(world) as home:
        su = await at_home(world, home)
        _, (before,) = visit_with(su, WU, SMALL)
        await su.settle()
        await home.deliver(su.tablet)
        _, (late,) = visit_with(su, WU, SMALL)
        merge_id = await merge(world.site, tian, Wish(ZHOU, WU, frozenset()))
        await su.settle()  # named for the gone archive, which is merged meanwhile
        assert await home.deliver(su.tablet) == 1
        for named in (before, late):
            assert size_of(await shown(world, named.id, ZHOU)) == (90, 60)
        await holds(world)
        await unmerge(world.site, tian, merge_id)
        for named in (before, late):
            assert size_of(await shown(world, named.id, WU)) == (90, 60)
            with pytest.raises(NotFound):
                await shown(world, named.id, ZHOU)
        await holds(world)


async def test_a_picture_stays_on_the_tablet_until_a_backup_holds_it_and_goes_again_after_a_restore(
    world: World, tmp_path: Path
) -> None:
    async with door(world) as home:
        su = await at_home(world, home)
        _, (first,) = visit_with(su, ZHOU, SMALL)
        await su.settle()
        await home.deliver(su.tablet)
        await su.settle()
        assert su.tablet.photos.state_of(first.id) == ("held", "")
        world.clock.pass_(hours=1)
        done = await backup.backup(world.site, tmp_path)
        await su.settle()
        assert su.tablet.photos.state_of(first.id) == ("", ""), "dropped"
        assert su.tablet.disk.rows("SELECT * FROM photo_part") == []
        world.clock.pass_(hours=1)
        _, (second,) = visit_with(su, ZHOU, PHOTO)
        await su.settle()
        await home.deliver(su.tablet)
    async with Store(f"sqlite:///{tmp_path}/twin") as store:
        await migrate(store)
        await backup.restore_into(store, done.path, world.kek_file, now=world.clock())
        site = await open_site(store, kek_file=world.kek_file, district=DISTRICT, clock=world.clock)
        twin = World(site, store, world.clock, world.kek_file, tmp_path, f"sqlite:///{tmp_path}/t")
        su.world = twin
        assert size_of(await shown(twin, first.id)) == (90, 60)
        with pytest.raises(NotFound):
            await shown(twin, second.id)
        await su.settle()
        assert su.tablet.photos.state_of(second.id) == ("waiting", "")
        async with door(twin) as home:
            assert await home.deliver(su.tablet) == 1
        assert size_of(await shown(twin, second.id)) == (700, 500)
        await holds(twin)


async def test_verifying_finds_a_changed_a_moved_and_a_missing_picture(world: World) -> None:
    pictures = [
        await take_upload(world.site, ZHOU, SMALL, by=SU, cls=A),
        await take_upload(world.site, ZHOU, SMALL, by=SU, cls=A),
        await take_upload(world.site, WU, SMALL, by=SU, cls=A),
    ]
    await holds(world)
    first, second, third = (each.id for each in pictures)
    assert len({first, second, third}) == 3, "the same dots, sealed under keys of their own"

    async def spoil(tx: Tx) -> None:
        body = (await tx.rows("SELECT body FROM attachment_part WHERE attachment=?", second))[0][0]
        await tx.run("UPDATE attachment_part SET body=? WHERE attachment=?", body, first)
        await tx.run("UPDATE attachment SET resident=? WHERE attachment=?", WU, second)
        await tx.run("DELETE FROM attachment WHERE attachment=?", third)

    await world.store.write(spoil)
    found = {(each.code, each.where) for each in (await verify_journal(world.site)).faults}
    assert found == {
        ("picture", first.hex()), ("picture", second.hex()), ("picture_missing", third.hex()),
    }  # fmt: skip


async def test_a_picture_of_a_form_is_taken_attached_once_and_read_by_those_let_in(
    world: World,
) -> None:
    picture = await take_upload(world.site, ZHOU, PHOTO, by=QIN, cls=A)
    subject, cls_b = an_id("更正"), AccessClass.B

    async def attach(who: bytes, by: bytes, subject: bytes = subject) -> None:
        await world.store.write(
            lambda tx: taken.attach(tx, world.site, who, subject, [picture.id], by=by, cls=cls_b)
        )

    for who, by in ((WU, QIN), (ZHOU, SU)):
        with pytest.raises(NotFound):
            await attach(who, by)
    await attach(ZHOU, QIN)
    await attach(ZHOU, QIN)
    with pytest.raises(NotFound):
        await attach(ZHOU, QIN, an_id("另一件"))
    assert size_of(await shown(world, picture.id)) == (700, 500)
    with pytest.raises(NotFound):
        await shown(world, picture.id, classes="A")
    with pytest.raises(BadPicture, match="heic"):
        await take_upload(world.site, ZHOU, b"\x00\x00\x00\x18ftypheic", by=QIN, cls=A)
    with pytest.raises(NotFound):
        await take_upload(world.site, an_id("没有的人"), SMALL, by=QIN, cls=A)


async def test_what_nobody_attached_goes_after_a_day_or_for_the_next(world: World) -> None:
    kept = await take_upload(world.site, NOBODY, SMALL, by=SU, cls=AccessClass.C)
    await world.store.write(
        lambda tx: taken.attach(
            tx, world.site, NOBODY, an_id("巡查"), [kept.id], by=SU, cls=AccessClass.C
        )
    )
    loose = await take_upload(world.site, ZHOU, SMALL, by=SU, cls=A)
    world.clock.pass_(hours=23)
    assert await taken.forget_loose(world.site) == 0
    world.clock.pass_(hours=2)
    assert await taken.forget_loose(world.site) == 1
    with pytest.raises(NotFound):
        await shown(world, loose.id)
    assert size_of(await shown(world, kept.id, NOBODY, "C")) == (90, 60)
    assert await world.one("SELECT COUNT(DISTINCT attachment) FROM attachment_part") == 1
    await holds(world)


async def test_a_destroyed_archive_takes_its_pictures_with_it(world: World) -> None:
    async with door(world) as home:
        su = await at_home(world, home)
        _, (named, waits) = visit_with(su, ZHOU, SMALL, PHOTO)
        await su.settle()
        await home.deliver(su.tablet)
        theirs = await take_upload(world.site, WU, SMALL, by=SU, cls=A)
        await world.store.write(lambda tx: taken.shred(tx, world.site, [ZHOU]))
        assert await world.one("SELECT attachment FROM attachment") == theirs.id
        assert await world.one("SELECT DISTINCT attachment FROM attachment_part") == theirs.id
        for each in (named, waits):
            with pytest.raises(NotFound):
                await shown(world, each.id)
        slip, piece = su.tablet.disk.rows(
            "SELECT slip, body FROM photo_part WHERE id=? AND n=0", named.id
        )[0]
        assert (await home.call(Call("PUT", named.id, slip, piece))).status_code == 403
        await holds(world)


async def test_a_resident_who_left_leaves_nothing_readable_and_what_waits_is_delivered(
    world: World,
) -> None:
    async with door(world) as home:
        su = await at_home(world, home)
        _, (named,) = visit_with(su, ZHOU, PHOTO)
        await su.settle()
        await moves(world)
        await su.settle()
        await su.go()  # says that it has let go
        assert await world.one("SELECT state FROM copy WHERE resident=?", ZHOU) == "purged"
        for table in ("entity", "own"):
            rows = su.tablet.disk.rows(f"SELECT 1 FROM {table} WHERE resident=?", ZHOU)
            assert rows == [], "the key was in the change"
        assert await home.deliver(su.tablet) == 1
        assert size_of(await shown(world, named.id)) == (700, 500)
