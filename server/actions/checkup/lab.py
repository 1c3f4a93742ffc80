"""A laboratory's list of results: uploaded for a day, its columns told apart, taken in as a whole.

Which column is which is remembered by the laboratory's name. What will happen to each specimen is
worked out when the list is looked at, and again under the day's lock when it is taken in, from the
same function (lab_match.py): so a list that two people take in at once is taken in once, and the
same list a second time changes nothing. Everything is one transaction. The lines stay sealed until
then, and are dropped with it; a list that nobody takes in is dropped after a week.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec

from crypto.primitives import sha256
from server.actions.accounts.sessions import Signed
from server.actions.checkup.day_person import note_looked, own_day
from server.actions.checkup.day_reading import held as held_day
from server.actions.checkup.day_rows import Day
from server.actions.checkup.desk_many import NewStep, save_steps_in
from server.actions.checkup.lab_match import Entry, Preview, Verdict, match
from server.actions.checkup.late import plain
from server.actions.keeping.site import Site, district_key_blob
from server.actions.lists.import_columns import apply_names
from server.actions.lists.sheet_parts import SheetEmpty, SheetTooLong
from server.actions.lists.sheets import read_sheet
from server.errors import NotYours, RuleSaysNo
from server.records.sheet_values import normal
from server.rules.checkup_lab import ROLES, fields, guess, lacking, station_of
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one
from server.store.vault import NOBODY, T_LAB
from sync.hall import DONE, PART
from sync.limits import DAY_MS

FILE_MOST: Final = 4 * 1024 * 1024
LINES_MOST: Final = 20_000
HEADING_WITHIN: Final = 10  # lines: above the headings there may be a title
KEPT_MS: Final = 7 * DAY_MS
LISTED: Final = 20
NAME_MOST: Final = 40
READY, ENDED, DROPPED = "ready", "done", "dropped"
_FIELDS: Final = (
    "lab, day, laboratory, digest, state, lines, taken, same, refused, made_by, made_at, ended_at"
)


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed of a list. `faults`: (line, number, code, what, other, third) of what was not
    taken in, once the lines are gone.
    """

    headings: tuple[str, ...] = ()
    columns: dict[int, str] = {}
    lines: tuple[tuple[int, tuple[str, ...]], ...] = ()
    faults: tuple[tuple[int, str, str, str, str, str], ...] = ()

    def __repr__(self) -> str:
        return f"Content({len(self.lines)} lines)"


_content: Final = msgspec.json.Decoder(Content)


@dataclass(frozen=True, slots=True)
class Lab:
    """One list, as it stands. `again`: the same file was taken in before."""

    lab: bytes
    day: bytes
    laboratory: str
    digest: bytes
    state: str
    lines: int
    taken: int
    same: int
    refused: int
    made_by: bytes
    made_at: int
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class Looked:
    """One list on a page. `preview` None where its columns are not told apart, or it is done."""

    day: Day
    lab: Lab
    content: Content
    lacking: str
    preview: Preview | None
    before: int | None


# Uploading.


async def upload(site: Site, signed: Signed, day: bytes, laboratory: str, data: bytes) -> bytes:
    """A list that has arrived. Raises NotYours, SheetRefused, RuleSaysNo("laboratory")."""
    name = laboratory.strip()[:NAME_MOST]
    if not name or not name.isprintable():
        raise RuleSaysNo("laboratory")
    await site.store.read(lambda tx: own_day(tx, site, signed, day))
    content = await asyncio.to_thread(_read, data)
    return await site.store.write(
        partial(
            _keep, site=site, signed=signed, day=day, name=name, content=content,
            digest=sha256(data),
        )
    )  # fmt: skip


def _read(data: bytes) -> Content:
    """Headings and lines of a file; a title above the headings is passed over."""
    lines: list[tuple[int, tuple[str, ...]]] = []
    for line in read_sheet(data).lines:
        lines.append((line.n, line.cells))
        if len(lines) > LINES_MOST:
            raise SheetTooLong
    if len(lines) < 2:
        raise SheetEmpty
    first = lines[:HEADING_WITHIN]
    best = max(range(len(first)), key=lambda at: (len(guess(first[at][1])), -at))
    headings = lines[best][1]
    return Content(headings, guess(headings), tuple(lines[best + 1 :]))


async def _keep(
    tx: Tx, site: Site, signed: Signed, day: bytes, name: str, content: Content, digest: bytes
) -> bytes:
    held = await held_day(tx, site, signed, day)
    saved = await _remembered(tx, site, held.facility, name)
    known = apply_names(content.headings, saved)
    if known:
        content = msgspec.structs.replace(content, columns=known)
    now = site.clock()
    await _forget_old(tx, site, now)
    lab = new_id(now)
    sealed = await _seal(tx, site, lab, content)
    row: Row = (
        site.district, lab, held.facility, day, name, digest, READY, len(content.lines), 0, 0, 0,
        signed.staff, now, None, sealed,
    )  # fmt: skip
    await tx.insert("checkup_lab", [row])
    await audit(tx, site.district, "act", b"lab-list" + lab + signed.staff, now)
    return lab


