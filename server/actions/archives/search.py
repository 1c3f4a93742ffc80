"""Finding residents at a desk: by words in the own facility, by a whole number anywhere.

The index is in memory only: the cards of one facility, opened when somebody there searches, kept
fresh by what was remade since, dropped when nobody has asked for a while. Outside the own facility
there is one way: a whole document or archive number, and a purpose (opening.py). Each search is a
row with its words sealed, and a row for everybody it showed; one audit leaf holds both.
"""

import asyncio
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from crypto.columns import normalise_id_number
from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.search_index import Index, Refreshed, read_index
from server.actions.archives.standing import survivors
from server.actions.archives.told import team_names
from server.actions.keeping.site import Site, district_key_blob
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx
from server.store.vault import NOBODY, T_SEARCH

SHOWN_MAX: Final = 50
QUERY_MAX: Final = 100  # signs
IDLE_S: Final = 15 * 60
PEOPLE_MAX: Final = 300_000  # in memory at once; the facility asked least recently gives way

_ID_NUMBER: Final = re.compile(r"\d{17}[\dX]|\d{15}")
_ARCHIVE: Final = re.compile(r"\d{17}")
_CHANGE: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search shows. how: words | number | archive | change.

    `more`: how many more there are. `elsewhere`: a whole number that is nobody's of this facility;
    whether it is anybody's at all is not said before a purpose is.
    """

    how: str
    cards: tuple[Card, ...]
    more: int = 0
    elsewhere: bool = False
    teams: Mapping[bytes, str] = field(default_factory=dict[bytes, str])


@dataclass(slots=True)
class Lookup:
    """The searches of one process; one index a facility."""

    site: Site
    _kept: dict[bytes, Index] = field(default_factory=dict[bytes, Index])
    _locks: dict[bytes, asyncio.Lock] = field(default_factory=dict[bytes, asyncio.Lock])

    async def find(self, signed: Signed, query: str) -> Found:
        """Searches, writes down who was shown to whom, and answers."""
        plain = " ".join(unicodedata.normalize("NFKC", query[:QUERY_MAX]).split())
        how = how_of(plain)
        if how == "words":
            found = await self._by_words(signed, plain)
        else:
            found = await self._by_number(signed, plain, how)
        await self.site.store.write(
            partial(_note, site=self.site, signed=signed, words=plain, found=found)
        )
        return found

    @property
    def held(self) -> int:
        """People in memory now."""
        return sum(len(each) for each in self._kept.values())

    def drop(self, facility: bytes) -> None:
        self._kept.pop(facility, None)

    async def _by_words(self, signed: Signed, plain: str) -> Found:
        if not plain:
            return Found("words", ())
        index = await self._index(signed.facility)
        ids, total = await asyncio.to_thread(
            index.find, plain.split(" "), own=signed.panels, most=SHOWN_MAX
        )
        cards, teams = await self.site.store.read(partial(_shown, site=self.site, ids=ids))
        # Read anew: who has left the facility since is not shown.
        shown = [cards[who] for who in ids if who in cards]
        ours = tuple(each for each in shown if each.facility == signed.facility)
        return Found("words", ours, more=max(0, total - len(ids)), teams=teams)

    async def _index(self, facility: bytes) -> Index:
        lock = self._locks.setdefault(facility, asyncio.Lock())
        async with lock:
            loop = asyncio.get_running_loop()
            index = self._kept.get(facility)
            if index is None or not await self._refreshed(index):
                index = await read_index(self.site, facility)
                self._make_room(len(index))
            self._kept.pop(facility, None)
            self._kept[facility] = index  # the newest stands last
            index.used_at = loop.time()
            loop.call_later(IDLE_S + 1, self._drop_idle, facility)
            return index

    async def _refreshed(self, index: Index) -> bool:
        return await index.refresh(self.site) is Refreshed.FRESH

    def _make_room(self, wanted: int) -> None:
        while self._kept and self.held + wanted > PEOPLE_MAX:
            self._kept.pop(next(iter(self._kept)))

    def _drop_idle(self, facility: bytes) -> None:
        index = self._kept.get(facility)
        if index is not None and asyncio.get_running_loop().time() - index.used_at >= IDLE_S:
            self.drop(facility)

    async def _by_number(self, signed: Signed, plain: str, how: str) -> Found:
        who = await self.site.store.read(
            partial(exact, site=self.site, how=how, number=plain, facility=signed.facility)
        )
        if not who:
            return Found(how, (), elsewhere=how != "change")
        cards, teams = await self.site.store.read(partial(_shown, site=self.site, ids=who))
        return Found(how, tuple(cards[each] for each in who if each in cards), teams=teams)


async def _shown(
    tx: Tx, site: Site, ids: Sequence[bytes]
) -> tuple[dict[bytes, Card], dict[bytes, str]]:
    cards = await cards_of(tx, site, ids)
    return cards, await team_names(tx, site, [each.panel for each in cards.values()])


def compact(text: str) -> str:
    """A number as somebody wrote it, without spaces and dashes."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).strip()


def how_of(plain: str) -> str:
    """What a query is: a whole number of one of three sorts, or words."""
    number = compact(plain)
    if _ID_NUMBER.fullmatch(number.upper()):
        return "number"
    if _ARCHIVE.fullmatch(number):
        return "archive"
    return "change" if _CHANGE.fullmatch(number.lower()) else "words"


async def exact(
    tx: Tx, site: Site, how: str, number: str, facility: bytes | None
) -> Sequence[bytes]:
    """Archives with exactly this number, of the facility or (None) of any; of two that were merged
    the one that is kept.
    """
    plain = compact(number)
    if how == "change":
        rows = await tx.rows(
            "SELECT r.resident, r.facility FROM change c JOIN resident r ON r.district=c.district "
            "AND r.resident=c.resident WHERE c.district=? AND c.change=?",
            site.district, bytes.fromhex(plain),
        )  # fmt: skip
    elif how == "archive":
        rows = await tx.rows(
            "SELECT resident, facility FROM resident WHERE district=? AND archive_no=?",
            site.district, plain,
        )  # fmt: skip
    else:
        rows = await tx.rows(
            "SELECT resident, facility FROM resident WHERE district=? AND id_index=?",
            site.district, site.index.of_id_number(normalise_id_number(plain)),
        )  # fmt: skip
    places: dict[bytes, bytes | None] = {row[0]: row[1] for row in rows}
    kept = await survivors(tx, site.district, places)
    if kept:
        living = {kept.get(who, who) for who in places}
        found = await tx.rows_in(
            "SELECT resident, facility FROM resident WHERE district=? AND resident {ids}",
            sorted(living),
            site.district,
        )
        places = {row[0]: row[1] for row in found}
    return [who for who, where in places.items() if facility is None or where == facility]


async def _note(tx: Tx, site: Site, signed: Signed, words: str, found: Found) -> None:
    await note_shown(tx, site, signed, found.how, words, [each.resident for each in found.cards])


async def note_shown(
    tx: Tx, site: Site, signed: Signed, how: str, words: str, shown: Collection[bytes]
) -> None:
    """Who was shown in a search or a list, with what was asked for, sealed."""
    now = site.clock()
    search = new_id(now)
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    sealed = key.seal(site.vault.at(T_SEARCH, search), words.encode())
    row: Row = (
        site.district, search, signed.staff, signed.facility, now, how, len(shown), sealed
    )  # fmt: skip
    await tx.insert("search", [row])
    await tx.insert("search_shown", [(site.district, who, search) for who in sorted(shown)])
    await audit(tx, site.district, "act", b"search" + search + b"".join(sorted(shown)), now)
