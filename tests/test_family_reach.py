"""What the gate hands to the guardian of somebody of 14 to 17, on both engines."""

from functools import partial

from server.actions.archives import afterwork
from server.actions.places.district import Loader, NewRecord, NewResident
from server.actions.residents import links, reading
from server.actions.residents.acting import Acting
from server.actions.residents.family_desk import AtDesk
from server.rules.access import Scope, Tie
from server.rules.family import Proof
from sync.wire import encode
from tests.cast_forms import good
from tests.portal import bind
from tests.test_family import here, link
from tests.world import QINGHE, SU, TEAM_A, ZHENG, World, an_id, check_digit, id_number

__all__ = ["here"]  # the fixture
YOUNG = "13900007777"


async def test_the_gate_hands_a_guardian_of_somebody_of_15_what_was_kept_or_shared(
    here: World,
) -> None:
    site, young = here.site, an_id("周小满")
    number = "37100220110315002"
    number += check_digit(number)
    loader = Loader(site)
    await loader.begin()
    facts = good(
        "basic_info", name="周小满", id_no=number, birth_date="2011-03-15", sex="2", phone=YOUNG
    )
    loader.resident(
        NewResident(
            id=young, panel=TEAM_A, facility=QINGHE, created_ms=here.clock(), id_no=number,
            archive_no="37100200100100099", since_day="2024-03-11", basics=facts,
        )
    )  # fmt: skip
    for kind in ("health_check", "encounter", "antenatal_first"):
        body = good(kind) | ({"gyn_cervix": "1"} if kind == "health_check" else {})
        loader.record(
            NewRecord(
                id=an_id(kind), resident=young, facility=QINGHE, staff=SU, kind=kind, version=1,
                day="2026-10-01", at_ms=here.clock(), body=encode(body),
            )
        )  # fmt: skip
    await loader.flush()
    await afterwork.catch_up(site)
    await bind(here, young, YOUNG)
    parent = AtDesk(Tie.PARENT, Proof.DOCUMENT, id_number(ZHENG), "户口簿", frozenset())
    one = await link(here, young, parent)

    async def shown(person: bytes) -> dict[str, frozenset[str]]:
        found = await reading.read(site, Acting(person, young))
        return {each.kind: frozenset(each.form) for each in found.entries}

    kept = await shown(ZHENG)
    assert set(kept) == {"health_check"}
    assert "gyn_cervix" not in kept["health_check"]
    assert set(await shown(young)) == {"health_check", "encounter", "antenatal_first"}
    for more, kinds in (
        ({Scope.ARCHIVE}, {"health_check"}),
        ({Scope.ARCHIVE, Scope.REPRODUCTIVE}, {"health_check", "encounter", "antenatal_first"}),
    ):
        await here.store.write(
            partial(links.share, site=site, acting=Acting(young, young), link=one,
                    scopes=frozenset(more), until=None)
        )  # fmt: skip
        here.clock.pass_(minutes=31)
        assert set(await shown(ZHENG)) == kinds
