"""What goes into an archive that somebody takes along: everything the gate shows them, twice, for
people and for programs, with a list of fingerprints that the server signs.

Files: index.html, archive.json, photos/ID.jpg, readme.txt, manifest.json, manifest.sig
(crypto/SPEC.md 10). The ZIP file is the same bytes for the same content.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from crypto.keys import SigningKeyPair
from crypto.primitives import sha256
from server.actions.residents.correction_file import Correction
from server.actions.residents.links import Link
from server.actions.residents.reading import Entry, Reading
from server.pages import export_page, values
from server.pages.correcting import answer_text
from server.pages.export_page import Chapter, Section, Whole
from server.pages.words import words
from server.records.cells import silenced
from server.records.kinds import REGISTER
from server.records.model import Ref
from server.records.upcast import newest
from server.rules.corrections import together
from server.settings import CIVIL
from server.store.tx import Row
from sync.merge import Cell, choose, is_present

LABEL, FORMAT = b"gongwei/export\x00", "gongwei-archive/1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
BYTES_MAX, FILES_MAX = 200 * 1024 * 1024, 2_000


@dataclass(frozen=True, slots=True)
class Known:
    """What was collected, readable. Rows of tables are (columns as named in exporting.py)."""

    reading: Reading
    name: str
    person: str
    archive_no: str
    place: str
    made_at: int
    staff: Mapping[bytes, str]
    facilities: Mapping[bytes, str]
    credited: Mapping[bytes, bytes]
    assignments: Sequence[Row]
    consents: Sequence[Row]
    looks: Sequence[Row]
    answers: Sequence[Row]
    corrections: Sequence[Correction]
    links: Sequence[Link]
    pictures: Mapping[str, bytes]
    pictures_of: Mapping[bytes, Sequence[str]]


def _civil(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, CIVIL).strftime("%Y-%m-%d %H:%M")


def packed(known: Known, key: SigningKeyPair) -> bytes:
    """The ZIP file. Pure but for what it is given; for a thread."""
    w = words("export")
    made = _civil(known.made_at)
    files: dict[str, bytes] = {
        "index.html": export_page.page_of(_whole(known, made)).encode(),
        "archive.json": msgspec.json.format(msgspec.json.encode(_document(known)), indent=1),
        "readme.txt": str(w.readme(name=known.name, place=known.place, made=made)).encode(),
        **{f"photos/{name}.jpg": content for name, content in known.pictures.items()},
    }
    manifest = msgspec.json.format(
        msgspec.json.encode(
            {
                "format": FORMAT, "made_at": known.made_at,
                "files": {name: sha256(raw).hex() for name, raw in sorted(files.items())},
            }
        ),
        indent=1,
    )  # fmt: skip
    signature = {
        "algorithm": "Ed25519", "kid": key.public.kid().hex(), "public": key.public.raw.hex(),
        "signature": key.sign(LABEL + manifest).hex(),
    }  # fmt: skip
    files |= {MANIFEST: manifest, SIGNATURE: msgspec.json.encode(signature)}
    return _zipped(files)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packing:
        for name in sorted(files):
            about = zipfile.ZipInfo(name, _EPOCH)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.external_attr = 0o600 << 16
            packing.writestr(about, files[name])
    return out.getvalue()


def classes_in(raw: bytes) -> set[str]:
    """Letters of the classes that a file of our own packing holds."""
    with zipfile.ZipFile(io.BytesIO(raw)) as packing:
        document = msgspec.json.decode(packing.read("archive.json"), type=_Classes)
    return set(document.classes)


class _Classes(msgspec.Struct, frozen=True):
    classes: list[str]


# For programs.


def _document(known: Known) -> dict[str, Any]:
    reading = known.reading
    return {
        "format": FORMAT,
        "made_at": known.made_at,
        "archive_no": known.archive_no,
        "classes": list(reading.classes),
        "register": {name: _cell(name, cell) for name, cell in sorted(reading.cells.items())},
        "records": [_record(known, each) for each in reading.entries],
        "facilities": [
            {
                "facility": known.facilities.get(f, ""), "from": day, "cause": cause,
                "undone": bool(undone),
            }
            for f, day, cause, undone in known.assignments
        ],
        "consents": [
            {
                "facility": known.facilities.get(f, ""), "purpose": purpose, "classes": classes,
                "granted_at": at, "until": until, "revoked_at": revoked,
            }
            for f, purpose, classes, at, until, revoked in known.consents
        ],
        "looked": [
            {
                "at": at, "facility": known.facilities.get(f or b"", ""), "purpose": purpose,
                "ground": ground, "classes": classes, "mode": mode,
            }
            for at, f, purpose, ground, classes, mode in known.looks
        ],
        "confirmations": [
            {"facility": known.facilities.get(f, ""), "day": day, "answer": answer}
            for f, day, answer in known.answers
        ],
        "corrections": [_correction(known, each) for each in known.corrections],
        "family": [
            {
                "name": each.other.name, "tie": each.tie.value, "from": each.from_day.isoformat(),
                "until": each.until_day.isoformat(), "scopes": sorted(s.value for s in each.scopes),
            }
            for each in known.links
        ],
    }  # fmt: skip


def _correction(known: Known, each: Correction) -> dict[str, Any]:
    said = each.content
    return {
        "id": each.id.hex(), "lane": each.lane.value, "state": each.state.value,
        "outcome": each.outcome.value, "asked_at": each.asked_at, "answered_at": each.answered_at,
        "record": each.record.hex() if each.record else None, "before": said.before,
        "wanted": said.wanted, "words": said.text, "answer": said.answer, "appeal": said.appeal,
        "ruling": said.ruling,
        "photos": [f"photos/{name}.jpg" for name in known.pictures_of.get(each.id, ())],
    }  # fmt: skip


def _cell(name: str, cell: Cell) -> dict[str, Any]:
    shown = choose(cell, REGISTER.policy_of(name), REGISTER.safer_of(name))
    return {
        "label": values.cell_label(name), "value": shown.value, "disputed": shown.conflict,
        "said": [{"value": h.value, "by": h.author, "at": h.at} for h in cell.heads],
    }  # fmt: skip


def _record(known: Known, entry: Entry) -> dict[str, Any]:
    record = entry.record
    return {
        "id": entry.id.hex(), "kind": entry.kind, "version": record.change.v, "on": entry.on,
        "class": record.cls, "form": entry.form, "recorded_at": record.recorded_at,
        "by": known.staff.get(record.staff, ""),
        "facility": known.facilities.get(known.credited.get(entry.id, b""), ""),
        "voided": entry.voided, "corrected_by": entry.instead.hex() if entry.instead else None,
        "photos": [f"photos/{each}.jpg" for each in known.pictures_of.get(entry.id, ())],
    }  # fmt: skip


# For people.


def _whole(known: Known, made: str) -> Whole:
    w, entries = words("export"), known.reading.entries
    open_, restricted = (
        [_entry(known, each) for each in entries if (each.record.cls == "A") is plain]
        for plain in (True, False)
    )
    chapters = [
        Chapter(w.basics, [Section(known.name, _basics(known.reading.cells))]),
        Chapter(w.records, open_),
        *([Chapter(w.restricted, restricted)] if restricted else []),
        Chapter(w.facilities, _facilities(known)),
        Chapter(w.consents, _consents(known)),
        Chapter(w.confirmations, _answers(known)),
        Chapter(w.statements, _corrections(known)),
        Chapter(w.family, _family(known)),
        Chapter(w.looked, _looks(known)),
    ]
    return Whole(known.name, known.person, known.place, made, chapters)


def _basics(cells: Mapping[str, Cell]) -> list[tuple[str, str]]:
    w = words("export")
    rows = list[tuple[str, str]]()
    every = {
        name: choose(cell, REGISTER.policy_of(name), REGISTER.safer_of(name))
        for name, cell in sorted(cells.items(), key=lambda each: _order(each[0]))
    }
    unsaid = silenced(REGISTER, {name: shown.value for name, shown in every.items()}) | _BY_NAME
    for name, shown in every.items():
        if name in unsaid or not is_present(shown.value):
            continue
        rows.append((values.cell_label(name), _plain(name, shown.value)))
        for head in shown.others:
            who = w.resident_said if head.author == "resident" else w.staff_said
            told = w.other_value(value=_plain(name, head.value), who=who)
            rows.append((values.cell_label(name), told))
    return rows


_BY_NAME: Final = {x.name for x in REGISTER.fields if isinstance(x.type, Ref)}  # own chapters
_PLACES: Final = {each.name: n for n, each in enumerate(REGISTER.fields)}


def _order(cell: str) -> int:
    """Where the cell stands in the form."""
    return _PLACES.get(cell.partition("/")[0], len(_PLACES))


def _plain(name: str, value: Any) -> str:
    """A value; the own document number is whole here, since the file belongs to its owner."""
    if name == "id_no" and isinstance(value, str):
        return value
    return values.cell_text(name, value)


def _entry(known: Known, entry: Entry) -> Section:
    w, record = words("export"), entry.record
    marks = [w.amended] if entry.instead is not None else []
    if entry.voided is not None:
        marks.append(w.voided(why=entry.voided) if entry.voided else w.voided_plain)
    version = newest(entry.kind) or record.change.v
    names = {**known.facilities, **known.staff}
    at = names.get(known.credited.get(entry.id, b""), "")
    note = w.by(facility=at, who=names.get(record.staff, ""), day=entry.on)
    return Section(
        values.form_label(entry.kind),
        [row[1:] for row in values.named_rows(entry.kind, version, entry.form, names)], note, marks,
        [f"photos/{each}.jpg" for each in known.pictures_of.get(entry.id, ())],
    )  # fmt: skip


def _facilities(known: Known) -> list[Section]:
    w = words("export")
    return [
        Section(known.facilities.get(f, ""), (), w.since(day=day), (w.undone,) if undone else ())
        for f, day, _, undone in known.assignments
    ]


def _consents(known: Known) -> list[Section]:
    w = words("export")
    return [
        Section(
            known.facilities.get(f, ""),
            (),
            w.granted(who=known.facilities.get(f, ""), from_day=_civil(at), until=_civil(until)),
            (w.revoked,) if revoked else (),
        )
        for f, _, _, at, until, revoked in known.consents
    ]


def _looks(known: Known) -> list[Section]:
    w = words("export")
    return [
        Section(
            known.facilities.get(facility or b"", "") or w.grounds.own,
            (),
            w.looked_row(when=_civil(at), ground=w.grounds.get(ground, w.grounds.refused)),
        )
        for at, facility, _, ground, _, _ in known.looks
    ]


def _answers(known: Known) -> list[Section]:
    w = words("export")
    return [
        Section(
            w.answers.get(answer, answer),
            (),
            w.answer_row(day=day, facility=known.facilities.get(f, "")),
        )
        for f, day, answer in known.answers
    ]


def _corrections(known: Known) -> list[Section]:
    w, found = words("export"), list[Section]()
    for each in known.corrections:
        said = each.content
        labels = list(dict.fromkeys(values.cell_label(cell) for cell in said.wanted))
        told = [
            (w.wanted, _cells(said.wanted, said.wanted)),
            (w.before, _cells(said.before, said.wanted)), (w.words, said.text),
            (w.answer, said.answer), (w.appeal, said.appeal), (w.ruling, said.ruling),
        ]  # fmt: skip
        found.append(
            Section(
                words("values").comma.join(labels) or values.form_label(said.kind),
                [(label, text) for label, text in told if text],
                _civil(each.asked_at),
                (),
                [f"photos/{name}.jpg" for name in known.pictures_of.get(each.id, ())],
            )
        )
    return found


def _cells(of: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    follow = together(wanted)
    some = [cell for cell in of if cell not in follow and (follow or of[cell] is not None)]
    return words("values").comma.join(dict.fromkeys(answer_text(of, c, _plain) for c in some))


def _family(known: Known) -> list[Section]:
    w = words("export")
    return [
        Section(
            each.other.name,
            (),
            w.family_row(
                tie=w.ties[each.tie.value],
                from_day=each.from_day.isoformat(),
                until=each.until_day.isoformat(),
            ),
        )
        for each in known.links
    ]
