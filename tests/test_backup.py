"""A backup is what it says, counts only when read back, and comes back on either engine."""

import stat
import zlib
from hashlib import sha256
from pathlib import Path

import pytest

from crypto.columns import KekRing, add_kek
from server.actions.keeping import backup
from server.actions.keeping.backup_file import BackupRefused, Reader
from server.actions.keeping.site import kek_ring, open_site
from server.actions.residents import visits
from server.errors import StartRefused
from server.settings import Settings
from server.store.migrate import migrate
from server.store.store import Store
from server.store.tables import SPECS
from sync import wire
from tests.hand_tablet import HandTablet
from tests.portal import bind, visit_of
from tests.world import (
    DISTRICT,
    ID_NUMBERS,
    NAMES,
    SU,
    TEAM_A,
    WU,
    ZHOU,
    Clock,
    World,
    enrol_by_hand,
    new_world,
)


async def a_day(world: World) -> HandTablet:
    """One tablet, two batches."""
    keys = await enrol_by_hand(world, "一号", staff=SU, panels=(TEAM_A,))
    tablet = HandTablet(world, keys)
    await tablet.send(tablet.visit(ZHOU), tablet.visit(WU))
    world.clock.pass_(minutes=5)
    await tablet.send(tablet.edit(WU, address="村东头"))
    return tablet


async def contents(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, sorted."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for name, spec in SPECS.items():
        columns = ",".join(f'"{column}"' for column in spec.columns)
        rows = await store.write(lambda tx, c=columns, n=name: tx.rows(f'SELECT {c} FROM "{n}"'))
        found[name] = sorted((tuple(row) for row in rows), key=repr)
    return found


async def test_the_marks_move_to_the_head_as_it_stood_and_only_after_verifying(
    world: World,
) -> None:
    tablet = await a_day(world)
    assert await world.one("SELECT backed_epoch, backed_seq FROM device") == (0, 0)
    before = sum(len(rows) for rows in (await contents(world.store)).values())
    done = await backup.backup(world.site, world.folder / "backup")
    assert await world.one("SELECT backed_epoch, backed_seq FROM device") == (1, 2)
    assert done.rows == before
    assert stat.S_IMODE(done.path.stat().st_mode) == 0o600
    assert done.digest == sha256(done.path.read_bytes()[:-64]).digest()
    mark = await world.one("SELECT district, taken_at, digest, rows FROM backup_mark")
    assert mark == (DISTRICT, done.taken_at, done.digest, done.rows)
    answer = await tablet.send(tablet.visit(ZHOU))
    assert answer.backed_up is not None
    assert (answer.backed_up.epoch, answer.backed_up.seq) == (1, 2)
    assert [path.name for path in done.path.parent.iterdir()] == [done.path.name]


async def test_a_backup_that_cannot_be_read_back_moves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_day(world)

    def damaged(path: Path, ring: KekRing) -> Reader:
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw)
        return read_back(path, ring)

    read_back = backup._read_back
    monkeypatch.setattr(backup, "_read_back", damaged)
    with pytest.raises(BackupRefused):
        await backup.backup(world.site, world.folder / "backup")
    assert await world.one("SELECT backed_epoch, backed_seq FROM device") == (0, 0)
    assert await world.rows("SELECT * FROM backup_mark") == []
    (left,) = (world.folder / "backup").iterdir()
    assert left.suffix == ".refused", "nobody takes it for a backup"


