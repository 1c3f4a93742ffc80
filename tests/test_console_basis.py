"""By which paper a page says that something is owed: the district's own, or the nation's."""

from server.console.basis import cited, own_documents
from tests.world import World


async def test_a_page_cites_the_districts_own_paper_and_never_anothers(world: World) -> None:
    own = own_documents(world.site)
    assert own == {"S003"}
    assert cited("S003-5(7)-b", own) == ("环翠区 2024 年 53 号文", "5(7)")
    assert cited("S004-3(5)-a", own) is None
    assert cited("S000-art11¶1", own) is None
    assert cited("default", own) is None
