"""The home of queues: a sentence, the table by days left, the task in hand beside it."""

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.accounts.sessions import Signed
from server.actions.checkup import alarms
from server.actions.places.first_steps import first_steps
from server.actions.queues import queue_lines, queues
from server.actions.queues.queue_lines import Line, Listing, Peek
from server.actions.queues.queues import PAGE, Sums, Which
from server.console import queue_words
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.rail import QUEUES, Entry
from server.console.words import Words, words
from server.errors import NotYours
from server.pages import times, values
from server.pages.web import posted, see
from server.records.kinds import REGISTER
from server.records.model import Codes
from server.rules.accounts import EVERYBODY, FACILITY_ROLES, StaffRole

AnyRequest = Request[Any, Any, Any]
WORKERS: Final = FACILITY_ROLES | {StaffRole.COUNTY}
ELSEWHERE: Final = {StaffRole.CITY: "/console/board", StaffRole.AUDITOR: "/console/audit"}
FIRST_CLAIM: Final = "take"
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})*")


@dataclass(frozen=True, slots=True)
class Row:
    """One row as drawn. `href` opens the task, `panel` is the part beside the table."""

    line: Line
    href: str
    panel: str
    matter: str
    content: str
    source: str


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/", roles=EVERYBODY)
    async def home(request: AnyRequest) -> Response[Any]:
        signed = signed_of(request)
        if signed.role in ELSEWHERE:
            return see(ELSEWHERE[signed.role])
        return await _queue(console, request, "all")

    @page("/queue/{key:str}", roles=WORKERS)
    async def queue(request: AnyRequest, key: FromPath[str]) -> Response[Any]:
        return await _queue(console, request, key)

    @page("/task/{kind:str}/{subject:str}/panel", roles=WORKERS)
    async def panel(
        request: AnyRequest, kind: FromPath[str], subject: FromPath[str]
    ) -> Response[Any]:
        signed, asked = signed_of(request), request.query_params
        found = await queue_lines.peek(console.site, signed, kind, id_of(subject))
        entry = _entry(asked.get("key", "all"), signed)
        at, number = _number(asked.get("row", "")), _number(asked.get("page", ""))
        place = _place(entry, _which(asked.get("which", "")), number)
        shown = _panel(console, found, place=place, at=at, number=number)
        return console.draw(Page("queue_panel.html.j2", "queue", ""), signed=signed, **shown)

    @action("/task/{kind:str}/{subject:str}/claim", roles=WORKERS)
    async def claim(
        request: AnyRequest, kind: FromPath[str], subject: FromPath[str]
    ) -> Response[Any]:
        typed = await posted(request)
        act = queues.claim if typed.get("act", [FIRST_CLAIM])[0] == FIRST_CLAIM else _give_back
        await act(console.site, signed_of(request), kind, id_of(subject))
        back = typed.get("back", ["/console/"])[0]
        return see(back if back.startswith(("/console/?", "/console/queue/")) else "/console/")

    return [home, queue, panel, claim]


_give_back = queues.give_back


def id_of(text: str, size: int = 16) -> bytes:
    """The bytes of an id in an address. Raises NotYours for what is none."""
    found = bytes.fromhex(text) if _HEX.fullmatch(text) else b""  # alone it passes over spaces
    if len(found) != size:
        raise NotYours
    return found


def path_of(line: Line) -> str:
    """The page on which a task is ended."""
    task = line.task
    subject = task.subject.hex()
    match task.kind:
        case "conflict":
            return f"/console/conflict/{subject}"
        case "access_report" | "access_review":
            return f"/console/report/{subject}"
        case "family_freeze":
            return f"/console/family-freeze/{subject}"
        case "mandate_review" if task.resident is not None:
            return f"/console/archive/{task.resident.hex()}/family"
        case "special_case":
            return f"/console/case/{subject}"
        case "denial" | "denial_reply":
            return f"/console/denial/{subject}"
        case "correction" | "appeal":
            return f"/console/{task.kind}/{subject}"
        case "unassigned":
            return f"/console/unassigned/{subject}"
        case "twin":
            return f"/console/twin/{subject}"
        case "handover":
            return f"/console/transfers#{subject}"
        case "kin_request":
            return f"/console/kin-request/{subject}"
        case _:
            return f"/console/matter/{task.kind}/{subject}"


def row_of(line: Line) -> Row:
    task = line.task
    panel = f"/console/task/{task.kind}/{task.subject.hex()}/panel"
    return Row(
        line, path_of(line), panel, queue_words.matter(task.kind), queue_words.content(line),
        queue_words.source(line),
    )  # fmt: skip


