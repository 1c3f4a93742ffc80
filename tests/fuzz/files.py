"""Targets of files that people carry: backups, archives taken along, rescue files, tables of a
district; and of what a server says to a tablet under its own good signature.
"""

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, Final

from server.actions.keeping import backup
from server.actions.keeping.backup_file import BackupRefused, Reader
from server.actions.keeping.site import kek_ring
from server.actions.residents import exporting
from server.actions.residents.export_check import checked
from server.actions.tablets.rescue import CutOff, envelopes, take_in
from server.rules.district_source import FOLDER, DistrictBroken
from server.rules.districts import parse_year
from sync import wire
from sync.attachment_wire import arrived
from sync.attachment_wire import receipt as picture_receipt
from sync.enrol_wire import Hello, HelloStep, PollStep, read, reply, step
from sync.hall_wire import hall_row
from sync.limits import ENVELOPE_BYTES
from tests.console import TIAN, offices
from tests.fuzz.case import Broken, Case, Place, Target, code_of, one_by_one
from tests.fuzz.mutate_bytes import changed
from tests.fuzz.mutate_json import changed_json
from tests.fuzz.sealed import HANDS
from tests.fuzz.worlds import walked
from tests.hand_tablet import HandTablet
from tests.lists import signed
from tests.portal import bind
from tests.test_export import files_of, taken
from tests.test_rescue import after, packed
from tests.world import START_MS, SU, TEAM_A, ZHOU, enrol_by_hand


@contextmanager
def backups(place: Place) -> Iterator[Target]:
    """A backup file: its frames, its seal; opened with the right keys, as a restore does it."""
    with walked(place) as at:
        made = at.run(backup.backup(at.world.site, place.folder / "backup"))
        raw, ring = made.path.read_bytes(), kek_ring(at.world.kek_file)
        path = place.folder / "changed.gwk"

        def judge(case: Case) -> str:
            path.write_bytes(case.data)
            try:
                reader = Reader(path, ring)
                try:
                    reader.check()
                    rows = sum(len(each.rows) for each in reader.tables())
                finally:
                    reader.close()
            except BackupRefused as refused:
                return code_of(refused, refused.code)
            raise Broken(f"a changed backup was read: {rows} rows")

        head = raw[: 8 + int.from_bytes(raw[4:8]) + 400]

        def make(chance: Random) -> Case:
            if chance.random() < 0.5:  # what stands before the seal is read first
                return Case(changed(head, chance) + raw[len(head) :] * (chance.random() < 0.5))
            return Case(changed(raw, chance))

        yield Target(make, one_by_one(judge))


@contextmanager
def archives(place: Place) -> Iterator[Target]:
    """An archive that its resident took along, checked years later."""
    with walked(place) as at:
        at.run(bind(at.world, ZHOU))
        raw = at.run(taken(at.world))[1]
        keys = at.run(exporting.signing_keys(at.world.site))
        files = files_of(raw)
        signed_files = {name: files[name] for name in ("manifest.json", "manifest.sig")}

        def make(chance: Random) -> Case:
            if chance.random() < 0.6:
                return Case(changed(raw, chance), "line")
            name = chance.choice(tuple(signed_files))
            other = changed_json(json.loads(files[name]), chance)
            return Case(_zipped({**signed_files, name: other}, chance), "own")

        def judge(case: Case) -> str:
            try:
                found = checked(case.data, keys)
            except ValueError as error:
                return code_of(error, "no archive")
            if case.how == "own" and not found.faults:
                raise Broken("a changed archive is believed")
            if not found.faults and _contents(case.data) != files:
                raise Broken("an archive with other files is believed")
            return "faults" if found.faults else "the same files"

        yield Target(make, one_by_one(judge))


def _zipped(files: dict[str, bytes], chance: Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name), content)
    return changed(out.getvalue(), chance) if chance.random() < 0.2 else out.getvalue()


