"""Reading lists in: upload, columns, a try on the first lines, progress, what came of it."""

import re
import unicodedata
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Stream

from server.actions.accounts.sessions import Signed
from server.actions.archives.first_written import elsewhere_now
from server.actions.lists import import_mappings, import_run, imports
from server.actions.lists.import_columns import apply_names
from server.actions.lists.import_reading import NotOurs, lines_in
from server.actions.lists.imports import ColumnsMissing, Job
from server.actions.lists.sheet_parts import Line, SheetRefused
from server.actions.lists.sheets import csv_text
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.import_upload import BODY_MAX, take_upload
from server.console.words import words
from server.errors import NotYours, RuleSaysNo
from server.pages import times
from server.pages.web import HEADERS, posted, see
from server.records.sheet_columns import (
    ID_NO,
    NAME,
    REGISTERED,
    columns_of,
    is_restricted,
    kind_of,
    like_offices,
)
from server.rules.accounts import StaffRole

AnyRequest = Request[Any, Any, Any]
MANAGERS: Final = frozenset({StaffRole.COUNTY, StaffRole.MANAGER})
HERE: Final = "/console/imports"
READ_AT_ONCE: Final = 8 * 1024 * 1024  # bytes: smaller lists are read before the answer
REFRESH_S: Final = "4"
SAMPLES: Final = 3
FAULTS_SHOWN: Final = 50
AREA_DIGITS: Final = 12
_LONG_NUMBER: Final = re.compile(r"(?a:\d){10,}[\dXx]?")


@dataclass(frozen=True, slots=True)
class Choice:
    """One column of the list as the page shows it."""

    at: int
    heading: str
    samples: tuple[str, ...]
    chosen: str


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_overview(console), *_one(console), *_steps(console), _result(console)]


def _overview(console: Console) -> list[HTTPRouteHandler]:
    @page("/imports", roles=MANAGERS)
    async def overview(request: AnyRequest) -> Response[Any]:
        return await _list(console, request)

    @action("/imports", roles=MANAGERS, most=BODY_MAX, own_csrf=True)
    async def upload(request: AnyRequest) -> Response[Any]:
        who = imports.importer_of(signed_of(request))
        try:
            job = await take_upload(console.site, request, who)
        except SheetRefused as refused:
            return await _list(console, request, fault=refused.say, status=refused.status)
        found = await imports.find(console.site, signed_of(request), job)
        if found.size <= READ_AT_ONCE:
            await import_run.work(console.site, job)
        return see(f"{HERE}/{job.hex()}")

    return [overview, upload]


async def _list(
    console: Console, request: AnyRequest, *, fault: str = "", status: int = 200
) -> Response[Any]:
    w = words("imports")
    signed = signed_of(request)
    jobs = await imports.newest(console.site, signed)
    shown = Page("imports.html.j2", "imports", w.title, "imports", (Key("u", w.key_upload),))
    return await console.page(
        request, shown, status=status, jobs=jobs, groups=kind_groups(console, signed), fault=fault,
        kind_shown=kind_shown,
    )  # fmt: skip


