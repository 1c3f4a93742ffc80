"""A pair of archives for the page that shows them side by side: both opened through the gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from server.access import Opened
from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.life import in_place
from server.actions.archives.merging import Merged, merges_of
from server.actions.archives.merging_values import Beside, side_by_side
from server.actions.archives.opening import AskWhy, Given, open_for, usual
from server.actions.archives.standing import survivors
from server.actions.archives.told import facility_names, team_names
from server.actions.archives.twins import Pair, pair_of
from server.actions.keeping.site import Site
from server.errors import NotYours
from server.store.tx import Tx, one


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two archives."""

    resident: bytes
    card: Card | None
    archive_no: str
    status: str
    facility: str
    team: str
    records: int
    newest: str  # day of the newest record, "" for none


@dataclass(frozen=True, slots=True)
class Beheld:
    """What the page shows. `merge`: the merge of the two that stands. Where both are one archive by
    now `sides` is that one alone and `rows` is empty.
    """

    pair: Pair
    sides: Sequence[Side]
    rows: Sequence[Beside]
    merge: Merged | None


async def behold(site: Site, signed: Signed, twin: bytes, reason: str) -> Beheld:
    """Opens both; each opening is logged with the reason. Raises NotYours."""
    found = await site.store.read(partial(_pair, site=site, signed=signed, twin=twin))
    pair, merge, ids = found
    given = Given(usual(signed).purpose, reason)
    opened: list[Opened] = []
    for who in ids:
        found = await open_for(site, signed, who, given)
        if isinstance(found, AskWhy):
            raise NotYours("resident")
        opened.append(found)
    sides = await site.store.read(partial(_sides, site=site, opened=opened))
    rows: list[Beside] = []
    if len(opened) == 2:
        rows = side_by_side(opened[0].cells, opened[1].cells)
    return Beheld(pair, sides, rows, merge)


async def _pair(
    tx: Tx, site: Site, signed: Signed, twin: bytes
) -> tuple[Pair, Merged | None, list[bytes]]:
    pair = await pair_of(tx, site.district, twin)
    if pair is None:
        raise NotYours("twin")
    both = {pair.first, pair.second}
    stands = [
        each
        for each in await merges_of(tx, site.district, pair.first)
        if {each.kept, each.gone} == both
    ]
    kept = await survivors(tx, site.district, both)  # one of them may be in a third by now
    wanted = sorted({kept.get(who, who) for who in both})
    for who in wanted:
        row = await one(
            tx,
            "SELECT facility FROM resident WHERE district=? AND resident=?",
            site.district,
            who,
        )
        if row is None or not in_place(signed, row[0]):
            raise NotYours("twin")
    return pair, stands[0] if stands else None, wanted


async def _sides(tx: Tx, site: Site, opened: Sequence[Opened]) -> list[Side]:
    cards = await cards_of(tx, site, {each.resident for each in opened})
    places = await facility_names(tx, site)
    sides: list[Side] = []
    for each in opened:
        row = await one(
            tx,
            "SELECT archive_no, status, facility, panel FROM resident WHERE district=? "
            "AND resident=?",
            site.district,
            each.resident,
        )
        assert row is not None
        teams = await team_names(tx, site, [row[3]])
        days = [record.change.on for record in each.records]
        sides.append(
            Side(
                each.resident, cards.get(each.resident), row[0], row[1], places.get(row[2], ""),
                teams.get(row[3], ""), len(days), max(days, default=""),
            )
        )  # fmt: skip
    return sides