async def test_what_commits_while_the_backup_runs_is_not_in_it(world: World) -> None:
    tablet = await a_day(world)
    late: list[object] = []

    async def write_meanwhile() -> None:
        late.append(await tablet.send(tablet.visit(ZHOU)))

    async with backup.snapshot(world.store) as snap:
        await write_meanwhile()
        chains = await backup._chains(snap, DISTRICT)
    assert late
    assert [(chain.epoch, chain.seq) for chain in chains] == [(1, 2)]


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_a_backup_comes_back_whole_on_either_engine(
    world: World, engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    await a_day(world)
    before = await contents(world.store)
    done = await backup.backup(world.site, tmp_path / "backup")
    url = f"sqlite:///{tmp_path / 'again.sqlite3'}"
    cluster, name = None, f"restored_from_{world.store.dialect}"
    if engine == "postgres":
        cluster = request.getfixturevalue("postgres_cluster")
        url = cluster.create_database(name)
    settings = Settings(database_url=url, kek_file=world.kek_file, clock=world.clock)
    restored = await backup.restore(settings, done.path)
    assert restored.rows == done.rows
    assert 2 < restored.feed_epoch < 2**21, "above every epoch the file's tablets may have seen"
    async with Store(url) as store:
        after = await contents(store)
        site = await open_site(store, kek_file=world.kek_file, district=DISTRICT, clock=world.clock)
        twin = World(site, store, world.clock, world.kek_file, tmp_path, url)
        assert await twin.one("SELECT feed_epoch FROM district") == restored.feed_epoch
        leaves = {row[1] for row in after["audit_leaf"]} - {row[1] for row in before["audit_leaf"]}
        assert len(leaves) == 1, "the restore itself is in the audit log"
        asked = [row for row in after["task"] if row[1] == "restored"]
        tablets = [row[1] for row in before["device"] if row[4] == "enrolled"]
        assert {row[2] for row in asked} == set(tablets), "was it ended since?"
        after["task"] = [row for row in after["task"] if row not in asked]
        for name in set(SPECS) - {"district", "audit_leaf"}:
            assert after[name] == before[name], name
    if cluster is not None:
        cluster.drop_database(name)


async def test_a_restored_district_goes_on(world: World, tmp_path: Path) -> None:
    tablet = await a_day(world)
    done = await backup.backup(world.site, tmp_path / "backup")
    url = f"sqlite:///{tmp_path / 'again.sqlite3'}"
    await backup.restore(
        Settings(database_url=url, kek_file=world.kek_file, clock=world.clock), done.path
    )
    async with new_world(url, tmp_path, clock=world.clock) as twin:
        tablet.world = twin
        answer = await tablet.send(tablet.visit(WU))
        assert answer.receipt is not None
        page = wire.page(answer.pages[0])
        assert page.roster is not None, "a new feed epoch begins with a snapshot"


@pytest.mark.parametrize("where", ["first", "middle", "seal", "cut"])
async def test_a_changed_file_is_refused_and_nothing_is_written(
    world: World, tmp_path: Path, where: str
) -> None:
    await a_day(world)
    done = await backup.backup(world.site, tmp_path / "backup")
    raw = bytearray(done.path.read_bytes())
    place = {"first": 0, "middle": len(raw) // 2, "seal": len(raw) - 1, "cut": 0}[where]
    if where == "cut":
        raw = raw[: len(raw) // 3]
    else:
        raw[place] ^= 1
    done.path.write_bytes(raw)
    url = f"sqlite:///{tmp_path / 'again.sqlite3'}"
    settings = Settings(database_url=url, kek_file=world.kek_file, clock=world.clock)
    with pytest.raises(BackupRefused):
        await backup.restore(settings, done.path)
    async with Store(url) as store:
        assert all(not rows for rows in (await contents(store)).values())


async def test_a_file_sealed_again_without_the_key_is_refused(world: World, tmp_path: Path) -> None:
    """Who changes a row and fixes the hash still lacks the key of the MAC."""
    await a_day(world)
    done = await backup.backup(world.site, tmp_path / "backup")
    raw = done.path.read_bytes()
    body, seal = raw[:-64], raw[-64:]
    size = int.from_bytes(body[4:8])
    frame = zlib.decompress(body[8 : 8 + size])
    packed = zlib.compress(frame, 9)
    forged = body[:4] + len(packed).to_bytes(4) + packed + body[8 + size :]
    done.path.write_bytes(forged + sha256(forged).digest() + seal[32:])
    reader = Reader(done.path, kek_ring(world.kek_file))
    with pytest.raises(BackupRefused, match="seal"):
        reader.check()
    reader.close()


async def test_another_installations_keys_open_nothing(world: World, tmp_path: Path) -> None:
    await a_day(world)
    done = await backup.backup(world.site, tmp_path / "backup")
    other = tmp_path / "other-kek"
    add_kek(other)
    url = f"sqlite:///{tmp_path / 'again.sqlite3'}"
    with pytest.raises(BackupRefused):
        await backup.restore(Settings(database_url=url, kek_file=other), done.path)


async def test_a_database_in_use_is_not_restored_over(world: World, tmp_path: Path) -> None:
    done = await backup.backup(world.site, tmp_path / "backup")
    with pytest.raises(StartRefused, match="not empty"):
        await backup.restore_into(world.store, done.path, world.kek_file, now=world.clock())


async def test_an_unmigrated_database_is_not_restored_into(world: World, tmp_path: Path) -> None:
    done = await backup.backup(world.site, tmp_path / "backup")
    async with Store(f"sqlite:///{tmp_path / 'bare.sqlite3'}") as store:
        with pytest.raises(StartRefused, match="migrate"):
            await backup.restore_into(store, done.path, world.kek_file, now=0)
        await migrate(store)
        await backup.restore_into(store, done.path, world.kek_file, now=0)


async def test_the_file_shows_nobody(world: World, tmp_path: Path) -> None:
    await a_day(world)
    done = await backup.backup(world.site, tmp_path / "backup")
    reader = Reader(done.path, kek_ring(world.kek_file))
    reader.check()
    plain = repr([row for part in reader.tables() for row in part.rows])
    reader.close()
    raw = done.path.read_bytes()
    for word in (*NAMES.values(), *ID_NUMBERS.values(), "村东头"):
        assert word not in plain
        assert word.encode() not in raw


def test_the_name_says_when() -> None:
    assert backup._name(1, Clock().now) == "gongwei-1-20261120T000000-000.gwk"


async def test_after_a_restore_nobody_stays_signed_in_and_telephones_are_young(
    world: World, tmp_path: Path
) -> None:
    await bind(world, WU)
    token = await visit_of(world, WU)
    before = await visits.found(world.site, token)
    assert isinstance(before, visits.Visitor)
    assert before.full
    done = await backup.backup(world.site, tmp_path / "backup")
    url = f"sqlite:///{tmp_path / 'again.sqlite3'}"
    settings = Settings(database_url=url, kek_file=world.kek_file, clock=world.clock)
    await backup.restore(settings, done.path)
    async with new_world(url, tmp_path, clock=world.clock) as twin:
        assert await visits.found(twin.site, token) is None
        again = await visits.found(twin.site, await visit_of(twin, WU))
        assert isinstance(again, visits.Visitor)
        assert not again.full
