"""Targets of lists: residents by CSV and by Excel, a laboratory's results, who is invited.

Reading is tried 10,000 times and held against a second, plain reading of the same cells. The whole
way, from the upload to what stands in the database, is tried for a share of them in both databases.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from random import Random
from typing import Final

from server.actions.checkup import invited_file, lab
from server.actions.checkup.invited_file import Taken
from server.actions.checkup.invited_lines import read_entries
from server.actions.lists import import_run, imports
from server.actions.lists.import_reading import _headings
from server.actions.lists.import_steps import Outcome, bad_cells
from server.actions.lists.sheets import Line, Sheet, SheetRefused, read_sheet
from server.errors import Refusal
from server.records.sheet_columns import guess
from server.records.sheet_lines import Read, read_person
from server.rules.checkup_lab import lacking
from server.rules.checkup_lab import read as read_results
from tests.checkup_days import TODAY, a_day, planned
from tests.checkup_days import desk as signed_in
from tests.console import CHEN
from tests.fuzz.case import Broken, Case, Place, Target, code_of, one_by_one
from tests.fuzz.mutate_bytes import changed
from tests.fuzz.mutate_sheet import Rows, book_of, changed_rows, csv_of
from tests.fuzz.worlds import Walked, walked
from tests.lists import HEADINGS, QINGHE_VILLAGE, county, number, signed
from tests.lists import upload as upload_list
from tests.test_checkup_lab import labelled
from tests.test_checkup_lab_rules import number as specimen
from tests.world import WU, ZHOU, id_number

PEOPLE: Final[Rows] = [
    list(map(str, HEADINGS.split(","))),
    ["许清和", "男", "1955-03-12", number("1955-03-12", 3), "13812345678", "青禾村 3 号",
     QINGHE_VILLAGE, "青霉素", "", ""],
    ["马白露", "女", "1962/2/3", number("1962-02-03", 2), "", "", QINGHE_VILLAGE, "无", "", ""],
    ["方处暑", "女", "1970年1月9日", "", "", "", "", "", "青禾镇卫生院", "青禾二队"],
]  # fmt: skip
RESULTS: Final[tuple[Rows, ...]] = (
    [["条码号", "姓名", "采样日期", "空腹血糖", "ALT"],
     [specimen(1), "周谷雨", "2026-11-20", "5.6", "20"],
     [specimen(2), "吴𠮷祥", "", "6.1", "31.5"]],
    [["条码号", "项目", "结果", "单位"], [specimen(1), "GLU", "5.60", "mmol/L"],
     [specimen(1), "谷丙转氨酶", "23.45", "IU/L"], [specimen(1, 4), "尿蛋白", "阴性", ""]],
)  # fmt: skip
INVITED: Final[Rows] = [
    ["证件号码", "档案编号", "姓名", "出生日期", "人群", "时段"],
    [id_number(ZHOU), "", "", "", "老年人、高血压", "8:30"],
    ["", "37100200100100002", "", "", "", ""], ["", "", "吴𠮷祥", "1948-11-05", "", "09:00-09:30"],
]  # fmt: skip
Maker = Callable[[Random], Case]


def _drawn(rows: Rows, chance: Random, *, books: float = 0.0) -> Case:
    if chance.random() >= books:
        return Case(csv_of(changed_rows(rows, chance), chance), "csv")
    if chance.random() < 0.12:
        return Case(book_of(changed_rows(rows, chance), chance), "xlsx")
    # To open a package takes milliseconds: most are one of a few whose bytes are changed.
    packed = _few_books(tuple(map(tuple, rows)))
    return Case(changed(chance.choice(packed), chance, packed), "xlsx")


@cache
def _few_books(rows: tuple[tuple[str, ...], ...]) -> tuple[bytes, ...]:
    return tuple(book_of(changed_rows(rows, Random(n)), Random(n)) for n in range(20))


def _unchanged_too(rows: Rows, chance: Random) -> Case:
    """Now and then the list as it is, so that what follows meets what is there."""
    if chance.random() < 0.05:
        return Case(csv_of(rows, chance), "csv")
    return _drawn(rows, chance, books=0.15)


# ---- reading ------------------------------------------------------------------------------------


def people(_: Place) -> Iterator[Target]:
    """Residents from a CSV."""
    yield Target(lambda chance: _drawn(PEOPLE, chance), one_by_one(_read_people))


def workbook(_: Place) -> Iterator[Target]:
    """Residents from a package that Excel might have written."""
    yield Target(lambda chance: _drawn(PEOPLE, chance, books=1), one_by_one(_read_people))


def _read_people(case: Case) -> str:
    try:
        sheet = read_sheet(case.data)
        lines = list(sheet.lines)
    except SheetRefused as refused:
        return code_of(refused, refused.code)
    _as_written(sheet, lines, case.data)
    headings, rest = _headings("basic_info", iter(lines))
    columns = guess("basic_info", headings)
    refused = 0
    for line in rest:
        read = read_person(line.cells, bad_cells(line), columns, today=TODAY, restricted=False)
        refused += bool(read.refusals)
        if not read.refusals:
            _says(line, columns, read)
    return f"{refused} of its lines refused"


_UNSEEN: Final = re.compile("[\\s\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad\x00-\x1f\x7f\u00a0]")


def _bare(text: str) -> str:
    """What is left of a cell without what nobody sees, and without the signs that mark a text."""
    plain = _UNSEEN.sub("", text)
    inside = re.fullmatch('="([^"]*)"', plain)
    return (inside[1] if inside else plain).lstrip("'")


def _as_written(sheet: Sheet, lines: Sequence[Line], data: bytes) -> None:
    """A CSV says what a plain reader finds in it, cell for cell."""
    if sheet.kind != "csv":
        return
    codec = {"utf-8": "utf-8-sig"}.get(sheet.encoding, sheet.encoding)
    text = io.StringIO(data.decode(codec), newline="")
    rows = list(csv.reader(text, delimiter=sheet.delimiter))
    for line in lines:
        bad = {at for at, _ in line.faults}
        for at, cell in enumerate(line.cells):
            raw = rows[line.n - 1][at]
            if raw != cell and at not in bad and not _bare(raw).startswith(_bare(cell)):
                raise Broken("a cell says something else than its file")


def _says(line: Line, columns: dict[int, str], read: Read) -> None:
    """What is to be opened stands in the line."""
    there = {name: line.cell(at) for at, name in columns.items()}
    told = read.basics.get("name")
    if not told or _bare(there.get("name", "")) != _bare(str(told)):
        raise Broken("a name that the line does not say")
    for at in (at for at, _ in line.faults if columns.get(at) in ("name", "id_no", "birth_date")):
        raise Broken(f"a line with a fault in column {at} is taken")


def laboratory(_: Place) -> Iterator[Target]:
    """Results of specimens: a line a specimen, or a line a value."""

    def make(chance: Random) -> Case:
        return _drawn(chance.choice(RESULTS), chance, books=0.05)

    def judge(case: Case) -> str:
        try:
            content = lab._read(case.data)
        except SheetRefused as refused:
            return code_of(refused, refused.code)
        if lack := lacking(content.columns):
            return f"lacks {lack}"
        told = (content.headings, content.columns, content.lines)
        read = read_results(*told, on=TODAY, today=TODAY)
        faults = sum(len(each.faults) for each in read.specimens)
        cells = {_bare(cell) for _, line in content.lines for cell in line}
        for each in read.specimens:
            if each.name and _bare(each.name) not in cells:
                raise Broken("a specimen with a name that the list does not say")
        return f"{min(faults, 4)} faults"

    yield Target(make, one_by_one(judge))


def invited(_: Place) -> Iterator[Target]:
    """Whom to invite to a checkup day."""

    def judge(case: Case) -> str:
        try:
            found = read_entries(read_sheet(case.data))
        except SheetRefused as refused:
            return code_of(refused, refused.code)
        if len({each.line for each in found.faults} | {each.line for each in found.entries}) == 0:
            raise Broken("a list about which nothing is said")
        return f"{min(len(found.faults), 4)} faults"

    yield Target(lambda chance: _drawn(INVITED, chance, books=0.05), one_by_one(judge))


# ---- the whole way ------------------------------------------------------------------------------

_WHOLE: Final = (
    "SELECT COUNT(*) FROM resident r WHERE NOT EXISTS (SELECT 1 FROM change c WHERE "
    "c.resident=r.resident) OR (NOT EXISTS (SELECT 1 FROM member m WHERE m.resident=r.resident) "
    "AND NOT EXISTS (SELECT 1 FROM task t WHERE t.resident=r.resident AND t.kind='unassigned'))"
)


@contextmanager
def people_whole(place: Place) -> Iterator[Target]:
    """From the upload to archives: every line has an ending, and no archive is half opened."""
    with walked(place) as at:
        at.run(county(at.world))
        began = at.run(at.world.one(_WHOLE))

        async def taken(case: Case) -> str:
            who = await signed(at.world, CHEN)
            before = await at.world.one("SELECT COUNT(*) FROM resident")
            try:
                job = await upload_list(at.world, who, case.data)
                if job.state != "failed":
                    await imports.start(at.world.site, who, job.id)
                    await import_run.run(at.world.site)
                    job = await imports.find(at.world.site, who, job.id)
            except Refusal as refused:
                return code_of(refused, refused.code)
            opened = await at.world.one("SELECT COUNT(*) FROM resident") - before
            if job.state == "failed":
                if opened or not job.told:
                    raise Broken("a list that was refused left something, or has no code")
                return job.told
            said = await _endings(at, job)
            if (job.state, sum(said.values())) != ("done", job.lines):
                raise Broken(f"the list is {job.state}, {said} of {job.lines} lines have an ending")
            if opened != said[Outcome.CREATED] + said[Outcome.POSSIBLE]:
                raise Broken(f"{opened} archives were opened: {said}")
            if await at.world.one(_WHOLE) != began:
                raise Broken("an archive is half opened")
            return f"{opened} opened, {said[Outcome.REFUSED]} refused"

        def make(chance: Random) -> Case:
            return _unchanged_too(PEOPLE, chance)

        yield Target(make, one_by_one(lambda case: at.run(taken(case))), finish=at.look_around)


async def _endings(at: Walked, job: imports.Job) -> dict[Outcome, int]:
    said = dict.fromkeys(Outcome, 0)
    for n in range(job.chunks):
        for _, ending in await import_run.results_in(at.world.site, job.id, n):
            if ending is None or (ending.outcome is Outcome.REFUSED and not ending.reason):
                raise Broken("a line without an ending, or refused without a reason")
            said[ending.outcome] += 1
    if said != {each: getattr(job, each.value) for each in Outcome}:
        raise Broken(f"the list counts otherwise than its lines: {said}")
    return said


@contextmanager
def day_whole(place: Place) -> Iterator[Target]:
    """Lists of a checkup day, from the upload to the day: results of specimens, who is invited."""
    with walked(place) as at:
        at.run(planned(at.world))
        day = at.run(a_day(at.world, on=TODAY))
        at.run(_labelled(at, day))

        async def taken(case: Case) -> str:
            try:
                return await (_results if case.how == "results" else _guests)(at, day, case.data)
            except Refusal as refused:
                return code_of(refused, refused.code)

        def make(chance: Random) -> Case:
            if chance.random() < 0.5:
                return Case(_unchanged_too(chance.choice(RESULTS), chance).data, "results")
            return Case(_unchanged_too(INVITED, chance).data, "guests")

        yield Target(make, one_by_one(lambda case: at.run(taken(case))), finish=at.look_around)


async def _labelled(at: Walked, day: bytes) -> None:
    await at.world.store.write(lambda tx: tx.run("UPDATE checkup_day SET serial=7"))
    await labelled(at.world, day, ZHOU, specimen(1), specimen(1, 4))
    await labelled(at.world, day, WU, specimen(2))


async def _results(at: Walked, day: bytes, data: bytes) -> str:
    who, count = await signed_in(at.world), "SELECT COUNT(*) FROM checkup_step"
    before = await at.world.one(count)
    made = await lab.upload(at.world.site, who, day, "县医院检验科", data)
    looked = await lab.looked_at(at.world.site, who, day, made)
    if await at.world.one(count) != before:
        raise Broken("looking at a list changed something")
    if looked.lacking:
        return f"lacks {looked.lacking}"
    done = await lab.take_in(at.world.site, who, day, made)
    assert looked.preview is not None
    if done.taken + done.same + done.refused != len(looked.preview.entries):
        raise Broken("a specimen without an ending")
    return f"{done.taken} taken"


async def _guests(at: Walked, day: bytes, data: bytes) -> str:
    who, count = await signed_in(at.world), "SELECT COUNT(*) FROM checkup_person"
    before = await at.world.one(count)
    sent = await invited_file.send(at.world.site, who, day, data)
    looked = await invited_file.look(at.world.site, who, day, sent)
    taken = await invited_file.take_over(at.world.site, who, day, sent)
    if isinstance(taken, Taken) == bool(looked.faults):
        raise Broken("a list with faults was taken over, or one without was not")
    came = await at.world.one(count) - before
    if came != (taken.added if isinstance(taken, Taken) else 0):
        raise Broken("others came on the list than were told")
    return f"{came} came" if isinstance(taken, Taken) else f"{min(len(taken), 4)} faults"
