"""Filling a district."""

from server.actions.places.district import Loader
from tests.world import World


async def test_when_a_district_is_loaded_postgres_knows_how_much_it_holds(world: World) -> None:
    loader = Loader(world.site)
    await loader.begin()
    await loader.finish()
    if world.store.dialect == "postgres":
        known = await world.one("SELECT reltuples::bigint FROM pg_class WHERE relname='resident'")
        assert known == await world.one("SELECT COUNT(*) FROM resident")
