"""Models: some residents whom the product itself has written, with everything that follows from
them, opened so that others can be made after them.

The demo district gives the people and their years of care; records before that are follow-ups as
the bench has them, or encounters, until each has as many as the county is to have. Loader, cards,
figures and plans are the product's own, so the rows of a model are what the server writes.
"""

import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from crypto.columns import DataKey
from server.actions.archives import afterwork
from server.actions.archives.cards import Face, key_of, open_face
from server.actions.figures import figures_recount
from server.actions.places.district import Loader, NewRecord, NewResident
from server.actions.plan import nightly
from server.actions.plan.kept import TABLES
from server.actions.tablets.intake import civil_day
from server.demo.archive import basic_info
from server.demo.district import generate
from server.demo.model import Area, Facility, PastRecord, Resident, Staff, Team
from server.records.kinds import get
from server.store.tables import SPECS
from server.store.vault import T_CELLS, T_CHANGE, T_DUE, T_RESTRICTED
from sync.wire import encode
from tests.bench.work import follow_up
from tests.cast_forms import good
from tests.scale.county import noon_ms
from tests.world import Clock, World, new_world

MODELS: Final = 80
SCALE: Final = 2_000  # of the demo district the models are taken from
NAME_BYTES: Final = 9  # names that take one another's place are equally long
GROWN_UP_DAYS: Final = 35 * 366
TABLES_OF: Final = (
    "resident", "member", "assignment", "change", "likeness", "resident_card", "figure_flag",
    "plan", "plan_due",
)  # fmt: skip
Values = dict[str, Any]


@dataclass(slots=True)
class Model:
    """One resident: rows by table with their sealed values opened (the card as a `Face`), and who
    and what has to be replaced in them. `changes`: ids, the opening of the archive first.
    """

    resident: bytes
    panel: bytes
    facility: bytes
    doctor: bytes
    name: str
    id_no: str
    phone: str
    archive_no: str
    birth: str
    male: bool
    changes: list[bytes] = field(default_factory=list[bytes])
    rows: dict[str, list[Values]] = field(default_factory=dict[str, list[Values]])


@dataclass(slots=True)
class _Taken:
    """A demo resident with the records of that life."""

    person: Resident
    records: list[PastRecord]


async def make_models(day: date, changes: int, most: int = MODELS) -> list[Model]:
    """As of that day, each with so many changes."""
    at_ms = noon_ms(day)
    with tempfile.TemporaryDirectory(prefix="gongwei-models-") as folder:
        url = f"sqlite:///{folder}/models.sqlite3"
        async with new_world(url, Path(folder), clock=Clock(at_ms), empty=True) as world:
            taken, doctors = await _load(world, day, changes, most)
            await afterwork.catch_up(world.site)
            await figures_recount.keep_year(world.site)
            await nightly.keep(world.site)
            return [await _opened(world, each.person, doctors) for each in taken]


async def _load(
    world: World, day: date, changes: int, most: int
) -> tuple[list[_Taken], dict[bytes, bytes]]:
    """The people who were taken, and the doctor of each team."""
    loader, doctors = Loader(world.site), dict[bytes, bytes]()
    await loader.begin()
    found: list[_Taken] = []
    for item in generate(SCALE, 7, today=day):
        match item:
            case Facility():
                loader.facility(item.id, item.name)
            case Area():
                loader.area(item.code, item.name, item.facility)
            case Team():
                loader.panel(item.id, item.facility, item.name)
            case Staff():
                loader.staff(
                    item.id, facility=item.facility, panel=item.team, role="doctor", name=item.name
                )
                if item.team is not None:
                    doctors.setdefault(item.team, item.id)
            case Resident():
                found.append(_Taken(item, []))
            case PastRecord():
                found[-1].records.append(item)
            case _:
                pass
    taken = [each for each in found if _fits(each, changes)][:most]
    for each in taken:
        _add(loader, each, doctors[each.person.team], day, changes)
    await loader.finish()
    return taken, doctors


def _fits(taken: _Taken, changes: int) -> bool:
    person = taken.person
    return (
        person.has_archive
        and len(person.name) == 3
        and len(person.name.encode()) == NAME_BYTES
        and len(taken.records) < changes
    )


