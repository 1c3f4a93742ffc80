"""Lists of results that laboratories give out: upload, columns, what would become of each specimen
with every fault by line, and taking them in. Work: server/actions/checkup/lab.py.
"""

from dataclasses import dataclass
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.checkup import lab as labs
from server.actions.checkup.lab import FILE_MOST, Looked
from server.actions.checkup.lab_match import Entry, Verdict
from server.actions.lists.sheet_parts import SheetEmpty, SheetRefused, SheetTooLong
from server.console.checkup_board_words import spoken
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.import_upload import in_memory
from server.console.imports import sample
from server.console.words import Words, words
from server.errors import RuleSaysNo
from server.pages import times
from server.pages.values import field_text
from server.pages.web import posted, see
from server.rules.checkup_days import PREPARES
from server.rules.checkup_lab import NAME, ROLES, Fault, fields

AnyRequest = Request[Any, Any, Any]
BODY_MOST: Final = FILE_MOST + 64 * 1024
SHOWN: Final = 200  # specimens of each sort on one page
SAMPLES: Final = 3
LEAVE: Final = "leave"


@dataclass(frozen=True, slots=True)
class Column:
    at: int
    heading: str
    samples: tuple[str, ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class Row:
    """One specimen as drawn. `said`: faults or warnings, each with its line."""

    number: str
    rows: str
    who: str
    verdict: str
    values: str
    critical: bool
    before: tuple[str, ...]
    said: tuple[tuple[str, str], ...]


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_lists(console), *_one(console)]