def kind_groups(console: Console, signed: Signed) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a list may hold, for who uploads it: heading, and kinds with their labels."""
    w = words("imports")
    outside = elsewhere_now(console.site)
    allowed = [k for k in imports.KINDS if signed.restricted or k in imports.OPEN_KINDS]
    groups = {
        w.groups.people: [imports.PEOPLE],
        w.groups.elsewhere: [k for k in allowed if k in outside],
        w.groups.registered: [k for k in allowed if k in REGISTERED],
    }
    named = {kind for kinds in groups.values() for kind in kinds}
    groups[w.groups.records] = [k for k in allowed if k not in named]
    return [
        (title, [(k, kind_label(k)) for k in kinds]) for title, kinds in groups.items() if kinds
    ]


def kind_label(kind: str) -> str:
    """What the lines of a list are, by name."""
    return words("imports").kinds.get(kind) or kind_of(kind).label


def kind_shown(job: Job) -> str:
    """The same where lists are listed and tried: of class B only that it is restricted."""
    if job.kind == imports.SEALED_KIND or is_restricted(job.kind):
        return words("imports").kinds.restricted
    return kind_label(job.kind)


def outcomes_of(job: Job, *, trying: bool = False) -> Mapping[str, str]:
    """What became of a line, in words: a comparison says who is on which side."""
    w = words("imports")
    if job.kind in REGISTERED:
        return w.outcomes_registered
    return w.outcomes_try if trying else w.outcomes


def _one(console: Console) -> list[HTTPRouteHandler]:
    @page("/imports/{job:str}", roles=MANAGERS)
    async def one(request: AnyRequest, job: FromPath[str]) -> Response[Any]:
        found = await _found(console, request, job)
        saved = request.query_params.get("saved", "")
        return await _draw(console, request, found, saved=saved == "1")

    @page("/imports/{job:str}/try", roles=MANAGERS)
    async def tried(request: AnyRequest, job: FromPath[str]) -> Response[Any]:
        found = await _found(console, request, job)
        if found.state != imports.MAPPING:
            return see(f"{HERE}/{job}")
        w = words("imports")
        lines = await import_run.dry_run(console.site, found)
        counts = {key: sum(e.outcome == key for _, e in lines) for key in w.outcomes}
        shown = Page("import_try.html.j2", "imports", w.title, "imports", (Key("s", w.key_start),))
        said = [(line, ending) for line, ending in lines if ending.reason]
        return await console.page(
            request, shown, job=found, counts=counts, said=said, tried=len(lines),
            first=_name_column(found), kind_shown=kind_shown,
            outcomes=outcomes_of(found, trying=True), registered=found.kind in REGISTERED,
        )  # fmt: skip

    return [one, tried]


def _name_column(job: Job) -> int:
    """The column that tells people which line is meant."""
    columns = {name: at for at, name in job.head.columns.items()}
    return next((columns[each] for each in ("name", NAME, ID_NO) if each in columns), 0)


async def _draw(
    console: Console,
    request: AnyRequest,
    job: Job,
    *,
    fault: str = "",
    saved: bool = False,
    status: int = 200,
) -> Response[Any]:
    w = words("imports")
    mapping = job.state == imports.MAPPING
    lines: list[Line] = []
    if mapping:
        lines = (await lines_in(console.site, job.id, 0))[0][:SAMPLES]
    refused = []
    if job.refused and job.deleted_at is None:
        refused = await import_run.refused_first(console.site, job, FAULTS_SHOWN)
    keys = (Key("t", w.key_try), Key("s", w.key_start)) if mapping else ()
    if job.done and job.deleted_at is None:
        keys = (Key("d", w.result),)
    shown = Page("import_job.html.j2", "imports", w.title, "imports", keys)
    answer = await console.page(
        request, shown, status=status, job=job, fault=fault, saved=saved, refused=refused,
        choices=_choices(job, lines), groups=columns_of(job.kind), first=_name_column(job),
        like_offices=like_offices(job.head.headings),
        names=await _mappings(console, job) if mapping else {}, kind_shown=kind_shown,
        source_needed=mapping and imports.needs_source_of(console.site, job),
        outcomes=outcomes_of(job),
    )  # fmt: skip
    if job.state in imports.AT_WORK:
        answer.headers["refresh"] = REFRESH_S  # the page follows by itself, without a script
    return answer


async def _mappings(console: Console, job: Job) -> dict[str, dict[str, str]]:
    return await import_mappings.mappings(console.site, job.kind, job.facility)


def sample(text: str) -> str:
    """The beginning of a cell; of a document or telephone its end alone, also in full-width digits.
    Area codes (12 digits) are no secret.
    """

    def end(found: re.Match[str]) -> str:
        return found[0] if len(found[0]) == AREA_DIGITS else f"…{found[0][-4:]}"

    return _LONG_NUMBER.sub(end, unicodedata.normalize("NFKC", text))[:24]


def _choices(job: Job, lines: list[Line]) -> list[Choice]:
    return [
        Choice(
            at, heading, tuple(sample(line.cell(at)) for line in lines if line.cell(at)),
            job.head.columns.get(at, ""),
        )
        for at, heading in enumerate(job.head.headings)
    ]  # fmt: skip


def _steps(console: Console) -> list[HTTPRouteHandler]:
    @action("/imports/{job:str}/columns", roles=MANAGERS)
    async def columns(request: AnyRequest, job: FromPath[str]) -> Response[Any]:
        found, form = await _found(console, request, job), await posted(request)
        wanted = _columns_of(form, found)
        signed, what = signed_of(request), form.get("do", ["save"])[0]
        try:
            await imports.map_columns(console.site, signed, found.id, wanted)
            await _say_source(console, signed, found.id, form)
            name = form.get("name", [""])[0].strip()
            if name:
                headings = found.head.headings
                said = {headings[at]: column for at, column in wanted.items()}
                await import_mappings.save_mapping(
                    console.site, signed, kind=found.kind, name=name, columns=said
                )
            if what == "start":
                await imports.start(console.site, signed, found.id)
        except (ColumnsMissing, RuleSaysNo) as refused:
            fault = _why(refused)
            kept = await imports.find(console.site, signed, found.id)
            return await _draw(console, request, kept, fault=fault, status=422)
        path = {"try": "/try", "start": ""}.get(what, "?saved=1")
        return see(f"{HERE}/{job}{path}")

    @action("/imports/{job:str}/mapping", roles=MANAGERS)
    async def mapping(request: AnyRequest, job: FromPath[str]) -> Response[Any]:
        found, form = await _found(console, request, job), await posted(request)
        names = await import_mappings.mappings(console.site, found.kind, found.facility)
        saved = names.get(form.get("name", [""])[0])
        if saved is None:
            return see(f"{HERE}/{job}")
        wanted = apply_names(found.head.headings, saved)
        await imports.map_columns(console.site, signed_of(request), found.id, wanted)
        return see(f"{HERE}/{job}")

    return [columns, mapping, *map(partial(_step, console), ("start", "stop", "delete"))]


async def _say_source(
    console: Console, signed: Signed, job: bytes, form: Mapping[str, list[str]]
) -> None:
    """Where the list comes from, where the page asked."""
    if "system" not in form:
        return
    system, exported = ((form.get(key) or [""])[0] for key in ("system", "exported"))
    found = await imports.find(console.site, signed, job)
    at = times.instant(exported)
    await imports.say_source(console.site, found, system=system, exported_at=at)


def _step(console: Console, what: str) -> HTTPRouteHandler:
    acts = {"start": imports.start, "stop": imports.stop, "delete": imports.delete}

    @action(f"/imports/{{job:str}}/{what}", roles=MANAGERS)
    async def step(request: AnyRequest, job: FromPath[str]) -> Response[Any]:
        found = await _found(console, request, job)
        try:
            await acts[what](console.site, signed_of(request), found.id)
        except (ColumnsMissing, RuleSaysNo) as refused:
            return await _draw(console, request, found, fault=_why(refused), status=422)
        return see(f"{HERE}/{job}")

    return step


def _why(refused: RuleSaysNo) -> str:
    w = words("imports")
    if isinstance(refused, ColumnsMissing):
        return w.columns_missing(labels=w.joint.join(refused.labels))
    return w.why.get(refused.detail, refused.say)


def _columns_of(form: Mapping[str, list[str]], job: Job) -> dict[int, str]:
    wanted: dict[int, str] = {}
    for at in range(len(job.head.headings)):
        chosen = form.get(f"c{at}", [""])[0]
        if chosen:
            wanted[at] = chosen
    return wanted


async def _found(console: Console, request: AnyRequest, job: str) -> Job:
    try:
        name = bytes.fromhex(job)
    except ValueError:
        raise NotYours from None
    return await imports.find(console.site, signed_of(request), name)


def _result(console: Console) -> HTTPRouteHandler:
    @page("/imports/{job:str}/result", roles=MANAGERS)
    async def result(request: AnyRequest, job: FromPath[str]) -> Response[Any]:
        found = await _found(console, request, job)
        if found.deleted_at is not None or not found.done:
            return see(f"{HERE}/{job}")
        await imports.note_handed_back(console.site, signed_of(request), found.id)
        name = f"import-{found.id.hex()[-8:]}.csv"
        headers = {**HEADERS, "content-disposition": f'attachment; filename="{name}"'}
        return Stream(_rows(console, found), media_type="text/csv", headers=headers)

    return result


async def _rows(console: Console, job: Job) -> AsyncIterator[bytes]:
    """The list as it came, with two columns more; a part at a time."""
    w, said = words("imports"), outcomes_of(job)
    width = len(job.head.headings)
    yield csv_text([[*job.head.headings, w.outcome, w.reason]], head=True).encode()
    for n in range(job.next_chunk):
        try:
            lines = await import_run.results_in(console.site, job.id, n)
        except NotOurs:
            return
        rows = [
            [*(line.cell(at) for at in range(width)), said[ending.outcome], ending.reason]
            for line, ending in lines
            if ending is not None
        ]
        yield csv_text(rows).encode()