def _add(loader: Loader, taken: _Taken, doctor: bytes, day: date, changes: int) -> None:
    who = taken.person
    loader.resident(
        NewResident(
            id=who.id, panel=who.team, facility=who.facility, archive_no=who.archive_no,
            id_no=who.id_no, since_day=civil_day(who.created_ms).isoformat(),
            basics=basic_info(who, today=day), created_ms=who.created_ms,
        )
    )  # fmt: skip
    for each in taken.records:
        loader.record(
            NewRecord(
                id=each.id, resident=who.id, facility=who.facility, staff=doctor, kind=each.kind,
                version=each.version, day=each.on.isoformat(), at_ms=each.at_ms,
                body=encode(each.body), cls=get(each.kind, each.version).access.value,
            )
        )  # fmt: skip
    for each in _earlier(who, doctor, day, changes - 1 - len(taken.records)):
        loader.record(each)


def _earlier(who: Resident, doctor: bytes, day: date, count: int) -> Iterator[NewRecord]:
    """Records of earlier years, five weeks apart."""
    rng = random.Random(who.id)
    grown = (day - who.birth_date).days > GROWN_UP_DAYS
    kind = "htn_followup" if grown else "encounter"
    for n in range(count):
        on = day - timedelta(days=400 + 35 * n)
        body = follow_up(rng, doctor, on) if grown else good("encounter", doctor=doctor.hex())
        at_ms = noon_ms(on)
        yield NewRecord(
            id=at_ms.to_bytes(6) + rng.randbytes(10), resident=who.id, facility=who.facility,
            staff=doctor, kind=kind, version=1, day=on.isoformat(), at_ms=at_ms, body=encode(body),
        )  # fmt: skip


async def _opened(world: World, person: Resident, doctors: dict[bytes, bytes]) -> Model:
    model = Model(
        person.id, person.team, person.facility, doctors[person.team], person.name, person.id_no,
        person.phone, person.archive_no, person.birth_date.isoformat(), person.sex == "1",
    )  # fmt: skip
    cards = await world.store.read(lambda tx: key_of(tx, world.site))
    for table in TABLES_OF:
        spec = SPECS[table]
        rows = await world.rows(
            f"SELECT {','.join(spec.columns)} FROM {table} WHERE resident=? "
            f"ORDER BY {','.join(spec.key)}",
            person.id,
        )
        flags = {name for name in spec.columns if spec.types[name] == "boolean"}
        model.rows[table] = [
            {
                name: bool(value) if name in flags else value
                for name, value in zip(spec.columns, row, strict=True)
            }
            for row in rows
        ]
    (archive,) = model.rows["resident"]
    key = world.site.vault.key(person.id, archive["key"])
    _open_rows(world, model, key, cards)
    edits = [row["change"] for row in model.rows["change"] if row["shape"] == "edit"]
    events = [row["change"] for row in model.rows["change"] if row["shape"] == "event"]
    model.changes = edits + events
    return model


def _open_rows(world: World, model: Model, key: DataKey, cards: DataKey) -> None:
    """Every sealed value becomes what was sealed."""
    at, who = world.site.vault.at, model.resident
    (archive,) = model.rows["resident"]
    archive["sealed_cells"] = key.open(
        at(T_CELLS, who, who, archive["rev"]), archive["sealed_cells"]
    )
    if archive["sealed_restricted"] is not None:
        place = at(T_RESTRICTED, who, who, archive["rev_restricted"])
        archive["sealed_restricted"] = key.open(place, archive["sealed_restricted"])
    for row in model.rows["change"]:
        row["body"] = key.open(at(T_CHANGE, row["change"], who), row["body"])
    for row in model.rows["resident_card"]:
        row["sealed"] = open_face(world.site, cards, who, row["rev"], row["sealed"])
    (plan,) = model.rows["plan"]
    for cls, rev, column in PLAN_CLASSES:
        if plan[column] is not None:
            plan[column] = key.open(at(TABLES[cls], who, who, plan[rev]), plan[column])
    for row in model.rows["plan_due"]:
        if row["sealed"] is not None:
            place = at(T_DUE, row["key"].encode(), who, plan["rev_restricted"])
            row["sealed"] = key.open(place, row["sealed"])


PLAN_CLASSES: Final[Sequence[tuple[str, str, str]]] = (
    ("A", "rev", "sealed_open"),
    ("B", "rev_restricted", "sealed_restricted"),
)


def face_in(model: Model) -> Face:
    return model.rows["resident_card"][0]["sealed"]
