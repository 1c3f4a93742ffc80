"""Reading beside the writer: one moment, nothing written."""

import asyncio

import pytest

from server.store.store import POOL, BadDatabaseUrl, Store
from server.store.tx import Tx
from tests.world import DISTRICT, World


async def test_a_read_sees_what_is_committed_and_waits_for_no_writer(world: World) -> None:
    before = await world.store.read(lambda tx: tx.rows("SELECT COUNT(*) FROM resident"))
    assert before[0][0] == await world.one("SELECT COUNT(*) FROM resident")
    many = await asyncio.gather(
        *(world.store.read(lambda tx: tx.rows("SELECT name FROM facility")) for _ in range(20))
    )
    assert len({len(rows) for rows in many}) == 1


async def test_a_read_cannot_write(world: World) -> None:
    async def sneak(tx: Tx) -> None:
        await tx.run("UPDATE facility SET name='x' WHERE district=?", DISTRICT)

    with pytest.raises(Exception, match=r"read.?only"):
        await world.store.read(sneak)
    assert await world.rows("SELECT 1 FROM facility WHERE name='x'") == []
    assert await world.store.read(lambda tx: tx.rows("SELECT 1 FROM facility"))


async def test_behind_a_pooler_no_statement_stays_prepared_in_a_session(postgres_url: str) -> None:
    async def prepared(url: str) -> int:
        async with Store(url) as store:
            await store.read(lambda tx: tx.rows("SELECT 1 WHERE 1=?", 1))
            sql = "SELECT COUNT(*) FROM pg_prepared_statements WHERE name<>''"
            return (await store.read(lambda tx: tx.rows(sql)))[0][0]

    assert await prepared(postgres_url) > 0
    assert await prepared(f"{postgres_url}&statement_cache_size=0") == 0
    with pytest.raises(BadDatabaseUrl):
        Store(f"{postgres_url}&statement_cache_size=none")


async def test_postgresql_is_told_to_compile_no_statement(postgres_url: str) -> None:
    async with Store(postgres_url) as store:
        assert await store.read(lambda tx: tx.rows("SHOW jit")) == [("off",)]


async def test_a_commit_that_fails_keeps_no_connection(postgres_url: str) -> None:
    """Ten that were kept, and every exchange waited for ever, without a word in the log."""

    async def made(tx: Tx) -> None:
        await tx.run("CREATE TABLE promise (n INT UNIQUE DEFERRABLE INITIALLY DEFERRED)")

    async def broken(tx: Tx) -> None:
        await tx.run("INSERT INTO promise VALUES (1), (1)")  # found out by COMMIT

    async with Store(postgres_url) as store:
        await store.write(made)
        async with asyncio.timeout(60):
            for _ in range(POOL + 1):
                with pytest.raises(Exception, match="promise_n_key"):
                    await store.write(broken)
            assert await store.write(lambda tx: tx.rows("SELECT 1")) == [(1,)]


async def test_a_database_that_ends_a_session_in_the_middle_is_asked_again(
    postgres_url: str,
) -> None:
    async def struck(tx: Tx) -> None:
        await tx.rows("SELECT pg_terminate_backend(pg_backend_pid())")

    async with Store(postgres_url) as store, asyncio.timeout(60):
        for _ in range(POOL + 1):
            with pytest.raises(Exception, match=r"terminat|closed|lost"):
                await store.write(struck)
        assert await store.write(lambda tx: tx.rows("SELECT 1")) == [(1,)]
