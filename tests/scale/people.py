"""Residents after a model: the rows that the server would have written for them, sealed under keys
of their own.

What differs between two people of one model has the same length in both (ids, name, numbers), so
each sealed value is a row of pieces in which some are replaced before it is sealed. Sealing is most
of the work: one key a resident, and no encoding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from crypto.columns import DataKey
from server.actions.archives.cards import TAIL
from server.actions.keeping.site import Site
from server.actions.plan.kept import TABLES
from server.records.initials import initials
from server.store.tables import SPECS
from server.store.tx import Row
from server.store.vault import T_CARD, T_CELLS, T_CHANGE, T_DUE, T_RESTRICTED
from sync import digest
from tests.scale.county import Size, facility_of, id_number_of, name_of, spellings
from tests.scale.models import PLAN_CLASSES, Model, Values, face_in

PLAIN: Final = ("member", "assignment", "figure_flag")
# Places among the values of a person: each id has three spellings, the resident's come first.
_PANEL: Final = 3
_FACILITY: Final = 6
_DOCTOR: Final = 9


@dataclass(frozen=True, slots=True)
class Pieces:
    """A value cut where something is replaced: (piece, which value of the person)."""

    cut: list[bytes]
    put: list[tuple[int, int]]

    def of(self, values: Sequence[bytes]) -> bytes:
        parts = self.cut.copy()
        for at, value in self.put:
            parts[at] = values[value]
        return b"".join(parts)


def cut(data: bytes, needles: Sequence[bytes]) -> Pieces:
    """`needles`: what may stand in it, by the number of the value that takes its place."""
    found = sorted(
        (at, number) for number, each in enumerate(needles) for at in _places(data, each)
    )
    pieces, put, done = list[bytes](), list[tuple[int, int]](), 0
    for at, number in found:
        pieces += [data[done:at], b""]
        put.append((len(pieces) - 1, number))
        done = at + len(needles[number])
    return Pieces([*pieces, data[done:]], put)


def _places(data: bytes, needle: bytes) -> list[int]:
    found, at = list[int](), data.find(needle)
    while at >= 0:
        found.append(at)
        at = data.find(needle, at + len(needle))
    return found


@dataclass(frozen=True, slots=True)
class _Change:
    """One change of a model: its row, and which of the person's changes it is."""

    row: list[Any]
    n: int
    cls: str
    event: bool
    by_doctor: bool
    rev: int
    body: Pieces


@dataclass(slots=True)
class Made:
    """Rows of some residents by table; of each the sums, and the changes in order."""

    rows: dict[str, list[Row]]
    open: int = 0
    restricted: int = 0