def _lists(console: Console) -> list[HTTPRouteHandler]:
    @page("/checkup/{day:str}/lab", roles=PREPARES)
    async def listed(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        return await _list(console, request, day)

    @action("/checkup/{day:str}/lab", roles=PREPARES, most=BODY_MOST, own_csrf=True)
    async def upload(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        w = words("checkup_lab")
        try:
            name, data = await _received(request)
            made = await labs.upload(console.site, signed_of(request), id_of(day), name, data)
        except SheetEmpty as refused:
            return await _list(console, request, day, fault=refused.say or w.no_file, status=422)
        except SheetRefused as refused:
            return await _list(console, request, day, fault=refused.say, status=422)
        except RuleSaysNo as refused:
            if refused.detail != "laboratory":
                raise
            return await _list(console, request, day, fault=w.no_laboratory, status=422)
        return see(_path(day, made.hex()))

    return [listed, upload]


async def _received(request: AnyRequest) -> tuple[str, bytes]:
    """(laboratory, file) of the form. Raises FormNotOurs, UploadBroken, SheetRefused."""
    texts, data = await in_memory(request, most=BODY_MOST)
    if len(data) > FILE_MOST:
        raise SheetTooLong
    return texts.get("laboratory", ""), data


async def _list(
    console: Console, request: AnyRequest, day: str, *, fault: str = "", status: int = 200
) -> Response[Any]:
    w = words("checkup_lab")
    held, found, named = await labs.lists(console.site, signed_of(request), id_of(day))
    here = Page(
        "checkup_labs.html.j2", "checkup_lab", w.title, "checkup", (Key("Escape", w["keys"].back),)
    )
    return await console.page(
        request, here, status=status, held=held, on=times.long_day(held.on), lists=found,
        named=named, fault=fault, day=day,
    )  # fmt: skip


def _one(console: Console) -> list[HTTPRouteHandler]:
    @page("/checkup/{day:str}/lab/{lab:str}", roles=PREPARES)
    async def one(request: AnyRequest, day: FromPath[str], lab: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, day, lab)

    @action("/checkup/{day:str}/lab/{lab:str}/columns", roles=PREPARES)
    async def columns(request: AnyRequest, day: FromPath[str], lab: FromPath[str]) -> Response[Any]:
        typed = await posted(request)
        wanted = {
            int(name[1:]): said[0]
            for name, said in typed.items()
            if name[:1] == "c" and name[1:].isdecimal() and len(name) < 5 and said[0]
        }
        return await _do(
            console, request, day, lab,
            labs.set_columns(console.site, signed_of(request), id_of(day), id_of(lab), wanted),
        )  # fmt: skip

    @action("/checkup/{day:str}/lab/{lab:str}/take", roles=PREPARES)
    async def take(request: AnyRequest, day: FromPath[str], lab: FromPath[str]) -> Response[Any]:
        out = (await posted(request)).get(LEAVE, [])
        return await _do(
            console, request, day, lab,
            labs.take_in(console.site, signed_of(request), id_of(day), id_of(lab), out),
        )  # fmt: skip

    @action("/checkup/{day:str}/lab/{lab:str}/drop", roles=PREPARES)
    async def drop(request: AnyRequest, day: FromPath[str], lab: FromPath[str]) -> Response[Any]:
        await labs.drop(console.site, signed_of(request), id_of(day), id_of(lab))
        return see(f"/console/checkup/{day}/lab")

    return [one, columns, take, drop]


async def _do(
    console: Console, request: AnyRequest, day: str, lab: str, work: Any
) -> Response[Any]:
    """Done, the page is drawn anew; refused by a rule, with the reason on top."""
    w = words("checkup_lab").one
    try:
        await work
    except RuleSaysNo as refused:
        said = {"twice": w.columns_twice, "not_now": w.not_now, "columns": w.lacking_values}
        fault = said.get(refused.detail, refused.say)
        return await _draw(console, request, day, lab, fault=fault, status=422)
    return see(_path(day, lab))


def _path(day: str, lab: str) -> str:
    return f"/console/checkup/{day}/lab/{lab}"


async def _draw(
    console: Console, request: AnyRequest, day: str, lab: str, *, fault: str = "",
    status: int = 200,
) -> Response[Any]:  # fmt: skip
    w = words("checkup_lab")
    found = await labs.looked_at(console.site, signed_of(request), id_of(day), id_of(lab))
    entries = found.preview.entries if found.preview is not None else ()
    by = {each: [e for e in entries if e.verdict is each] for each in Verdict}
    good = sorted(by[Verdict.NEW] + by[Verdict.CHANGED], key=_worth_a_look)
    keys = (Key("Ctrl Enter", w["keys"].take), Key("Escape", w["keys"].back))
    return await console.page(
        request,
        Page("checkup_lab.html.j2", "checkup_lab", w.title, "checkup", keys),
        status=status, found=found, day=day, path=_path(day, lab), fault=fault,
        sentence=_sentence(found, len(good), len(by[Verdict.REFUSED]), w),
        on=times.long_day(found.day.on), groups=_groups(w), columns=_columns(found),
        good=[_row(each, w) for each in good[:SHOWN]], good_n=len(good),
        bad=[_row(each, w) for each in by[Verdict.REFUSED][:SHOWN]],
        bad_n=len(by[Verdict.REFUSED]), same_n=len(by[Verdict.SAME]), shown=SHOWN,
        unread=_unread(found), nameless=_nameless(found, w),
        left=[(w.one.row(n=f[0]), f[1], _say(Fault(*f[2:]), w)) for f in found.content.faults],
    )  # fmt: skip


def _worth_a_look(each: Entry) -> tuple[bool, bool, bool, int]:
    """Critical ones first, then what asks to be looked at, then what would be replaced."""
    first = each.lines[0] if each.lines else 0
    return not each.critical, not each.warnings, not each.before, first


def _sentence(found: Looked, good: int, bad: int, w: Words) -> tuple[str, str]:
    lab = found.lab
    if lab.state == labs.ENDED:
        return w.one.done_mark(n=lab.taken), w.one.done_end(same=lab.same, refused=lab.refused)
    if found.lacking:
        return w.one["lacking_number" if found.lacking == "number" else "lacking_values"], ""
    mark = w.one.ready_mark(n=good) if good else w.one.none_mark
    return mark, w.one.ready_end(bad=bad) if bad else ""


def _groups(w: Words) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a column may be, by heading."""
    made = [(w.groups.roles, [(each, str(w.roles[each])) for each in ROLES])]
    for station in ("blood", "urine"):
        own = [(name, each.label) for name, (of, _, each) in fields().items() if of == station]
        made.append((w.groups[station], own))
    return made


def _columns(found: Looked) -> list[Column]:
    lines = found.content.lines[:SAMPLES]
    return [
        Column(
            at, heading,
            tuple(_sample(cells[at], found.content.columns.get(at, "")) for _, cells in lines
                  if at < len(cells) and cells[at].strip()),
            found.content.columns.get(at, ""),
        )
        for at, heading in enumerate(found.content.headings)
    ]  # fmt: skip


def _sample(text: str, column: str) -> str:
    """The beginning of a cell; of a name the first sign alone."""
    return f"{text[:1]}…" if column == NAME else sample(text)


def _row(each: Entry, w: Words) -> Row:
    said = each.faults if each.verdict is Verdict.REFUSED else each.warnings
    several = len(each.lines) > 1
    first = each.lines[0] if each.lines else 0
    return Row(
        each.number, w.one.rows(n=first, all=len(each.lines)) if several else w.one.row(n=first),
        f"{spoken(each.ticket)} {each.name}".strip(), each.verdict.value, _values(each),
        bool(each.critical),
        tuple(
            w.one.before(label=fields()[name][2].label, value=field_text(fields()[name][2], value))
            for name, value in each.before.items()
        ),
        tuple((w.one.row(n=line), _say(fault, w)) for line, fault in said),
    )  # fmt: skip


def _values(each: Entry) -> str:
    said = [
        f"{fields()[name][2].label} {field_text(fields()[name][2], value)}"
        for name, value in each.values.items()
    ]
    return words("ui").and_sign.join(said)


def _say(fault: Fault, w: Words) -> str:
    code = "void_alone" if fault.code == "void" and not fault.what else fault.code
    text = w.faults.get(code, code)
    return text.format(what=fault.what, other=fault.other, third=fault.third)


def _unread(found: Looked) -> list[str]:
    w = words("checkup_lab").one
    if found.preview is None:
        return []
    unread = list(found.preview.unread.items())[:30]
    return [w.unread_one(what=what[:30], n=n) for what, n in unread]


def _nameless(found: Looked, w: Words) -> str:
    lines = found.preview.nameless if found.preview is not None else ()
    said = words("ui").and_sign.join(str(each) for each in lines[:20])
    return w.one.nameless(rows=said) if lines else ""