def _contents(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as package:
        return {name: package.read(name) for name in package.namelist()}


# ---- rescue files -------------------------------------------------------------------------------


def rescue(_: Place) -> Iterator[Target]:
    """The frame of a rescue file: envelopes come out whole, or its end is told."""
    some = [Random(n).randbytes(200 + n) for n in range(4)]
    whole = packed(*some)

    def judge(case: Case) -> str:
        count = 0
        try:
            for each in envelopes(io.BytesIO(case.data)):
                count += 1
                if len(each) > ENVELOPE_BYTES + 1 or each not in case.data:
                    raise Broken("an envelope that is not in the file")
        except CutOff as cut:
            return code_of(cut, f"cut off after {min(count, 5)}")
        return f"{min(count, 5)} whole"

    yield Target(lambda chance: Case(changed(whole, chance)), one_by_one(judge))


@contextmanager
def rescue_whole(place: Place) -> Iterator[Target]:
    """Rescue files at the console: what is taken is an envelope as its tablet signed it."""
    with walked(place) as at:
        at.run(offices(at.world))
        keys = at.run(enrol_by_hand(at.world, "rescued", staff=SU, panels=(TEAM_A,)))
        tablet, made = HandTablet(at.world, keys), list[bytes]()
        for _ in range(3):
            made.append(tablet.envelope(tablet.visit(ZHOU)))
            tablet = after(tablet, made[-1])
        whole, count = packed(*made), "SELECT COUNT(*) FROM envelope"

        async def judge(case: Case) -> str:
            who = await signed(at.world, TIAN)
            lines = await take_in(at.world.site, who, [("a", case.data)])
            there = await at.world.rows("SELECT digest FROM batch")
            if len(there) > 3 or await at.world.one(count) > 3:
                raise Broken("an envelope was taken that no tablet made")
            return " ".join(sorted({each.became.value for each in lines}))

        def make(chance: Random) -> Case:
            return Case(changed(whole, chance, [whole, *made]))

        yield Target(make, one_by_one(lambda case: at.run(judge(case))), finish=at.look_around)


# ---- tables of a district -----------------------------------------------------------------------

_VALUES: Final = (
    "1e999", "-0", "nan", "inf", "9223372036854775808", "0x7f", "1979-05-27T07:32:00Z", "[]", "{}",
    '""', '"\\u0000"', "true", "[1, 2]", '"31 March"', "-1", "101", "3.5", "[[[[]]]]",
    "{ value = 1 }", "{ empty = true }", '"S000-art11"', "'''\n\n'''", "[" * 400,
)  # fmt: skip


def tables(_: Place) -> Iterator[Target]:
    """The TOML of a district: a table that cannot be used is refused with its line."""
    texts = [path.read_text("utf-8") for path in sorted(FOLDER.glob("*.toml"))]

    def make(chance: Random) -> Case:
        text = chance.choice(texts)
        if chance.random() < 0.3:
            return Case(changed(text.encode(), chance))
        lines = text.split("\n")
        at = chance.randrange(len(lines))
        name, sign, value = lines[at].partition(" = ")
        do = chance.random()
        if do < 0.5 and sign:
            inner = value.split(" ")
            inner[chance.randrange(len(inner))] = chance.choice(_VALUES)
            lines[at] = name + sign + (chance.choice(_VALUES) if do < 0.25 else " ".join(inner))
        elif do < 0.7:
            lines.insert(chance.randrange(len(lines)), lines[at])
        elif do < 0.85:
            del lines[at]
        else:
            lines[at] = lines[at].upper() if do < 0.92 else lines[at].replace("[", "[[")
        return Case("\n".join(lines).encode())

    def judge(case: Case) -> str:
        text = case.data.decode("utf-8", "replace")
        try:
            parse_year(text, file="x.toml")
        except DistrictBroken as broken:
            if not 1 <= broken.line <= len(text.splitlines()) + 1:
                raise Broken(f"the fault is told in line {broken.line}") from None
            return code_of(broken, "broken")
        return "read"

    yield Target(make, one_by_one(judge))


# ---- what others say, in JSON -------------------------------------------------------------------


def messages(_: Place) -> Iterator[Target]:
    """Every other message of the wire: read as what it is, or malformed without a word of it."""
    key, twin = HANDS[0].server_sign.public.raw, b64encode(bytes(32)).decode()
    hello = HelloStep(v=1, offer=bytes(8), suite=1)
    bundle = {"version": 1, "kem": [[1, 1, twin]], "signing": [[1, twin]], "audit": twin, "at": 1}
    leave = {"put": "leave", "id": ZHOU, "csn": 2}
    page = {
        "panel": TEAM_A, "epoch": 1, "start": 0, "end": 3, "rows": [leave], "roster": ZHOU + SU,
        "more": True, "root": bytes(16), "mended": [1],
    }  # fmt: skip
    answer = {
        "v": 1, "now": START_MS, "head": {"epoch": 1, "seq": 3, "digest": bytes(32)},
        "receipt": {"receipt": {}, "signer": bytes(8), "signature": bytes(64)}, "pages": [page],
        "outcomes": [{"n": 1, "change": ZHOU, "state": "held", "reason": "血压"}], "lease": 5,
        "commands": [{"do": "back_off", "ms": 9}],
        "names": {"version": b"1", "staff": [[SU, "苏", 0]]},
        "halls": [{"day": ZHOU, "epoch": 1, "csn": 1, "version": 1, "rows": [{}]}],
    }  # fmt: skip
    row = {"put": "event", "rev": 1, "cls": "A", "change": {}, "staff": SU, "at": 1, "recv": 2}
    samples: dict[str, tuple[Any, Any]] = {
        "step": (step, json.loads(wire.encode(hello)) | {"step": "hello"}),
        "poll": (step, json.loads(wire.encode(PollStep(v=1, offer=bytes(8), n=1, mac=bytes(32))))),
        "reply": (reply, {"answer": {"v": 1}, "mac": bytes(32)}),
        "hello": (lambda raw: read(raw, Hello), {
            "v": 1, "suite": 1, "trust": key, "bundle": {"bundle": bundle, "signature": key},
            "commitment": twin}),
        "bundle": (wire.bundle, bundle),
        "answer": (wire.answer, answer),
        "page": (wire.page, page),
        "row": (wire.row, row),
        "receipt": (wire.receipt, {"device": SU, "epoch": 1, "seq": 1, "batch": bytes(32), "at": 1,
                                   "n": 1, "states": [[0, "held", "missing_base"]]}),
        "hall row": (hall_row, {"who": ZHOU, "status": "invited", "name": "周谷雨", "state": {}}),
        "arrived": (arrived, {"arrived": 7, "receipt": None}),
        "picture": (picture_receipt, {"device": SU, "id": bytes(32), "at": 1, "state": "taken"}),
    }  # fmt: skip

    def make(chance: Random) -> Case:
        how = chance.choice(tuple(samples))
        return Case(changed_json(samples[how][1], chance), how)

    def judge(case: Case) -> str:
        try:
            samples[case.how][0](case.data)
        except wire.Malformed as malformed:
            return code_of(malformed, "malformed")
        return f"{case.how} read"

    yield Target(make, one_by_one(judge))