async def _forget_old(tx: Tx, site: Site, now: int) -> None:
    await tx.run(
        "UPDATE checkup_lab SET state=?, sealed=NULL, ended_at=? WHERE district=? AND state=? AND "
        "made_at<?",
        DROPPED, now, site.district, READY, now - KEPT_MS,
    )  # fmt: skip


async def _remembered(tx: Tx, site: Site, facility: bytes, name: str) -> dict[str, str]:
    row = await one(
        tx,
        "SELECT columns FROM checkup_lab_columns WHERE district=? AND facility=? AND laboratory=?",
        site.district, facility, name,
    )  # fmt: skip
    return msgspec.json.decode(row[0], type=dict[str, str]) if row is not None else {}


async def _seal(tx: Tx, site: Site, lab: bytes, content: Content) -> bytes:
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    return key.seal(site.vault.at(T_LAB, lab), msgspec.json.encode(content))


async def _open(tx: Tx, site: Site, lab: bytes, sealed: bytes | None) -> Content:
    if sealed is None:
        return Content()
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    return _content.decode(key.open(site.vault.at(T_LAB, lab), sealed))


# Looking.


async def lists(site: Site, signed: Signed, day: bytes) -> tuple[Day, tuple[Lab, ...], list[str]]:
    """The day, its lists, the newest first, and the laboratories that are known here. Raises
    NotYours.
    """

    async def read(tx: Tx) -> tuple[Day, tuple[Lab, ...], list[str]]:
        held = await own_day(tx, site, signed, day)
        rows = await tx.rows(
            f"SELECT {_FIELDS} FROM checkup_lab WHERE district=? AND day=? AND state<>? "
            "ORDER BY made_at DESC, lab DESC LIMIT ?",
            site.district, day, DROPPED, LISTED,
        )  # fmt: skip
        named = await tx.rows(
            "SELECT laboratory FROM checkup_lab_columns WHERE district=? AND facility=? "
            "ORDER BY laboratory",
            site.district, held.facility,
        )  # fmt: skip
        return held, tuple(Lab(*row) for row in rows), [row[0] for row in named]

    return await site.store.read(read)


async def looked_at(site: Site, signed: Signed, day: bytes, lab: bytes) -> Looked:
    """One list, and what would become of it. Names and values of people of the day, for its own
    facility, and written down: raises NotYours.
    """
    found = await site.store.read(partial(_looked_at, site=site, signed=signed, day=day, lab=lab))
    entries = found.preview.entries if found.preview is not None else ()
    if whos := {each.who for each in entries if each.who is not None}:
        await note_looked(site, signed, "laboratory", whos)
    return found


async def _looked_at(tx: Tx, site: Site, signed: Signed, day: bytes, lab: bytes) -> Looked:
    held = await own_day(tx, site, signed, day)
    found, content = await _find(tx, site, day, lab)
    lack = lacking(content.columns) if found.state == READY else ""
    preview = None
    if found.state == READY and not lack:
        preview = await match(tx, site, held, content.headings, content.columns, content.lines)
    row = await one(
        tx,
        "SELECT MAX(ended_at) FROM checkup_lab WHERE district=? AND day=? AND digest=? AND "
        "state=? AND lab<>?",
        site.district, day, found.digest, ENDED, lab,
    )  # fmt: skip
    return Looked(held, found, content, lack, preview, row[0] if row is not None else None)


async def _find(
    tx: Tx, site: Site, day: bytes, lab: bytes, *, lock: bool = False
) -> tuple[Lab, Content]:
    row = await one(
        tx,
        f"SELECT {_FIELDS}, sealed FROM checkup_lab WHERE district=? AND lab=?"
        f"{locking(tx) if lock else ''}",
        site.district, lab,
    )  # fmt: skip
    if row is None or row[1] != day or row[4] == DROPPED:
        raise NotYours("lab")
    return Lab(*row[:12]), await _open(tx, site, lab, row[12])


async def set_columns(
    site: Site, signed: Signed, day: bytes, lab: bytes, columns: Mapping[int, str]
) -> None:
    """Which column is which; remembered for the laboratory once the list can be read so. Raises
    NotYours, RuleSaysNo("twice" | "not_now").
    """
    known = {at: name for at, name in columns.items() if name in ROLES or name in fields()}
    if len(set(known.values())) < len(known):
        raise RuleSaysNo("twice")

    async def write(tx: Tx) -> None:
        held = await held_day(tx, site, signed, day)
        found, content = await _find(tx, site, day, lab, lock=True)
        if found.state != READY:
            raise RuleSaysNo("not_now")
        content = msgspec.structs.replace(content, columns=known)
        sealed = await _seal(tx, site, lab, content)
        await tx.run(
            "UPDATE checkup_lab SET sealed=? WHERE district=? AND lab=?",
            sealed, site.district, lab,
        )  # fmt: skip
        if not lacking(known):
            await _remember(tx, site, signed, held.facility, found.laboratory, content)

    await site.store.write(write)