async def _queue(console: Console, request: AnyRequest, key: str) -> Response[Any]:
    signed, w = signed_of(request), words("queue")
    entry = _entry(key, signed)
    asked = request.query_params
    which = _which(asked.get("which", ""))
    number = _number(asked.get("page", ""))
    kinds = () if entry.kinds == ("*",) else entry.kinds
    found = await queue_lines.listing(console.site, signed, kinds, which, number)
    rows = [row_of(each) for each in found.lines]
    at = min(_number(asked.get("row", "")), max(0, len(rows) - 1))
    place = _place(entry, which, number)
    shown: dict[str, Any] = {"panel": None}
    if rows and which is not Which.DONE:
        task = rows[at].line.task
        held = await queue_lines.peek(console.site, signed, task.kind, task.subject)
        shown = _panel(console, held, place=place, at=at, number=number)
    begin: tuple[str, ...] = ()
    if not rows and which is Which.ALL and not kinds:
        begin = await first_steps(console.site, signed)
    return await console.page(
        request,
        Page("home.html.j2", "queue", w.titles[key], here=key, keys=_keys(w)),
        rows=rows, at=at, here=entry.path, place=place, which=which.value, number=number,
        sentence=_sentence(found, which, w), walk=_walk(found, w), more=found.more,
        filters=_filters(found.sums), begin=begin, alarm_words=words("checkup_alarms").home,
        alarms=await alarms.waiting(console.site, signed), **shown,
    )  # fmt: skip


def _keys(w: Words) -> tuple[Key, ...]:
    return (
        Key("J", w["keys"].down), Key("K", w["keys"].up), Key("Enter", w["keys"].open),
        Key("E", w["keys"].claim), Key("G", w["keys"].jump),
    )  # fmt: skip


def _entry(key: str, signed: Signed) -> Entry:
    """The queue of that name, when it is this person's. Raises NotYours."""
    found = next((each for each in QUEUES if each.key == key), None)
    if found is None or signed.role not in found.roles:
        raise NotYours
    return found


def _which(text: str) -> Which:
    try:
        return Which(text)
    except ValueError:
        return Which.ALL


def _number(text: str) -> int:
    """A page or a row out of an address; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def _place(entry: Entry, which: Which, number: int) -> str:
    """Where the table is: the address to come back to, without the row."""
    return f"{entry.path}?{urlencode({'key': entry.key, 'which': which.value, 'page': number})}"


def _filters(sums: Sums) -> list[tuple[str, int | None]]:
    return [
        ("all", sums.all), ("mine", sums.mine), ("nobodys", sums.nobodys), ("soon", sums.soon),
        ("done", None),
    ]  # fmt: skip


def _sentence(found: Listing, which: Which, w: Words) -> tuple[str, str]:
    """The computed sentence: what is plain, what is marked."""
    sums = found.sums
    if which is Which.DONE:
        return w.done_sentence(n=len(found.lines)), ""
    if not sums.all:
        return w.nothing_to_do, ""
    plain, soon = w.sentence(n=values.count(sums.all)) + w.comma, sums.soon - sums.late
    if sums.late and soon:
        return plain, w.sentence_mark_both(late=sums.late, soon=soon)
    if sums.late:
        return plain, w.sentence_mark_late(late=sums.late)
    return (plain, w.sentence_mark_soon(soon=soon)) if soon else (plain + w.sentence_calm, "")


def _walk(found: Listing, w: Words) -> str:
    first, shown = found.page * PAGE, len(found.lines)
    if not found.more:
        return ""
    if not first:
        return w.page_first(n=shown, more=values.count(found.more))
    return w.page_later(first=first + 1, last=first + shown, more=values.count(found.more))


def _panel(console: Console, found: Peek, *, place: str, at: int, number: int) -> dict[str, Any]:
    """What the side panel shows of the task in hand."""
    line = found.line
    today = times.civil(console.site.clock()).date()
    due = times.civil(line.task.due_at).date()
    return {
        "panel": row_of(line), "nth": number * PAGE + at + 1, "back": f"{place}&row={at}",
        "person": values.person_line(line.card, today) if line.card else "",
        "fields": queue_words.every_field(line.about) if line.task.kind == "conflict" else "",
        "due": times.long_day(due), "left": times.left(line.task.due_at, console.site.clock()),
        "team": found.team,
    }  # fmt: skip


def allergy_names(codes: tuple[str, ...]) -> list[str]:
    """青霉素 of 2: the labels of the form."""
    known = REGISTER.field("drug_allergy")
    assert known is not None
    assert isinstance(known.type, Codes)
    labels = known.type.codes
    return [labels.get(each, each) for each in codes]
