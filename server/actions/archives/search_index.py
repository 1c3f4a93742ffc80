"""The people of one facility in memory, as columns that are scanned for each word of a search."""

import asyncio
import re
from collections.abc import Collection, Sequence
from enum import Enum, auto
from functools import partial
from heapq import nsmallest
from sys import intern
from typing import Final

from crypto.columns import DataKey
from server.actions.archives.cards import Face, key_of, open_face
from server.actions.keeping.site import Site
from server.store.tx import Row, Tx

OVERLAP_MS: Final = 60_000  # cards are read again this far back: transactions end out of order
CHANGED_MAX: Final = 5_000  # more than these are not laid in one by one: the index is made anew
PART: Final = 10_000  # cards read at once
LIVES_MS: Final = 60 * 60_000  # and so is one of this age, whatever has happened
USUAL: Final = "usual"

_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_TAIL: Final = re.compile(r"\d{4,11}|\d{3}X")
_LETTERS: Final = re.compile(r"[a-z]+")
_SEXES: Final = {"男": "1", "女": "2"}
_COLUMNS: Final = "resident, facility, panel, status, rev, at, sealed"


Mark = tuple[bytes | None, bytes | None, str, int, int]
"""facility, panel, status, revision, made at: a card that has the same has not been remade."""


class Refreshed(Enum):
    FRESH = auto()
    TOO_OLD = auto()


class Index:
    """Columns by position. `find` reads only; `refresh` and `lay` are under the caller's lock."""

    def __init__(self, facility: bytes, made_at: int) -> None:
        self.facility, self.made_at = facility, made_at
        self.used_at = 0.0
        self.villages: dict[str, str] = {}  # code -> name
        self._read_at = made_at
        self._place: dict[bytes, int] = {}
        self._marks: dict[bytes, Mark] = {}  # cards of the overlap, as last laid in
        self._ids: list[bytes] = []
        self._panels: list[bytes | None] = []
        self._status: list[str] = []
        self._names: list[str] = []
        self._initials: list[str] = []
        self._sexes: list[str] = []
        self._births: list[str] = []
        self._where: list[str] = []
        self._id_tails: list[str] = []
        self._phones: list[str] = []

    def __len__(self) -> int:
        return len(self._place)

    def find(
        self, words: Sequence[str], *, own: Collection[bytes], most: int
    ) -> tuple[list[bytes], int]:
        """The best `most` who fit every word, and how many fit in all."""
        fits: set[int] | None = None
        for word in words:
            fits = self._fitting(word, fits)
            if not fits:
                return [], 0
        found = [n for n in fits or () if self._status[n]]
        best: list[int] = []
        for some in self._by_rank(found, frozenset(words), own):
            best += nsmallest(most - len(best), some, key=self._names.__getitem__)
            if len(best) >= most:
                break
        return [self._ids[n] for n in best], len(found)

    def _by_rank(
        self, found: Sequence[int], words: Collection[str], own: Collection[bytes]
    ) -> list[list[int]]:
        """The exact name first, then exact letters, then the own panel, then who is in care."""
        ranks: list[list[int]] = [[] for _ in range(16)]
        letters = {word.lower() for word in words if _LETTERS.fullmatch(word.lower())}
        names, panels, status = self._names, self._panels, self._status
        for n in found:
            rank = 0 if names[n] in words else 8
            if not letters or letters.isdisjoint(self._initials[n].split(" ")):
                rank += 4
            if panels[n] not in own:
                rank += 2
            ranks[rank + (status[n] != USUAL)].append(n)
        return ranks

    def _fitting(self, word: str, among: set[int] | None) -> set[int]:
        """Who fits a word in any of the ways it can be meant."""
        plain, low = word.upper(), word.lower()
        fits: set[int] = set()
        if _YEAR.fullmatch(plain):
            fits |= _starting(self._births, plain, among)
        if _TAIL.fullmatch(plain):
            fits |= _ending(self._phones, plain[-8:], among)
            if len(plain) == 4:
                fits |= _ending(self._id_tails, plain, among)
        if plain.isdigit() and len(plain) in (8, 9, 12):
            fits |= _starting(self._where, plain, among)
            fits |= _starting(self._births, f"{plain[:4]}-{plain[4:6]}-{plain[6:]}", among)
        if _LETTERS.fullmatch(low):
            fits |= _holding(self._initials, low, among)
        if word in _SEXES:
            fits |= _starting(self._sexes, _SEXES[word], among)
        if not plain.isdigit():
            fits |= _holding(self._names, word, among)
        codes = tuple(code for code, name in self.villages.items() if word in name)
        return fits | _starting(self._where, codes, among) if codes else fits

    async def refresh(self, site: Site) -> Refreshed:
        """Lays in what was remade since. TOO_OLD: make it anew."""
        now = site.clock()
        if now - self.made_at > LIVES_MS:
            return Refreshed.TOO_OLD
        read = partial(_changed, site=site, index=self, since=self._read_at - OVERLAP_MS)
        changed = await site.store.read(read)
        if changed is None:
            return Refreshed.TOO_OLD
        rows, key, self.villages, marks = changed
        self.lay(site, key, rows)
        self._read_at = now
        self._marks = {who: mark for who, mark in marks.items() if mark[-1] >= now - OVERLAP_MS}
        return Refreshed.FRESH

    def is_known(self, who: bytes, mark: Mark) -> bool:
        """Whether this very card has been laid in."""
        return self._marks.get(who) == mark

    def lay(self, site: Site, key: DataKey, rows: Sequence[Row]) -> None:
        """Cards as they are now: taken in, changed, or let go when they are another facility's."""
        for who, facility, panel, status, rev, at, sealed in rows:
            if facility != self.facility:
                self._let_go(who)
                continue
            face = open_face(site, key, who, rev, sealed)
            if at >= self._read_at - OVERLAP_MS:
                self._marks[who] = (facility, panel, status, rev, at)
            place = self._place.get(who)
            if place is None:
                self._append(who, panel, status, face)
            else:
                self._replace(place, panel, status, face)

    def _append(self, who: bytes, panel: bytes | None, status: str, face: Face) -> None:
        self._place[who] = len(self._ids)
        self._ids.append(who)
        self._panels.append(panel)
        self._status.append(intern(status))
        self._names.append(face.name)
        self._initials.append(intern(face.initials))
        self._sexes.append(intern(face.sex))
        self._births.append(intern(face.birth))
        self._where.append(intern(face.village))
        self._id_tails.append(intern(face.id_tail.upper()))
        self._phones.append(face.phone)

    def _replace(self, n: int, panel: bytes | None, status: str, face: Face) -> None:
        self._panels[n], self._status[n] = panel, intern(status)
        self._names[n], self._initials[n] = face.name, intern(face.initials)
        self._sexes[n], self._births[n] = intern(face.sex), intern(face.birth)
        self._where[n], self._id_tails[n] = intern(face.village), intern(face.id_tail.upper())
        self._phones[n] = face.phone

    def _let_go(self, who: bytes) -> None:
        place = self._place.pop(who, None)
        if place is not None:
            self._status[place] = ""  # `find` passes over it; the columns are made anew in an hour
            self._names[place] = self._initials[place] = self._births[place] = ""
            self._where[place] = self._id_tails[place] = self._phones[place] = ""


