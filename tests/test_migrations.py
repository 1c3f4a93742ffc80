"""A database is brought to this version of the code; one that is newer is refused."""

import pytest

from server.errors import StartRefused
from server.store.migrate import known, migrate, pending
from server.store.store import BadDatabaseUrl, Store
from server.store.tables import SPECS
from server.store.tx import Tx
from tests.world import World


async def columns(tx: Tx, table: str) -> dict[str, bool]:
    """Column -> whether it may be null, as the database has it."""
    if tx.dialect == "sqlite":
        rows = await tx.rows(f'PRAGMA table_info("{table}")')
        return {row[1]: not row[3] for row in rows}
    rows = await tx.rows(
        "SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name=?", table
    )
    return {row[0]: row[1] == "YES" for row in rows}


async def test_migrated_tables_are_the_tables_of_the_code(database_url: str) -> None:
    async with Store(database_url) as store:
        assert await pending(store) == known()
        assert await migrate(store) == known()
        for name, spec in SPECS.items():
            found = await store.write(lambda tx, name=name: columns(tx, name))
            assert found == {each: each in spec.nullable for each in spec.columns}, name


async def test_migrating_twice_does_nothing_the_second_time(database_url: str) -> None:
    async with Store(database_url) as store:
        await migrate(store)
        assert await migrate(store) == []
        assert await pending(store) == []


async def test_a_database_newer_than_the_code_is_refused_in_one_sentence(world: World) -> None:
    await world.store.write(
        lambda tx: tx.run(
            "INSERT INTO migration (name, app_name, ran_on) VALUES "
            "('m9999_later', 'gongwei', CURRENT_TIMESTAMP)"
        )
    )
    with pytest.raises(StartRefused, match="newer version"):
        await pending(world.store)


def test_an_address_that_is_no_database_is_refused() -> None:
    with pytest.raises(BadDatabaseUrl):
        Store("mysql://somewhere/else")


async def test_a_migration_that_fails_leaves_nothing(database_url: str) -> None:
    async def broken(tx: Tx) -> None:
        await tx.run("CREATE TABLE half (a INTEGER)")
        await tx.run("CREATE TABLE half (a INTEGER)")

    async with Store(database_url) as store:
        with pytest.raises(Exception, match="half"):
            await store.write(broken)
        assert await store.write(lambda tx: columns(tx, "half")) == {}
