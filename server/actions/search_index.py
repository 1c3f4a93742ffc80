"""The people of one facility in memory, as columns that are scanned for each word of a search."""

import asyncio
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from enum import Enum, auto
from functools import partial
from sys import intern
from typing import Final

from crypto.columns import DataKey
from server.actions.cards import Face, key_of, open_face
from server.actions.site import Site
from server.store.tx import Row, Tx

OVERLAP_MS: Final = 60_000  # cards are read again this far back: transactions end out of order
CHANGED_MAX: Final = 5_000  # more than these are not laid in one by one: the index is made anew
LIVES_MS: Final = 60 * 60_000  # and so is one of this age, whatever has happened
USUAL: Final = "usual"

_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_TAIL: Final = re.compile(r"\d{4,11}|\d{3}X")
_LETTERS: Final = re.compile(r"[a-z]+")
_SEXES: Final = {"男": "1", "女": "2"}
_COLUMNS: Final = "resident, facility, panel, status, rev, at, sealed"


class Refreshed(Enum):
    FRESH = auto()
    TOO_OLD = auto()


class Index:
    """Columns by position. `find` reads only; `refresh` and `lay` are under the caller's lock."""

    def __init__(self, facility: bytes, made_at: int) -> None:
        self.facility, self.made_at = facility, made_at
        self.used_at = 0.0
        self.villages: dict[str, str] = {}  # code -> name
        self._read_to = 0
        self._place: dict[bytes, int] = {}
        self._marks: dict[bytes, tuple[object, ...]] = {}  # cards of the overlap, as last read
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
        fits: Iterable[int] = range(len(self._ids))
        for word in words:
            tests = self._tests(word)
            fits = [n for n in fits if any(test(n) for test in tests)]
            if not fits:
                return [], 0
        found = [n for n in fits if self._status[n]]
        exact = frozenset(words)
        letters = frozenset(word.lower() for word in words)

        def rank(n: int) -> tuple[object, ...]:
            return (
                self._names[n] not in exact, letters.isdisjoint(self._initials[n].split(" ")),
                self._panels[n] not in own, self._status[n] != USUAL, self._names[n],
                self._births[n], self._ids[n],
            )  # fmt: skip

        found.sort(key=rank)
        return [self._ids[n] for n in found[:most]], len(found)

    def _tests(self, word: str) -> list[Callable[[int], bool]]:
        """What a word may mean: any one of these has to be so."""
        names, births, where = self._names, self._births, self._where
        phones, tails, letters = self._phones, self._id_tails, self._initials
        tests: list[Callable[[int], bool]] = []
        plain = word.upper()
        if _YEAR.fullmatch(plain):
            tests.append(lambda n: births[n].startswith(plain))
        if _TAIL.fullmatch(plain):
            last = plain[-8:]
            tests.append(lambda n: phones[n].endswith(last))
        if len(plain) == 4 and _TAIL.fullmatch(plain):
            tests.append(lambda n: tails[n] == plain)
        if plain.isdigit() and len(plain) in (8, 9, 12):
            day = f"{plain[:4]}-{plain[4:6]}-{plain[6:]}"
            tests.append(lambda n: where[n].startswith(plain) or births[n] == day)
        low = word.lower()
        if _LETTERS.fullmatch(low):
            tests.append(lambda n: low in letters[n])
        if word in _SEXES:
            wanted = _SEXES[word]
            tests.append(lambda n: self._sexes[n] == wanted)
        if not plain.isdigit():
            tests.append(lambda n: word in names[n])
        codes = tuple(code for code, name in self.villages.items() if word in name)
        if codes:
            tests.append(lambda n: where[n].startswith(codes))
        return tests

    async def refresh(self, site: Site) -> Refreshed:
        """Lays in what was remade since. TOO_OLD: make it anew."""
        if site.clock() - self.made_at > LIVES_MS:
            return Refreshed.TOO_OLD
        read = partial(_changed, site=site, since=self._read_to - OVERLAP_MS)
        rows, key, villages = await site.store.read(partial(read, facility=self.facility))
        if len(rows) > CHANGED_MAX:
            return Refreshed.TOO_OLD
        self.villages = villages
        self.lay(site, key, rows)
        return Refreshed.FRESH

    def lay(self, site: Site, key: DataKey, rows: Sequence[Row]) -> None:
        """Cards as they are now: taken in, changed, or let go when they are another facility's."""
        newest = max((row[5] for row in rows), default=self._read_to)
        self._read_to = max(self._read_to, newest)
        marks: dict[bytes, tuple[object, ...]] = {}
        for who, facility, panel, status, rev, at, sealed in rows:
            mark = (facility, panel, status, rev, at)
            if at >= self._read_to - OVERLAP_MS:
                marks[who] = mark
            if self._marks.get(who) == mark:
                continue
            if facility == self.facility:
                self._put(who, panel, status, open_face(site, key, who, rev, sealed))
            else:
                self._let_go(who)
        self._marks = marks

    def _put(self, who: bytes, panel: bytes | None, status: str, face: Face) -> None:
        columns = (
            self._ids, self._panels, self._status, self._names, self._initials, self._sexes,
            self._births, self._where, self._id_tails, self._phones,
        )  # fmt: skip
        values = (
            who, panel, intern(status), face.name, face.initials, intern(face.sex),
            intern(face.birth), intern(face.village), face.id_tail.upper(), face.phone,
        )  # fmt: skip
        place = self._place.get(who)
        if place is None:
            self._place[who] = len(self._ids)
            for column, value in zip(columns, values, strict=True):
                column.append(value)  # pyright: ignore[reportArgumentType]
            return
        for column, value in zip(columns, values, strict=True):
            column[place] = value  # pyright: ignore[reportArgumentType,reportCallIssue]

    def _let_go(self, who: bytes) -> None:
        place = self._place.pop(who, None)
        if place is not None:
            self._status[place] = ""  # `find` passes over it; the columns are made anew in an hour
            self._names[place] = self._initials[place] = self._births[place] = ""
            self._where[place] = self._id_tails[place] = self._phones[place] = ""


async def read_index(site: Site, facility: bytes) -> Index:
    """Opens every card of the facility, in a thread of its own."""
    index = Index(facility, site.clock())
    rows, key, villages = await site.store.read(partial(_all, site=site, facility=facility))
    index.villages = villages
    await asyncio.to_thread(index.lay, site, key, rows)
    return index


async def _all(
    tx: Tx, site: Site, facility: bytes
) -> tuple[Sequence[Row], DataKey, dict[str, str]]:
    rows = await tx.rows(
        f"SELECT {_COLUMNS} FROM resident_card WHERE district=? AND facility=?",
        site.district,
        facility,
    )
    return rows, await key_of(tx, site), await _villages(tx, site, facility)


async def _changed(
    tx: Tx, site: Site, since: int, facility: bytes
) -> tuple[Sequence[Row], DataKey, dict[str, str]]:
    """Of every facility: who has moved away must be let go."""
    rows = await tx.rows(
        f"SELECT {_COLUMNS} FROM resident_card WHERE district=? AND at>=? LIMIT ?",
        site.district, since, CHANGED_MAX + 1,
    )  # fmt: skip
    return rows, await key_of(tx, site), await _villages(tx, site, facility)


async def _villages(tx: Tx, site: Site, facility: bytes) -> dict[str, str]:
    rows = await tx.rows(
        "SELECT code, name FROM service_area WHERE district=? AND facility=?",
        site.district,
        facility,
    )
    return dict(rows)