class Maker:
    """Makes residents after one model."""

    def __init__(self, site: Site, size: Size, models: Sequence[Model], number: int) -> None:
        self._site, self._size, self._number = site, size, number
        self._models, self._model = len(models), models[number]
        model = self._model
        self._needles = _values(
            model.resident, model.panel, model.facility, model.doctor, model.changes,
            (model.name, model.id_no, model.phone, model.archive_no),
        )  # fmt: skip
        self._columns = {table: SPECS[table].columns for table in model.rows}
        (self._archive,) = model.rows["resident"]
        self._cells = self._cut(self._archive["sealed_cells"])
        restricted = self._archive["sealed_restricted"]
        self._restricted = None if restricted is None else self._cut(restricted)
        self._changes = [self._change(row) for row in model.rows["change"]]
        (self._plan,) = model.rows["plan"]
        self._planned = {
            column: None if self._plan[column] is None else self._cut(self._plan[column])
            for _, _, column in PLAN_CLASSES
        }
        self._times = {row["change"]: row["recorded_at"] for row in model.rows["change"]}

    def add(self, made: Made, panel: int, number: int, cards: DataKey, at_ms: int) -> list[bytes]:
        """All rows of the resident with that number; the ids of the events, in order."""
        size, model, site = self._size, self._model, self._site
        who = size.resident_id(number)
        name = name_of(number)
        turn = number // self._models
        id_no = id_number_of(self._number, turn, model.birth, male=model.male)
        phone, archive_no = f"139{number:08d}", f"3710029{number:010d}"
        ids = [size.change_id(number, n, self._times[each]) for n, each in enumerate(model.changes)]
        facility = size.facility_id(facility_of(panel))
        values = _values(
            who, size.panel_id(panel), facility, size.doctor_id(panel), ids,
            (name, id_no, phone, archive_no),
        )  # fmt: skip
        key, wrapped = site.vault.new_key(who)
        sums = self._add_changes(made, key, who, ids, values)
        self._add_archive(made, key, who, values, wrapped, sums, id_no)
        place = {"resident": who, "panel": values[_PANEL], "facility": facility}
        for table in PLAIN:
            for row in model.rows[table]:
                self._put(made, table, row, **place)
        self._add_plan(made, key, who, values, place)
        mark = site.index.of_likeness(name, model.birth, "1" if model.male else "2")
        for row in model.rows["likeness"]:
            self._put(made, "likeness", row, resident=who, mark=mark)
        face = msgspec.structs.replace(
            face_in(model), name=name, initials=initials(name), id_tail=id_no[-TAIL:],
            phone=phone[-8:],
        )  # fmt: skip
        (card,) = model.rows["resident_card"]
        sealed = cards.seal(site.vault.at(T_CARD, who, who, card["rev"]), msgspec.json.encode(face))
        self._put(made, "resident_card", card, **place, at=at_ms, sealed=sealed)
        return [ids[each.n] for each in self._changes if each.event]

    @property
    def restricted_plan(self) -> bool:
        return self._planned["sealed_restricted"] is not None

    def _change(self, row: Values) -> _Change:
        columns = self._columns["change"]
        return _Change(
            [row[name] for name in columns], self._model.changes.index(row["change"]),
            row["cls"], row["shape"] == "event", row["staff"] == self._model.doctor, row["rev"],
            self._cut(row["body"]),
        )  # fmt: skip

    def _cut(self, data: bytes) -> Pieces:
        return cut(data, self._needles)

    def _add_changes(
        self, made: Made, key: DataKey, who: bytes, ids: list[bytes], values: list[bytes]
    ) -> tuple[int, int]:
        """Returns the sums of their leaves."""
        at, rows = self._site.vault.at, made.rows.setdefault("change", [])
        columns = self._columns["change"]
        where = tuple(map(columns.index, ("resident", "change", "staff", "credit_facility")))
        body = columns.index("body")
        total = {"A": 0, "B": 0}
        for each in self._changes:
            row, change = each.row.copy(), ids[each.n]
            row[where[0]], row[where[1]] = who, change
            if each.by_doctor:
                row[where[2]] = values[_DOCTOR]
            if row[where[3]] is not None:
                row[where[3]] = values[_FACILITY]
            row[body] = key.seal(at(T_CHANGE, change, who), each.body.of(values))
            rows.append(tuple(row))
            if each.event:
                total[each.cls] += digest.leaf(change, each.cls, each.rev)
        return total["A"], total["B"]

    def _add_archive(
        self,
        made: Made,
        key: DataKey,
        who: bytes,
        values: list[bytes],
        wrapped: bytes,
        sums: tuple[int, int],
        id_no: str,
    ) -> None:
        at, old = self._site.vault.at, self._archive
        open_sum, restricted_sum = sums
        open_sum += digest.leaf(who, "A", old["rev"])
        cells = key.seal(at(T_CELLS, who, who, old["rev"]), self._cells.of(values))
        restricted = None
        if self._restricted is not None:
            place = at(T_RESTRICTED, who, who, old["rev_restricted"])
            restricted = key.seal(place, self._restricted.of(values))
            restricted_sum += digest.leaf(who, "B", old["rev_restricted"])
        made.open += open_sum
        made.restricted += restricted_sum
        self._put(
            made, "resident", old, resident=who, panel=values[_PANEL],
            facility=values[_FACILITY], archive_no=values[-1].decode(),
            id_index=self._site.index.of_id_number(id_no), key=wrapped,
            sum_open=digest.add(digest.ZERO, open_sum),
            sum_restricted=digest.add(digest.ZERO, restricted_sum),
            sealed_cells=cells, sealed_restricted=restricted,
        )  # fmt: skip

    def _add_plan(
        self, made: Made, key: DataKey, who: bytes, values: list[bytes], place: dict[str, Any]
    ) -> None:
        at, sealed = self._site.vault.at, dict[str, Any]()
        for cls, rev, column in PLAN_CLASSES:
            pieces = self._planned[column]
            if pieces is not None:
                where = at(TABLES[cls], who, who, self._plan[rev])
                sealed[column] = key.seal(where, pieces.of(values))
        self._put(made, "plan", self._plan, **place, **sealed)
        for row in self._model.rows["plan_due"]:
            put = dict(place)
            if row["sealed"] is not None:
                where = at(T_DUE, row["key"].encode(), who, self._plan["rev_restricted"])
                put["sealed"] = key.seal(where, self._cut(row["sealed"]).of(values))
            self._put(made, "plan_due", row, **put)

    def _put(self, made: Made, table: str, row: Values, **changes: Any) -> None:
        made.rows.setdefault(table, []).append(
            tuple(changes.get(name, row[name]) for name in self._columns[table])
        )


def _values(
    who: bytes,
    panel: bytes,
    facility: bytes,
    doctor: bytes,
    changes: Sequence[bytes],
    texts: Sequence[str],
) -> list[bytes]:
    found = [
        each for value in (who, panel, facility, doctor, *changes) for each in spellings(value)
    ]
    return found + [each.encode() for each in texts]