def _holding(column: list[str], word: str, among: set[int] | None) -> set[int]:
    if among is None:
        return {n for n, text in enumerate(column) if word in text}
    return {n for n in among if word in column[n]}


def _starting(column: list[str], word: str | tuple[str, ...], among: set[int] | None) -> set[int]:
    if among is None:
        return {n for n, text in enumerate(column) if text.startswith(word)}
    return {n for n in among if column[n].startswith(word)}


def _ending(column: list[str], word: str, among: set[int] | None) -> set[int]:
    if among is None:
        return {n for n, text in enumerate(column) if text.endswith(word)}
    return {n for n in among if column[n].endswith(word)}


async def read_index(site: Site, facility: bytes) -> Index:
    """Opens every card of the facility, some thousands at a time, in a thread of its own."""
    index = Index(facility, site.clock())
    index.villages, key = await site.store.read(partial(_beside, site=site, facility=facility))
    after: bytes | None = b""
    while after is not None:
        read = partial(_part, site=site, facility=facility, after=after)
        rows = await site.store.read(read)
        await asyncio.to_thread(index.lay, site, key, rows)
        after = rows[-1][0] if len(rows) == PART else None
    return index


async def _part(tx: Tx, site: Site, facility: bytes, after: bytes) -> Sequence[Row]:
    return await tx.rows(
        f"SELECT {_COLUMNS} FROM resident_card WHERE district=? AND facility=? AND resident>? "
        "ORDER BY resident LIMIT ?",
        site.district, facility, after, PART,
    )  # fmt: skip


async def _beside(tx: Tx, site: Site, facility: bytes) -> tuple[dict[str, str], DataKey]:
    rows = await tx.rows(
        "SELECT code, name FROM service_area WHERE district=? AND facility=?",
        site.district,
        facility,
    )
    return {row[0]: row[1] for row in rows}, await key_of(tx, site)


async def _changed(
    tx: Tx, site: Site, index: Index, since: int
) -> tuple[Sequence[Row], DataKey, dict[str, str], dict[bytes, Mark]] | None:
    """Cards remade since and not laid in, of every facility: who has moved away must be let go.

    None where there are too many.
    """
    marks: dict[bytes, Mark] = {
        row[0]: (row[1], row[2], row[3], row[4], row[5])
        for row in await tx.rows(
            "SELECT resident, facility, panel, status, rev, at FROM resident_card WHERE "
            "district=? AND at>=?",
            site.district, since,
        )
    }  # fmt: skip
    fresh = [who for who, mark in marks.items() if not index.is_known(who, mark)]
    if len(fresh) > CHANGED_MAX:
        return None
    rows: Sequence[Row] = ()
    if fresh:
        rows = await tx.rows_in(
            f"SELECT {_COLUMNS} FROM resident_card WHERE district=? AND resident {{ids}}",
            fresh,
            site.district,
        )
    villages, key = await _beside(tx, site, index.facility)
    return rows, key, villages, marks