async def _remember(
    tx: Tx, site: Site, signed: Signed, facility: bytes, name: str, content: Content
) -> None:
    said = {
        content.headings[at]: column
        for at, column in content.columns.items()
        if at < len(content.headings) and normal(content.headings[at])
    }
    await tx.run(
        "DELETE FROM checkup_lab_columns WHERE district=? AND facility=? AND laboratory=?",
        site.district, facility, name,
    )  # fmt: skip
    row: Row = (
        site.district, facility, name, msgspec.json.encode(said).decode(), signed.staff,
        site.clock(),
    )  # fmt: skip
    await tx.insert("checkup_lab_columns", [row])


# Taking in.


async def take_in(
    site: Site, signed: Signed, day: bytes, lab: bytes, left_out: Collection[str] = ()
) -> Lab:
    """Everything of a list that can be taken in, but for the specimens that somebody left out; all
    of it or nothing. A list that is done is left as it is. Raises NotYours, RuleSaysNo("columns").
    """
    return await site.store.write(
        partial(_take_in, site=site, signed=signed, day=day, lab=lab, left_out=frozenset(left_out))
    )


async def _take_in(
    tx: Tx, site: Site, signed: Signed, day: bytes, lab: bytes, left_out: frozenset[str]
) -> Lab:
    held = await held_day(tx, site, signed, day)
    found, content = await _find(tx, site, day, lab, lock=True)
    if found.state == ENDED:
        return found
    if lacking(content.columns):
        raise RuleSaysNo("columns")
    preview = await match(tx, site, held, content.headings, content.columns, content.lines)
    taken = [
        each
        for each in preview.entries
        if each.verdict in (Verdict.NEW, Verdict.CHANGED) and each.number not in left_out
    ]
    await save_steps_in(tx, site, signed, day, [step for e in taken for step in _steps(e)])
    left = Content(faults=_faults(preview.entries, left_out))
    now = site.clock()
    same = sum(each.verdict is Verdict.SAME for each in preview.entries)
    await tx.run(
        "UPDATE checkup_lab SET state=?, taken=?, same=?, refused=?, ended_at=?, sealed=? WHERE "
        "district=? AND lab=?",
        ENDED, len(taken), same, len(preview.entries) - len(taken) - same, now,
        await _seal(tx, site, lab, left), site.district, lab,
    )  # fmt: skip
    await audit(tx, site.district, "act", b"lab-taken" + lab + signed.staff, now)
    return (await _find(tx, site, day, lab))[0]


def _steps(entry: Entry) -> list[NewStep]:
    """The values of one specimen, a part for each form."""
    assert entry.who is not None
    by_form: dict[str, dict[str, Any]] = {}
    for name, value in entry.values.items():
        by_form.setdefault(fields()[name][1].id, {})[name] = value
    versions = {fields()[name][1].id: fields()[name][1].version for name in entry.values}
    return [
        NewStep(
            entry.who, PART,
            {
                "station": station_of(entry.number), "mark": DONE, "form": form,
                "v": versions[form], "values": plain(values), "specimen": entry.number,
            },
        )
        for form, values in by_form.items()
    ]  # fmt: skip


def _faults(
    entries: Sequence[Entry], left_out: frozenset[str]
) -> tuple[tuple[int, str, str, str, str, str], ...]:
    """What is said of the lines that were not taken in, after the lines are gone."""
    return tuple(
        (line, each.number, fault.code, fault.what, fault.other, fault.third)
        for each in entries
        if each.verdict is Verdict.REFUSED
        for line, fault in each.faults
    ) + tuple(
        (each.lines[0], each.number, "left_out", "", "", "")
        for each in entries
        if each.number in left_out and each.verdict in (Verdict.NEW, Verdict.CHANGED)
    )


async def drop(site: Site, signed: Signed, day: bytes, lab: bytes) -> None:
    """Nothing of it is kept. Raises NotYours, RuleSaysNo("not_now") for one that is done."""

    async def write(tx: Tx) -> None:
        await held_day(tx, site, signed, day)
        found, _ = await _find(tx, site, day, lab, lock=True)
        if found.state != READY:
            raise RuleSaysNo("not_now")
        now = site.clock()
        await tx.run(
            "UPDATE checkup_lab SET state=?, sealed=NULL, ended_at=? WHERE district=? AND lab=?",
            DROPPED, now, site.district, lab,
        )  # fmt: skip
        await audit(tx, site.district, "act", b"lab-dropped" + lab + signed.staff, now)

    await site.store.write(write)
